"""The chart of an impression with other cells: what each column contributed before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.charts import BELOW, BLUE, GREY, MARGIN
from core.ctr.explaining.what_if import WhatIf
from core.messages import say

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

LONGEST_LABEL = 32  # letters of column and cell beside a bar


def moves_figure(result: WhatIf, language: str, *, most: int) -> Figure:
    """Contributions before and after of the columns that moved furthest."""
    from plotly.graph_objects import Bar, Figure

    moved = result.moved[:most][::-1]
    labels = [_label(one.name, one.value_after, language) for one in moved]
    figure = Figure(
        [
            Bar(
                x=[one.before for one in moved], y=labels, orientation="h", marker_color=GREY,
                name=say("ctr.chart_before", language),
            ),
            Bar(
                x=[one.after for one in moved], y=labels, orientation="h", marker_color=BLUE,
                name=say("ctr.chart_after", language),
            ),
        ]
    )  # fmt: skip
    figure.update_layout(barmode="group", legend=BELOW)
    return _bars(figure, 2 * len(labels), say("ctr.chart_moves", language), language)


def _label(name: str, value: str | None, language: str) -> str:
    text = f"{name} = {say('ctr.chart_missing_level', language) if value is None else value}"
    return text if len(text) <= LONGEST_LABEL else text[: LONGEST_LABEL - 1] + "…"


def _bars(figure: Figure, bars: int, title: str, language: str) -> Figure:
    figure.update_layout(title=title, margin=MARGIN, height=150 + 26 * bars)
    figure.update_yaxes(automargin=True, type="category")
    return figure.update_xaxes(
        title=say("ctr.chart_contribution", language), zeroline=True, zerolinecolor=GREY, tickformat="+.2f"
    )
