"""Charts of trainings and evaluations, from plain values; `core.charts` gives their rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from core.charts import BELOW, BLUE, GREY, MARGIN, ORANGE, error_bars
from core.messages import say

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

MEASURE_NAMES: Mapping[str, str] = {
    "structure": "fragrance_tuning.measure_structure",
    "balance": "fragrance_tuning.measure_balance",
    "creativity": "fragrance_tuning.measure_creativity",
    "feasibility": "fragrance_tuning.measure_feasibility",
    "consistency": "fragrance_tuning.measure_consistency",
    "diversity": "fragrance_tuning.measure_diversity",
    "score": "fragrance_tuning.measure_score",
}


def course_figure(course: Sequence[Mapping[str, float]], language: str) -> Figure:
    """Training and held-out loss by epoch. course: with `number`, `train_loss` and `eval_loss`."""
    from plotly.graph_objects import Figure, Scatter

    lines = (
        ("train_loss", say("fragrance_tuning.chart_train_loss", language), GREY),
        ("eval_loss", say("fragrance_tuning.chart_eval_loss", language), BLUE),
    )
    epochs = [one["number"] for one in course]
    figure = Figure(
        [
            Scatter(x=epochs, y=[one[name] for one in course], mode="lines+markers", name=told, line={"color": colour})
            for name, told, colour in lines
        ]
    )
    return figure.update_layout(title=say("fragrance_tuning.chart_course", language), legend=BELOW, margin=MARGIN)


def validation_figure(history: Sequence[Mapping[str, float]], language: str) -> Figure:
    """nDCG on the validation perfumes by epoch. history: with `number` and `validation`."""
    from plotly.graph_objects import Figure, Scatter

    figure = Figure(
        Scatter(
            x=[one["number"] for one in history], y=[one["validation"] for one in history], mode="lines+markers",
            line={"color": BLUE},
        )
    )  # fmt: skip
    figure.update_layout(title=say("fragrance_tuning.chart_validation", language), margin=MARGIN)
    return figure.update_yaxes(range=[0, 1.02])


def comparison_figure(comparison: Mapping[str, Any], language: str) -> Figure:
    """nDCG before and after with intervals. comparison: `Comparison.as_dict()`."""
    from plotly.graph_objects import Bar, Figure

    both = [comparison["before"], comparison["after"]]
    names = [say("fragrance_tuning.chart_before", language), say("fragrance_tuning.chart_after", language)]
    figure = Figure(
        Bar(x=names, y=[one["value"] for one in both], error_y=error_bars(both), marker={"color": [GREY, BLUE]})
    )
    figure.update_layout(title=say("fragrance_tuning.chart_comparison", language), margin=MARGIN)
    return figure.update_yaxes(range=[0, 1.02])


def measures_figure(measures: Mapping[str, Mapping[str, float] | None], language: str) -> Figure:
    """Measures of composed formulas with intervals; what nothing was measured of is left out."""
    from plotly.graph_objects import Figure, Scatter

    rows = [(name, one) for name, one in reversed(list(measures.items())) if one is not None]
    figure = Figure(
        Scatter(
            x=[one["value"] for _, one in rows], y=[say(MEASURE_NAMES[name], language) for name, _ in rows],
            error_x=error_bars([one for _, one in rows]), mode="markers", marker={"color": ORANGE, "size": 9},
        )
    )  # fmt: skip
    figure.update_layout(title=say("fragrance_tuning.chart_measures", language), margin=MARGIN)
    return figure.update_xaxes(range=[0, 1.02])
