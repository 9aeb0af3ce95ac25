"""Figures about trainings for the provider's dashboard: their course, where their time went, what went wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from core.alerts.incidents import Incident
from core.ctr.monitoring.rolling import Window
from core.ctr.runs import Report, Run
from core.messages import say

MOST_LOGS = 10
DOMINATES, HEAVY = 0.5, 0.25  # shares of a training's time
Status = Literal["critical", "warning", "good"]


@dataclass(frozen=True)
class PerformanceSeries:
    """One value per label; by "month" from logged answers whose clicks are known, else by "epoch" of the network.

    A value that nobody measured is None.
    """

    by: Literal["month", "epoch"]
    labels: tuple[str, ...]
    accuracy: tuple[float | None, ...]
    val_accuracy: tuple[float | None, ...]
    loss: tuple[float | None, ...]
    val_loss: tuple[float | None, ...]
    average_precision: tuple[float | None, ...]


@dataclass(frozen=True)
class LatestRun:
    """epochs: passes that took place. final_loss: of the validation rows. accuracy: share, on the test rows."""

    run_id: str
    model: str
    training_minutes: float | None
    epochs: int | None
    batch_size: int | None
    learning_rate: float | None
    optimizer: str | None
    final_loss: float | None
    accuracy: float


@dataclass(frozen=True)
class ErrorLog:
    """Something that went wrong, in words; there are no stack traces outside the server's log."""

    level: Literal["error", "warning", "info"]
    key: str
    details: dict[str, Any]
    at: datetime
    run_id: str | None

    def message(self, language: str = "en") -> str:
        """The sentence in `language`."""
        return say(self.key, language, **self.details)


@dataclass(frozen=True)
class Bottleneck:
    """A step over the last trainings, in seconds. share: of all their time. recommendation: key of a sentence."""

    step: str
    average_s: float
    longest_s: float
    share: float
    status: Status
    recommendation: str


def by_month(windows: Sequence[Window]) -> PerformanceSeries:
    """The series of months that have scores."""
    scored = [(one, one.scores) for one in windows if one.scores is not None]
    nothing = (None,) * len(scored)
    return PerformanceSeries(
        by="month",
        labels=tuple(f"{one.start:%Y-%m}" for one, _ in scored),
        accuracy=tuple(scores.accuracy.value for _, scores in scored),
        val_accuracy=nothing,
        loss=tuple(scores.log_loss for _, scores in scored),
        val_loss=nothing,
        average_precision=tuple(scores.average_precision.value for _, scores in scored),
    )


def by_epoch(history: Sequence[Mapping[str, Any]]) -> PerformanceSeries:
    """The series of the network's epochs; empty where none was trained."""

    def column(name: str) -> tuple[float | None, ...]:
        return tuple(one.get(name) for one in history)

    return PerformanceSeries(
        by="epoch",
        labels=tuple(str(one["epoch"]) for one in history),
        accuracy=column("train_accuracy"),
        val_accuracy=column("val_accuracy"),
        loss=column("train_loss"),
        val_loss=column("val_loss"),
        average_precision=column("average_precision"),
    )


def latest_run(report: Report) -> LatestRun:
    """What the newest training did; figures of the network are None where none was trained."""
    document, config = report.document, report.run.config
    history = document["history"].get("lstm", [])
    name = document["champion"]["name"]
    chosen = next(one for one in document["models"] if one["name"] == name)
    seconds = report.run.job.seconds
    return LatestRun(
        run_id=report.run.id,
        model=name,
        training_minutes=None if seconds is None else seconds / 60,
        epochs=len(history) or None,
        batch_size=config.get("batch_size") if history else None,
        learning_rate=config.get("learning_rate") if history else None,
        optimizer="Adam" if history else None,
        final_loss=chosen["validation"]["log_loss"],
        accuracy=document["evaluation"]["at_threshold"]["accuracy"],
    )


def error_logs(runs: Sequence[Run], alerts: Sequence[Incident]) -> tuple[ErrorLog, ...]:
    """The newest MOST_LOGS failed trainings and alerts, newest first."""
    found = []
    for run in runs:
        if run.job.error is not None and run.job.state in ("failed", "lost"):
            error, at = run.job.error, run.job.finished_at or run.created_at
            found.append(ErrorLog("error", error["key"], dict(error["details"]), at, run.id))
    for alert in alerts:
        level: Literal["error", "warning", "info"] = "error" if alert.severity == "critical" else alert.severity
        key = f"alerts.text_{alert.kind}"
        found.append(ErrorLog(level, key, alert.details, alert.opened_at, alert.run_id))
    return tuple(sorted(found, key=lambda one: one.at, reverse=True)[:MOST_LOGS])


def bottlenecks(documents: Sequence[Mapping[str, Any]]) -> tuple[Bottleneck, ...]:
    """Steps of the given reports by the share of time they took, largest first."""
    times: dict[str, list[float]] = {}
    for document in documents:
        for step, seconds in document["seconds"].items():
            times.setdefault(step, []).append(float(seconds))
    total = sum(sum(seconds) for seconds in times.values()) or 1.0
    found = []
    for step, seconds in times.items():
        share = sum(seconds) / total
        status: Status = "critical" if share > DOMINATES else "warning" if share > HEAVY else "good"
        found.append(
            Bottleneck(step, sum(seconds) / len(seconds), max(seconds), share, status, f"monitoring.step_{status}")
        )
    return tuple(sorted(found, key=lambda one: -one.share))
