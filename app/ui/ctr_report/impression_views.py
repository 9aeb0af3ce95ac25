"""The tab on one impression: which columns moved its probability, and what other cells would have made of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import streamlit as st

from app.ui import choosing, formats, run_charts, state, theme
from app.ui.ctr_report import resources
from app.ui.texts import say, say_value
from core.ctr.explaining.charts import local_figure
from core.ctr.explaining.of_run import explainer_of
from core.ctr.explaining.what_if import WhatIf, what_if
from core.ctr.explaining.what_if_chart import moves_figure
from core.ctr.reporting.report_document import PROBABILITY
from core.ctr.runs import Report
from core.security.policy import Principal

if TYPE_CHECKING:
    import polars

    from core.ctr.explaining.local import Contribution, LocalExplainer

SHOWN = 12  # columns in the chart
OFFERED = 3  # columns offered for a change at first
EDITS = "ctr-what-if"


def draw(report: Report, principal: Principal) -> None:
    """Choose an example row; its contributions; then the same row with other cells."""
    examples = resources.examples(report)
    with st.spinner(say("ctr.preparing")):
        explainer = explainer_of(report.run.id, principal=principal)
    place = choosing.one_of(
        st,
        say("ctr.example"),
        range(examples.height),
        format_func=lambda row: say(
            "ctr.example_entry", number=row + 1, share=formats.share(examples[PROBABILITY][row], 2)
        ),
        help=say("ctr.example_help", count=examples.height),
        key=f"ctr-example:{report.run.id}",
    )
    row = examples[int(place)].drop(PROBABILITY)
    target = report.document["data"]["target"]
    result = what_if(explainer, row, {}, target=target)
    _draw_row(report, explainer, row, result, target)
    _draw_what_if(report, explainer, row, result, target)


def _draw_row(report: Report, explainer: LocalExplainer, row: polars.DataFrame, result: WhatIf, target: str) -> None:
    one = result.before
    with st.container(border=True, key="hero-impression"):
        tiles = st.columns(3)
        tiles[0].metric(say("ctr.probability"), formats.share(one.probability, 2))
        tiles[1].metric(say("ctr.what_came"), str(row[target][0]))
        tiles[2].metric(say("ctr.method"), say_value("ctr_method", explainer.method))
        st.caption(say_value("ctr_method_help", explainer.method))
    figure = local_figure(asdict(one), state.language(), shown=SHOWN)
    run_charts.show("contributions", figure, report.run.id)
    with st.expander(say("ctr.all_contributions"), icon=":material/table_chart:"):
        st.dataframe(
            [
                {
                    say("profile.column"): part.name,
                    say("profile.value"): part.value,
                    say("ctr.contribution"): part.contribution,
                }
                for part in one.contributions
            ],
            column_config={say("ctr.contribution"): st.column_config.NumberColumn(format="%+.4f")},
            hide_index=True,
            alt=say("ctr.all_contributions"),
            placeholder="–",
        )


def _draw_what_if(
    report: Report, explainer: LocalExplainer, row: polars.DataFrame, result: WhatIf, target: str
) -> None:
    theme.draw_section("ctr.what_if_title")
    st.caption(say("ctr.what_if_lead"))
    columns = [name for name in row.columns if name != target]
    chosen = st.multiselect(
        say("ctr.what_if_columns"),
        columns,
        default=_strongest(result.before.contributions, columns),
        key=f"{state.generation(EDITS)}:columns",
    )
    changes: dict[str, str] = {}
    places = st.columns(3)
    for number, name in enumerate(chosen):
        own = _cell(row[name][0])
        cell = places[number % 3].text_input(
            name, own, help=say("ctr.what_if_cell"), key=f"{state.generation(EDITS)}:{name}:{own[:40]}"
        )
        if (cell or "").strip() != own:
            changes[name] = cell or ""
    if st.button(say("ctr.what_if_undo"), icon=":material/undo:", disabled=not changes, key="ctr-what-if-undo"):
        state.reset(EDITS)
        st.rerun()
    if changes:
        _draw_change(report, what_if(explainer, row, changes, target=target))


def _cell(value: object) -> str:
    """A cell as it is edited: six digits say what float32 holds."""
    return "" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)


def _strongest(contributions: Sequence[Contribution], columns: Sequence[str]) -> list[str]:
    return [one.name for one in contributions if one.name in columns][:OFFERED]


def _draw_change(report: Report, result: WhatIf) -> None:
    before, after = result.before, result.after
    with st.container(border=True, key="hero-what-if"):
        tiles = st.columns(3)
        tiles[0].metric(say("ctr.before"), formats.share(before.probability, 2))
        tiles[1].metric(
            say("ctr.after"),
            formats.share(after.probability, 2),
            f"{100 * (after.probability - before.probability):+.2f} %p",
            delta_color="off",
        )
        tiles[2].metric(say("ctr.odds_change"), f"{after.log_odds - before.log_odds:+.3f}")
        if result.unknown:
            st.warning(say("ctr.unknown_level", columns=", ".join(result.unknown)), icon=":material/help:")
    run_charts.show("moves", moves_figure(result, state.language(), most=SHOWN), report.run.id)
