"""The dashboards of the provider (is the system well?) and of the client (what does it bring?) as plain values.

Every figure is measured or computed from stated prices; else it is None and `unavailable` holds, by field, the key
of the sentence that says why. Shares are 0..1; times are in ms. Insights and plans: `core.ctr.reporting`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from core.alerts.incidents import Incident, recent_incidents
from core.ctr.evaluating.observed_rates import at_threshold
from core.ctr.monitoring.business import NAMES, NO_BUSINESS, Business, business_of
from core.ctr.monitoring.click_rates import GROUPS, SLOTS, ClickRate, click_rates
from core.ctr.monitoring.live import LiveRun, live_run
from core.ctr.monitoring.training_measures import (
    Bottleneck,
    ErrorLog,
    LatestRun,
    PerformanceSeries,
    bottlenecks,
    by_epoch,
    by_month,
    error_logs,
    latest_run,
)
from core.ctr.runs import LATEST, Report, document_of, list_runs, report_of
from core.errors import NotFound, WorkbenchError
from core.security.policy import Principal
from core.storage.database import utc_now
from core.telemetry.measures import Requests, SystemMeasure, latest_system, requests_since, uptime

COMPARED_RUNS = 5
REQUESTS_OVER = timedelta(hours=1)
NO_RUN, NOT_IN_DATA = "monitoring.no_run", "monitoring.not_in_data"
# What the existing client shows and impressions cannot tell.
NEVER_IN_DATA = ("cac", "ltv", "mer", "new_customer_roas", "vtr", "conversion_rate", "scroll_depth")


@dataclass(frozen=True)
class Quality:
    """basis: "log" where enough clicks of logged answers are known, else "test", the rows kept for testing."""

    basis: Literal["log", "test"]
    rows: int
    accuracy: float
    precision: float | None
    recall: float
    f1: float
    auc: float
    average_precision: float
    log_loss: float


@dataclass(frozen=True)
class SystemHealth:
    """status: "critical" with a critical alert or without checks, "warning" with any alert, else "healthy"."""

    status: Literal["healthy", "warning", "critical"]
    system: SystemMeasure | None
    requests: Requests
    uptime: float | None


@dataclass(frozen=True)
class ProviderDashboard:
    """accuracy_change: live accuracy minus that of the test rows. response_ms: median of logged answers."""

    report: Report | None
    quality: Quality | None
    accuracy_change: float | None
    response_ms: float | None
    health: SystemHealth
    alerts: tuple[Incident, ...]
    performance: PerformanceSeries
    latest: LatestRun | None
    error_logs: tuple[ErrorLog, ...]
    bottlenecks: tuple[Bottleneck, ...]
    unavailable: dict[str, str] = field(default_factory=dict)
    needs: dict[str, int] = field(default_factory=dict)  # what the sentences of `unavailable` are filled with


@dataclass(frozen=True)
class Milestone:
    """A training in the summary of what happened."""

    at: datetime
    run_id: str
    experiment: str
    state: str
    metrics: dict[str, float]


@dataclass(frozen=True)
class ClientDashboard:
    """current_click_rate: of the data. predicted_click_rate: of logged answers, else of the test rows."""

    status: Literal["active", "no_data"]
    report: Report | None
    accuracy: float | None
    current_click_rate: float | None
    predicted_click_rate: float | None
    business: Business
    segments: tuple[ClickRate, ...]
    time_slots: tuple[ClickRate, ...]
    history: tuple[Milestone, ...]
    unavailable: dict[str, str] = field(default_factory=dict)


def provider_dashboard(*, principal: Principal) -> ProviderDashboard:
    """The newest finished training at work, and the system around it."""
    runs = list_runs(principal=principal, limit=50)
    live, report = _latest(principal)
    alerts = recent_incidents(principal=principal)
    health = _health(tuple(one for one in alerts if one.is_open))
    unavailable = {} if health.system else dict.fromkeys(("processor_share", "memory_share"), "monitoring.no_checks")
    if not health.requests.requests:
        unavailable |= dict.fromkeys(("success_rate", "error_rate"), "monitoring.no_requests")
    if live is None or report is None:
        unavailable |= dict.fromkeys(("quality", "accuracy_change", "response_ms", "performance", "latest"), NO_RUN)
        nothing = by_epoch(())
        return ProviderDashboard(
            None, None, None, None, health, alerts, nothing, None, error_logs(runs, alerts), (), unavailable
        )
    finished = [run for run in runs if run.state == "succeeded"][:COMPARED_RUNS]
    months = by_month(live.windows("month"))
    performance = months if months.labels else by_epoch(report.document["history"].get("lstm", ()))
    scores = live.window.scores if live.window else None
    if scores is None:
        unavailable["accuracy_change"] = live.window.missing or "" if live.window else "monitoring.no_answers"
    if live.window is None:
        unavailable["response_ms"] = "monitoring.no_answers"
    if not report.document["history"].get("lstm"):
        unavailable["network"] = "monitoring.no_network"
    if not performance.labels:
        unavailable["performance"] = "monitoring.no_epochs"
    return ProviderDashboard(
        report=report,
        quality=_quality(live),
        accuracy_change=scores.accuracy.value - live.reference["accuracy"] if scores else None,
        response_ms=live.window.latency.p50 if live.window else None,
        health=health,
        alerts=alerts,
        performance=performance,
        latest=latest_run(report),
        error_logs=error_logs(runs, alerts),
        bottlenecks=bottlenecks([document_of(run) for run in finished]),
        unavailable=unavailable,
        needs=live.window.needs if live.window else {},
    )


def client_dashboard(*, principal: Principal) -> ClientDashboard:
    """What the newest finished training says about clicks and money."""
    live, report = _latest(principal)
    runs = list_runs(principal=principal, limit=20)
    history = tuple(
        Milestone(run.job.finished_at or run.created_at, run.id, run.experiment, run.state, _metrics(run.job.result))
        for run in runs
        if run.job.has_ended
    )
    unavailable = dict.fromkeys(NEVER_IN_DATA, NOT_IN_DATA)
    if live is None or report is None:
        nothing = NO_BUSINESS
        unavailable |= dict.fromkeys(("accuracy", "current_click_rate", "predicted_click_rate", *NAMES), NO_RUN)
        return ClientDashboard("no_data", None, None, None, None, nothing, (), (), history, unavailable)
    business, why = business_of(report.document)
    rates: tuple[ClickRate, ...] = ()
    try:
        rates = click_rates(report.run.id, (*SLOTS, *GROUPS), principal=principal)
    except WorkbenchError:  # the data was deleted since; the rest of the dashboard stands
        unavailable |= dict.fromkeys(("segments", "time_slots"), "monitoring.data_gone")
    return ClientDashboard(
        status="active",
        report=report,
        accuracy=_quality(live).accuracy,
        current_click_rate=report.document["data"]["click_rate"],
        predicted_click_rate=live.window.predicted if live.window else live.reference["predicted"],
        business=business,
        segments=tuple(one for one in rates if one.column in GROUPS),
        time_slots=tuple(one for one in rates if one.column in SLOTS),
        history=history,
        unavailable=unavailable | why,
    )


def _latest(principal: Principal) -> tuple[LiveRun | None, Report | None]:
    try:
        return live_run(LATEST, principal=principal), report_of(LATEST, principal=principal)
    except NotFound:
        return None, None


def _quality(live: LiveRun) -> Quality:
    cut, scores = live.evaluation["at_threshold"], live.evaluation["scores"]
    if live.window is None or live.window.scores is None:
        values = {name: scores[name]["value"] for name in ("auc", "average_precision", "log_loss")}
        figures = {name: cut[name] for name in ("accuracy", "precision", "recall", "f1")}
        return Quality("test", live.evaluation["rows"], **figures, **values)
    known, found = live.log.known, live.window.scores
    now = at_threshold(live.log.clicked[known], live.log.probability[known], live.reference["threshold"])
    return Quality(
        "log", live.window.known, now.accuracy, now.precision, now.recall, now.f1, found.auc,
        found.average_precision.value, found.log_loss,
    )  # fmt: skip


def _health(open_now: tuple[Incident, ...]) -> SystemHealth:
    system = latest_system()
    is_critical = system is None or any(one.severity == "critical" for one in open_now)
    status: Literal["healthy", "warning", "critical"] = (
        "critical" if is_critical else "warning" if open_now else "healthy"
    )
    return SystemHealth(status, system, requests_since(utc_now() - REQUESTS_OVER), uptime())


def _metrics(result: dict[str, Any] | None) -> dict[str, float]:
    metrics: dict[str, float] = (result or {}).get("metrics", {})
    return metrics
