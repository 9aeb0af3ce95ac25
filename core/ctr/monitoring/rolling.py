"""How the answers of a run turned out, per day, week or month: scores where clicks are known, and how fast they were.

A score needs MIN_KNOWN known outcomes with both classes among them; otherwise it is None and `missing` says why.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import numpy as np

from core.ctr.evaluating.bootstrap_intervals import resample
from core.ctr.evaluating.scores import Floats, score
from core.ctr.monitoring.prediction_log import Logged
from core.intervals import Interval, wilson

Period = Literal["day", "week", "month"]
PERIODS: tuple[Period, ...] = ("day", "week", "month")
MIN_KNOWN = 200
MIN_CLICKS = 10
REPLICATES = 200
NO_ANSWERS, FEW_OUTCOMES, FEW_CLICKS = "monitoring.no_answers", "monitoring.few_outcomes", "monitoring.few_clicks"


@dataclass(frozen=True)
class Latency:
    """Milliseconds of the answers behind the rows."""

    p50: float
    p95: float
    max: float


@dataclass(frozen=True)
class LiveScores:
    """Scores of the rows whose clicks are known.

    ratio: observed clicks over predicted ones, 1 is well calibrated; its interval is that of the observed rate.
    accuracy: at the cut of the run; base_accuracy: always answering "no click".
    """

    accuracy: Interval
    base_accuracy: float
    auc: float
    average_precision: Interval
    log_loss: float
    ratio: Interval


@dataclass(frozen=True)
class Window:
    """Answers from `start` (UTC; of a summary, the first answer) to the next one's start.

    rows: answered; known: of these, with an outcome. missing: key of the sentence why there are no scores, its
    details in `needs`.
    """

    start: datetime
    rows: int
    known: int
    clicks: int
    predicted: float
    observed: Interval | None
    scores: LiveScores | None
    latency: Latency
    missing: str | None

    @property
    def needs(self) -> dict[str, int]:
        """What the sentence `missing` is filled with."""
        return {"known": self.known, "clicks": self.clicks, "needed": MIN_KNOWN, "needed_clicks": MIN_CLICKS}


def rolling(log: Logged, period: Period, reference: Mapping[str, Any]) -> tuple[Window, ...]:
    """The windows of a log that hold answers, oldest first; weeks begin on Monday, all in UTC."""
    if not len(log):
        return ()
    starts = np.array([_start_of(moment, period).timestamp() for moment in _days(log.at)], np.float64)
    starts = starts[np.unique(log.at // 86400, return_inverse=True)[1]]
    return tuple(
        replace(summary(log, reference, starts == start), start=datetime.fromtimestamp(float(start), UTC))
        for start in np.unique(starts)
    )


def summary(log: Logged, reference: Mapping[str, Any], inside: Any = slice(None)) -> Window:
    """One window over the rows `inside` (all, when left out). The log must hold at least one of them."""
    at, probability, clicked = log.at[inside], log.probability[inside], log.clicked[inside]
    known = clicked >= 0
    count, clicks = int(known.sum()), int((clicked == 1).sum())
    missing = None
    if count < MIN_KNOWN:
        missing = FEW_OUTCOMES
    elif clicks < MIN_CLICKS or count - clicks < MIN_CLICKS:
        missing = FEW_CLICKS
    return Window(
        start=datetime.fromtimestamp(float(at.min()), UTC),
        rows=len(at),
        known=count,
        clicks=clicks,
        predicted=float(probability.mean()),
        observed=Interval(clicks / count, *wilson(clicks, count)) if count else None,
        scores=None if missing else _scores(clicked[known], probability[known], reference),
        latency=latency_of(log.latency_ms[inside]),
        missing=missing,
    )


def latency_of(latency_ms: Floats) -> Latency:
    """Median, 95th percentile and largest of a non-empty array."""
    p50, p95 = np.quantile(latency_ms, (0.5, 0.95))
    return Latency(float(p50), float(p95), float(latency_ms.max()))


def _scores(labels: Any, probability: Floats, reference: Mapping[str, Any]) -> LiveScores:
    found = score(labels, probability, base_rate=reference["click_rate"])
    draws = resample(labels, {"live": probability}, base_rate=reference["click_rate"], replicates=REPLICATES)
    right = int(((probability >= reference["threshold"]) == (labels == 1)).sum())
    clicks, rows, predicted = int(labels.sum()), len(labels), max(float(probability.mean()), 1e-12)
    low, high = wilson(clicks, rows)
    return LiveScores(
        accuracy=Interval(right / rows, *wilson(right, rows)),
        base_accuracy=max(clicks, rows - clicks) / rows,
        auc=found["auc"],
        average_precision=draws.interval("live", "average_precision"),
        log_loss=found["log_loss"],
        ratio=Interval(clicks / rows / predicted, low / predicted, high / predicted),
    )


def _days(at: Floats) -> list[datetime]:
    return [datetime.fromtimestamp(float(day) * 86400, UTC) for day in np.unique(at // 86400)]


def _start_of(day: datetime, period: Period) -> datetime:
    if period == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if period == "month" else day
