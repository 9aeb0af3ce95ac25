"""Charts of an operator: what the API was asked, how long it took, and what fills the disk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from core.charts import BELOW, BLUE, MARGIN, ORANGE, VIOLET
from core.messages import say
from core.operations.disk import Usage
from core.telemetry.measures import RequestWindow

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

MB = 1e6


def rates_figure(windows: Sequence[RequestWindow], since: datetime, until: datetime, language: str) -> Figure:
    """Requests of each minute, those that failed on top; a minute without any is drawn as nothing."""
    from plotly.graph_objects import Bar, Figure

    asked: Counter[datetime] = Counter()
    failed: Counter[datetime] = Counter()
    for one in windows:
        minute = one.started_at.replace(second=0, microsecond=0)
        asked[minute] += one.requests
        failed[minute] += one.errors
    minutes = sorted(asked)
    figure = Figure(
        [
            Bar(x=minutes, y=[asked[one] - failed[one] for one in minutes], marker_color=BLUE,
                name=say("operations.chart_answered", language)),
            Bar(x=minutes, y=[failed[one] for one in minutes], marker_color=ORANGE,
                name=say("operations.chart_failed", language)),
        ]
    )  # fmt: skip
    figure.update_layout(title=say("operations.chart_rates", language), barmode="stack", legend=BELOW, margin=MARGIN)
    return _over(figure, since, until).update_yaxes(rangemode="tozero")


def durations_figure(windows: Sequence[RequestWindow], since: datetime, until: datetime, language: str) -> Figure:
    """Median and 95th percentile of each worker's windows [ms]."""
    from plotly.graph_objects import Figure, Scatter

    at = [one.started_at for one in windows]
    figure = Figure(
        [
            Scatter(x=at, y=[one.p50_ms for one in windows], mode="lines+markers", line={"color": BLUE},
                    name=say("operations.chart_p50", language)),
            Scatter(x=at, y=[one.p95_ms for one in windows], mode="lines+markers",
                    line={"color": ORANGE, "dash": "dash"}, marker={"symbol": "square"},
                    name=say("operations.chart_p95", language)),
        ]
    )  # fmt: skip
    figure.update_layout(title=say("operations.chart_durations", language), legend=BELOW, margin=MARGIN)
    return _over(figure, since, until).update_yaxes(title="ms", rangemode="tozero")


def disk_figure(usage: Usage, names: Mapping[str, str], language: str) -> Figure:
    """What each kind of file takes [MB], most first; kinds without files are left out. names: of the parts."""
    from plotly.graph_objects import Bar, Figure

    parts = sorted((one for one in usage.parts if one.bytes), key=lambda one: one.bytes)
    bar = Bar(
        x=[one.bytes / MB for one in parts], y=[names[one.name] for one in parts], orientation="h",
        marker_color=VIOLET, text=[f"{one.bytes / MB:,.1f} MB" for one in parts], textposition="auto",
        name=say("operations.chart_disk", language),
    )  # fmt: skip
    figure = Figure(bar)
    figure.update_layout(title=say("operations.chart_disk", language), margin=MARGIN, height=130 + 28 * len(parts))
    return figure.update_xaxes(title="MB", rangemode="tozero")


def _over(figure: Figure, since: datetime, until: datetime) -> Figure:
    """The whole stretch on the axis, so that an hour with one request is still an hour."""
    return figure.update_xaxes(range=[since, until + timedelta(minutes=1)], tickformat="%H:%M", title="UTC")
