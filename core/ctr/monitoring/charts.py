"""Charts of a run at work: its scores and its latency over time, and how far the distributions moved."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from core.charts import BELOW, BLUE, GREY, MARGIN, ORANGE, VIOLET
from core.ctr.monitoring.drift import SCORE, Drift
from core.ctr.monitoring.rolling import Window
from core.messages import say

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

SHOWN_DRIFTS = 15


def feature_name(drift: Drift, language: str) -> str:
    """The column, or what a person calls the score."""
    return say("monitoring.chart_score", language) if drift.feature == SCORE else drift.feature


def rates_figure(windows: Sequence[Window], language: str) -> Figure:
    """Observed click rates with their intervals beside the predicted ones."""
    from plotly.graph_objects import Figure, Scatter

    known = [(one, one.observed) for one in windows if one.observed is not None]
    observed = Scatter(
        x=[one.start for one, _ in known], y=[rate.value for _, rate in known], mode="lines+markers",
        name=say("monitoring.chart_observed", language), line={"color": BLUE},
        error_y=_error([(rate.value, rate.low, rate.high) for _, rate in known]),
    )  # fmt: skip
    predicted = Scatter(
        x=[one.start for one in windows], y=[one.predicted for one in windows], mode="lines+markers",
        name=say("monitoring.chart_predicted", language), line={"color": ORANGE, "dash": "dash"},
        marker={"symbol": "square"},
    )  # fmt: skip
    figure = Figure([observed, predicted])
    figure.update_layout(title=say("monitoring.chart_rates", language), legend=BELOW, margin=MARGIN)
    _in_days(figure, [one.start for one in windows])
    return figure.update_yaxes(tickformat=".1%", rangemode="tozero")


def scores_figure(windows: Sequence[Window], expected: float, language: str) -> Figure:
    """Average precision with its interval and AUC of windows with enough outcomes; expected: AP on the test rows."""
    from plotly.graph_objects import Figure, Scatter

    scored = [(one.start, one.scores) for one in windows if one.scores is not None]
    precisions = [scores.average_precision for _, scores in scored]
    precision = Scatter(
        x=[start for start, _ in scored], y=[one.value for one in precisions], mode="lines+markers",
        name=say("monitoring.chart_precision", language), line={"color": VIOLET},
        error_y=_error([(one.value, one.low, one.high) for one in precisions]),
    )  # fmt: skip
    auc = Scatter(
        x=[start for start, _ in scored], y=[scores.auc for _, scores in scored], mode="lines+markers",
        name="AUC", line={"color": BLUE, "dash": "dash"}, marker={"symbol": "square"},
    )  # fmt: skip
    figure = Figure([precision, auc])
    figure.add_hline(
        y=expected, line_dash="dot", line_color=GREY, annotation_text=say("monitoring.chart_expected", language)
    )
    figure.update_layout(title=say("monitoring.chart_scores", language), legend=BELOW, margin=MARGIN)
    _in_days(figure, [start for start, _ in scored])
    return figure.update_yaxes(range=[0, 1])


def latency_figure(windows: Sequence[Window], language: str) -> Figure:
    """Median and 95th percentile of the answers' latency per window."""
    figure = _latencies(
        [one.start for one in windows],
        [one.latency.p50 for one in windows],
        [one.latency.p95 for one in windows],
        say("monitoring.chart_latency", language),
        language,
    )
    return _in_days(figure, [one.start for one in windows])


def drift_figure(drifts: Sequence[Drift], language: str) -> Figure:
    """PSI of the least likely distributions as a multiple of what chance gives at most at this size."""
    from plotly.graph_objects import Bar, Figure

    shown = [one for one in drifts if one.limit > 0][:SHOWN_DRIFTS][::-1]
    bar = Bar(
        x=[one.psi / one.limit for one in shown], y=[feature_name(one, language) for one in shown], orientation="h",
        marker_color=[ORANGE if one.verdict == "drifted" else BLUE for one in shown],
        text=[f"{one.psi:.4f} / {one.limit:.4f}" for one in shown], name="PSI",
    )  # fmt: skip
    figure = Figure(bar)
    figure.add_vline(x=1, line_dash="dot", line_color=GREY)
    figure.update_layout(
        title=say("monitoring.chart_drift", language), margin=MARGIN, height=120 + 26 * len(shown), showlegend=False
    )
    return figure.update_xaxes(title=say("monitoring.chart_multiple", language), rangemode="tozero")


def shares_figure(drift: Drift, labels: Sequence[str], language: str) -> Figure:
    """Shares per bin of one feature, now and in the reference."""
    from plotly.graph_objects import Bar, Figure

    figure = Figure(
        [
            Bar(x=list(labels), y=list(drift.reference_shares), name=say("monitoring.chart_before", language),
                marker_color=GREY),
            Bar(x=list(labels), y=list(drift.shares), name=say("monitoring.chart_now", language), marker_color=BLUE),
        ]
    )  # fmt: skip
    figure.update_layout(title=feature_name(drift, language), legend=BELOW, margin=MARGIN, barmode="group")
    figure.update_xaxes(type="category")
    return figure.update_yaxes(tickformat=".0%")


def _latencies(at: list[Any], p50: list[float], p95: list[float], title: str, language: str) -> Figure:
    from plotly.graph_objects import Figure, Scatter

    figure = Figure(
        [
            Scatter(x=at, y=p50, mode="lines+markers", name=say("monitoring.chart_p50", language),
                    line={"color": BLUE}),
            Scatter(x=at, y=p95, mode="lines+markers", name=say("monitoring.chart_p95", language),
                    line={"color": ORANGE, "dash": "dash"}, marker={"symbol": "square"}),
        ]
    )  # fmt: skip
    figure.update_layout(title=title, legend=BELOW, margin=MARGIN)
    return figure.update_yaxes(title="ms", rangemode="tozero")


def _in_days(figure: Figure, starts: Sequence[datetime]) -> Figure:
    """Days on the axis; left to itself, a single day would be spread over milliseconds."""
    figure.update_xaxes(tickformat="%Y-%m-%d")
    if len(starts) == 1:
        figure.update_xaxes(range=[starts[0] - timedelta(days=1), starts[0] + timedelta(days=1)], dtick=86_400_000)
    return figure


def _error(points: Sequence[tuple[float, float, float]]) -> dict[str, Any]:
    return {
        "type": "data",
        "symmetric": False,
        "array": [high - value for value, _, high in points],
        "arrayminus": [value - low for value, low, _ in points],
    }
