"""The money tab: prices and budget, the cut they lead to, and how much it matters when they are off by a fifth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import streamlit as st

from app.ui import run_charts, state, theme
from app.ui.ctr_report import resources, why
from app.ui.texts import say, say_value
from core.ctr.economics import Prices, weigh
from core.ctr.reporting.fact_text import Fact, figure_text
from core.ctr.reporting.report_charts import profit_figure
from core.ctr.reporting.report_facts import PRICES as PRICE_NAMES
from core.ctr.reporting.report_facts import facts_of
from core.ctr.runs import Report, test_predictions
from core.security.policy import Principal

INPUTS = "ctr-prices"
MONEY = ("profit", "revenue", "cost", "additional_revenue", "roi", "roas", "profit_over_all", "break_even")
CUT = ("impressions", "expected_clicks", "threshold", "profit")


def draw(report: Report, principal: Principal) -> None:
    """Inputs first; everything below follows them at once and nothing of it is stored."""
    economics, facts = _draw_inputs(report, principal)
    names = {f"money.{name}": say_value("ctr_money", name) for name in MONEY}
    if economics["best"] is None:
        st.info(say("ctr.no_money"), icon=":material/payments:")
        return
    if report.document["verdict"] == "no_usable_signal":
        st.warning(say("ctr.money_no_signal"), icon=":material/signal_disconnected:")
    with st.container(border=True, key="hero-money"):
        why.draw_metrics(facts, names)
        why.draw(report, [facts.get(one) for one in names], "money")
    theme.draw_section("ctr.chosen_cut")
    why.draw_metrics(facts, {f"cut.{name}": say_value("ctr_cut", name) for name in CUT})
    st.caption(say("ctr.cut_note"))
    run_charts.show("profit", profit_figure(economics, state.language()), report.run.id)
    _draw_swings(economics)


def _draw_inputs(report: Report, principal: Principal) -> tuple[Mapping[str, Any], Mapping[str, Fact]]:
    """Prices in use, with their economics and facts: the report's own while nothing was changed."""
    own = report.document["economics"]
    stated = {name: own["prices"][name] for name in PRICE_NAMES}
    with st.container(border=True, key="ctr-money-inputs"):
        values: dict[str, float | None] = {}
        for place, name in zip(st.columns(3), PRICE_NAMES, strict=True):
            values[name] = place.number_input(
                say_value("parameter", name),
                min_value=0.0,
                value=stated[name],
                step=0.01,
                format="%g",
                placeholder=say("ctr.not_stated"),
                help=say_value("ctr_price_help", name),
                key=f"{state.generation(INPUTS)}:{report.run.id}:{name}",
            )
        changed = values != stated
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(say("ctr.what_if") if changed else say("ctr.own_prices"), width="stretch")
            if st.button(say("ctr.undo"), icon=":material/undo:", disabled=not changed, key="ctr-money-undo"):
                state.reset(INPUTS)
                st.rerun()
    if not changed:
        return own, resources.facts(report)
    predictions = test_predictions(report.run.id, principal=principal)
    probability = np.asarray(predictions[report.document["champion"]["name"]], np.float64)
    economics = weigh(probability, Prices(**values), clicked=predictions["labels"]).as_dict()
    return economics, facts_of(replace(report, document={**report.document, "economics": economics}))


def _draw_swings(economics: Mapping[str, Any]) -> None:
    theme.draw_section("ctr.swings")
    st.caption(say("ctr.swings_note"))
    language = state.language()
    st.dataframe(
        [
            {
                say("ctr.change"): f"{say_value('parameter', swing['price'])} {swing['change']:+.0%}",
                say_value("ctr_cut", "threshold"): figure_text(swing["threshold"], "share", language),
                say_value("ctr_cut", "impressions"): figure_text(swing["impressions"], "count", language),
                say_value("ctr_cut", "expected_profit"): figure_text(swing["expected_profit"], "money", language),
                say("ctr.forgone"): figure_text(swing["loss"], "money", language),
            }
            for swing in economics["sensitivity"]
        ],
        hide_index=True,
        alt=say("ctr.swings"),
    )
