"""The calibration and lift tab: reliability, deciles, and the levels of each column with few of them."""

from __future__ import annotations

from functools import partial

import streamlit as st

from app.ui import ctr_words, run_charts, state, theme
from app.ui.ctr_report import resources, why
from app.ui.texts import say
from core.ctr.reporting import report_charts
from core.ctr.runs import Report
from core.messages import say as say_sentence
from core.security.policy import Principal


def draw(report: Report, principal: Principal) -> None:
    """All of the tab."""
    evaluation, version = report.document["evaluation"], report.run.id
    facts = resources.facts(report)
    wanted = {
        "score.ece": ctr_words.score("ece"),
        "score.brier": ctr_words.score("brier"),
        "tenth.lift": say("ctr.lift_first"),
        "three_tenths.gain": say("ctr.gain_three"),
    }
    why.draw_metrics(facts, wanted)
    why.draw(report, [facts.get(one) for one in wanted], "calibration")
    run_charts.draw("reliability", version, partial(report_charts.reliability_figure, evaluation["reliability"]))
    left, right = st.columns(2)
    with left:
        run_charts.draw("lift", version, partial(report_charts.lift_figure, evaluation["deciles"]))
    with right:
        run_charts.draw("gain", version, partial(report_charts.gain_figure, evaluation["deciles"]))
    _draw_deciles(report)
    _draw_segments(report)


def _draw_deciles(report: Report) -> None:
    column = st.column_config
    with st.expander(say("ctr.decile_table"), icon=":material/table_chart:"):
        st.dataframe(
            report.document["evaluation"]["deciles"],
            column_config={
                "decile": column.NumberColumn(say("ctr.decile")),
                "rows": column.NumberColumn(say("datasets.rows"), format="localized"),
                "clicks": column.NumberColumn(say("ctr.clicks"), format="localized"),
                "click_rate": column.NumberColumn(say("ctr.click_rate"), format="percent"),
                "lift": column.NumberColumn(say("ctr.lift"), format="%.2f"),
                "gain": column.NumberColumn(say("ctr.gain"), format="percent"),
            },
            hide_index=True,
            alt=say("ctr.decile_table"),
        )


def _draw_segments(report: Report) -> None:
    segments = report.document["evaluation"]["segments"]
    theme.draw_section("ctr.segments")
    if not segments:
        st.caption(say("ctr.no_segments"))
        return
    facts = resources.facts(report)
    off, by_chance = facts["segments.off"], facts["segments.off_by_chance"]
    st.caption(say("ctr.segments_note", off=off.value, count=len(segments), chance=by_chance.value))
    names = list(dict.fromkeys(one["column"] for one in segments))
    name = str(st.selectbox(say("ctr.segment_column"), names, key="ctr-segment"))
    run_charts.draw(f"segments-{name}", report.run.id, partial(report_charts.segments_figure, segments, name))
    column = st.column_config
    missing = say_sentence("ctr.chart_missing_level", state.language())
    shown = [
        {**one, "level": missing if one["level"] is None else one["level"]} for one in segments if one["column"] == name
    ]
    st.dataframe(
        shown,
        column_order=["level", "rows", "clicks", "predicted", "observed", "observed_low", "observed_high",
                      "is_calibrated"],
        column_config={
            "level": column.TextColumn(say("ctr.level")),
            "rows": column.NumberColumn(say("datasets.rows"), format="localized"),
            "clicks": column.NumberColumn(say("ctr.clicks"), format="localized"),
            "predicted": column.NumberColumn(say("ctr.predicted"), format="percent"),
            "observed": column.NumberColumn(say("ctr.observed"), format="percent"),
            "observed_low": column.NumberColumn(say("ctr.low"), format="percent"),
            "observed_high": column.NumberColumn(say("ctr.high"), format="percent"),
            "is_calibrated": column.CheckboxColumn(say("ctr.calibrated"), help=say("ctr.calibrated_help")),
        },
        hide_index=True,
        alt=say("ctr.segments"),
    )  # fmt: skip
