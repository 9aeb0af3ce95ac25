"""Charts of evaluations, from the plain values of their reports; `core.charts` gives their rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from core.charts import BELOW, BLUE, GREEN, GREY, MARGIN, ORANGE, VIOLET
from core.messages import say

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

SHARES = ("mrr_at_10", "ndcg_at_10", "recall_at_5", "citation_precision", "answered", "refused")
LOOKS = {
    "mrr_at_10": (BLUE, "circle"),
    "ndcg_at_10": (VIOLET, "square"),
    "recall_at_5": (GREEN, "diamond"),
    "citation_precision": (GREY, "cross"),
    "answered": (ORANGE, "triangle-up"),
    "refused": ("#b91c1c", "x"),
}


def measures_figure(measures: Mapping[str, Mapping[str, Mapping[str, Any]]], language: str) -> Figure:
    """Every measure with its interval, one series for each language. measures: of one set in a report."""
    from plotly.graph_objects import Figure, Scatter

    figure = Figure()
    for place, (name, found) in enumerate(measures.items()):
        rows = [(one, found[one]) for one in reversed(SHARES) if found[one]["value"] is not None]
        figure.add_trace(
            Scatter(
                x=[row["value"] for _, row in rows], y=[measure_name(one, language) for one, _ in rows],
                error_x={
                    "type": "data", "symmetric": False,
                    "array": [row["high"] - row["value"] for _, row in rows],
                    "arrayminus": [row["value"] - row["low"] for _, row in rows],
                },
                mode="markers", name=language_name(name, language),
                marker={"color": (GREY, BLUE, ORANGE)[place % 3], "symbol": ("square", "circle", "diamond")[place % 3],
                        "size": 9},
            )
        )  # fmt: skip
    title = say("knowledge.chart_measures", language)
    figure.update_layout(title=title, legend=BELOW, margin=MARGIN, scattermode="group")
    return figure.update_xaxes(range=[0, 1.02], tickformat=".0%")


def course_figure(rows: Sequence[Mapping[str, Any]], language: str) -> Figure:
    """Every measure over time, one point for each evaluation. rows: of `reports.course`."""
    from plotly.graph_objects import Figure, Scatter

    figure = Figure(
        [
            Scatter(
                x=[row["created_at"] for row in rows], y=[row[name] for row in rows], mode="lines+markers",
                name=measure_name(name, language), line={"color": colour}, marker={"symbol": symbol, "size": 8},
                text=[say("knowledge.chart_index", language, generation=row["generation"]) for row in rows],
                hovertemplate="%{y:.1%}<br>%{text}<extra>%{fullData.name}</extra>",
            )
            for name, (colour, symbol) in LOOKS.items()
        ]
    )  # fmt: skip
    figure.update_layout(title=say("knowledge.chart_course", language), legend=BELOW, margin=MARGIN)
    return figure.update_yaxes(range=[0, 1.02], tickformat=".0%")


def measure_name(name: str, language: str) -> str:
    """A measure in words."""
    return say(f"knowledge.measure_{name}", language)


def language_name(name: str, language: str) -> str:
    """The cases of one language, or all of them, in words."""
    return say(f"knowledge.cases_{name}", language)
