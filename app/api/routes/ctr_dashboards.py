"""The provider's dashboard in the words of its view; what is not measured is null, with the reason in `unavailable`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict

from app.api.deps import CALLER, GuardedRoute, needs
from app.api.languages import error_language
from app.api.wire.ctr import both_spellings, finite, without_paths
from core.messages import say
from core.security.policy import Permission, Principal

if TYPE_CHECKING:
    from core.ctr.monitoring.dashboards import ProviderDashboard

router = APIRouter(prefix="/api", tags=["ctr"], route_class=GuardedRoute)

WIRE_NAMES = {
    "processor_share": "cpuUsage", "memory_share": "memoryUsage", "success_rate": "apiSuccessRate",
    "error_rate": "errorRate", "quality": "currentMetrics", "accuracy_change": "accuracyChange",
    "response_ms": "responseTime", "performance": "performanceData", "latest": "latestRun",
    "network": "latestRun.epochs",
}  # fmt: skip
_HEALTH: dict[str, Any] = {
    "status": "healthy", "cpuUsage": 31.0, "memoryUsage": 48.0, "apiSuccessRate": 99.9, "errorRate": 0.1,
}  # fmt: skip
_PROVIDER: dict[str, Any] = {
    "currentMetrics": {"accuracy": 98.1, "precision": 0.11, "recall": 0.14, "f1Score": 0.12, "responseTime": 1.8},
    "accuracyChange": -0.4, "avgResponseTime": 12.5, "uptime": 99.9, "systemHealth": _HEALTH,
    "performanceAlert": {"show": False, "message": "", "severity": "warning", "month": ""}, "performanceData": {},
    "latestRun": None, "errorLogs": [], "bottleneckAnalysis": [], "unavailable": {},
}  # fmt: skip


class ProviderView(BaseModel):
    """The provider's dashboard: accuracy, changes and system figures in percent, other scores as shares, times in ms
    (trainings in minutes)."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"example": _PROVIDER})
    currentMetrics: dict[str, Any]
    accuracyChange: float | None
    avgResponseTime: float | None
    uptime: float | None
    performanceAlert: dict[str, Any]
    systemHealth: dict[str, Any]
    performanceData: dict[str, Any]
    latestRun: dict[str, Any] | None
    errorLogs: list[dict[str, Any]]
    bottleneckAnalysis: list[dict[str, Any]]
    unavailable: dict[str, str]


@router.get("/dashboard/si", response_model=ProviderView)
@needs(Permission.CTR_READ)
def provider_view(request: Request, principal: Principal = CALLER) -> Any:
    """How the newest model and the system around it are."""
    from core.ctr.monitoring.dashboards import provider_dashboard

    return finite(provider_answer(provider_dashboard(principal=principal), error_language(request.scope)))


@router.get("/report/si/{run_id}", response_model=ProviderView)
@needs(Permission.CTR_READ)
def provider_report(run_id: str, request: Request, principal: Principal = CALLER) -> Any:
    """`/api/dashboard/si` under the client's name; it describes the newest finished run alone."""
    from core.ctr.runs import require_newest

    require_newest(run_id, principal=principal)
    return provider_view(request, principal)


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def health_of(dashboard: ProviderDashboard) -> dict[str, Any]:
    """Processor, memory and API rates in percent, in both spellings."""
    health = dashboard.health
    values = {
        "status": health.status,
        "cpu_usage": _percent(health.system.processor_share) if health.system else None,
        "memory_usage": _percent(health.system.memory_share) if health.system else None,
        "api_success_rate": _percent(health.requests.success_rate),
        "error_rate": _percent(health.requests.error_rate),
    }
    return both_spellings(values)


def metrics_of(dashboard: ProviderDashboard) -> dict[str, Any]:
    """The newest model's figures in both spellings; accuracy in percent, as the view prints it."""
    quality = dashboard.quality
    values = {
        "accuracy": _percent(quality.accuracy) if quality else None,
        "precision": quality.precision if quality else None,
        "recall": quality.recall if quality else None,
        "f1_score": quality.f1 if quality else None,
        "response_time": _response_ms(dashboard),
        "auc": quality.auc if quality else None,
        "average_precision": quality.average_precision if quality else None,
        "log_loss": quality.log_loss if quality else None,
    }
    return both_spellings(values)


def _response_ms(dashboard: ProviderDashboard) -> float | None:
    """Of logged answers; before there are any, what the training measured for a single impression."""
    if dashboard.response_ms is not None or dashboard.report is None:
        return dashboard.response_ms
    measured: float = dashboard.report.document["latency"]["ms_single"]
    return measured


def provider_answer(dashboard: ProviderDashboard, language: str) -> dict[str, Any]:
    """The provider's dashboard in the view's words."""
    return {
        "status": "active" if dashboard.report else "no_data",
        "currentMetrics": metrics_of(dashboard),
        "basis": dashboard.quality.basis if dashboard.quality else None,
        "accuracyChange": _percent(dashboard.accuracy_change),
        "avgResponseTime": dashboard.health.requests.p50_ms,
        "uptime": _percent(dashboard.health.uptime),
        "performanceAlert": _alert(dashboard, language),
        "systemHealth": health_of(dashboard),
        "performanceData": _course(dashboard),
        "latestRun": _latest(dashboard),
        "errorLogs": [error_log(one, language) for one in dashboard.error_logs],
        "bottleneckAnalysis": [
            {
                "component": one.step,
                "avgTime": 1000 * one.average_s,
                "maxTime": 1000 * one.longest_s,
                "percentage": 100 * one.share,
                "status": one.status,
                "recommendation": say(one.recommendation, language),
            }
            for one in dashboard.bottlenecks
        ],
        "unavailable": {
            WIRE_NAMES.get(name, name): say(key, language, **dashboard.needs)
            for name, key in dashboard.unavailable.items()
            if name != "response_ms" or dashboard.report is None
        },
    }


def error_log(one: Any, language: str) -> dict[str, Any]:
    """A problem as the view lists it."""
    at = one.at.isoformat()
    return {"level": one.level, "message": without_paths(one.message(language)), "timestamp": at, "stack": ""}


def _alert(dashboard: ProviderDashboard, language: str) -> dict[str, Any]:
    worst = next((one for one in sorted(dashboard.alerts, key=_gravity) if one.is_open), None)
    if worst is None:
        return {"show": False, "message": "", "severity": "warning", "month": ""}
    severity = "critical" if worst.severity == "critical" else "warning"
    month = f"{worst.opened_at:%Y-%m}"
    return {"show": True, "message": worst.text(language), "severity": severity, "month": month}


def _gravity(alert: Any) -> int:
    return ("critical", "warning", "info").index(alert.severity)


def _course(dashboard: ProviderDashboard) -> dict[str, Any]:
    course = dashboard.performance
    return {
        "by": course.by,
        "months": course.labels,
        "accuracy": [_percent(one) for one in course.accuracy],
        "valAccuracy": [_percent(one) for one in course.val_accuracy],
        "loss": course.loss,
        "valLoss": course.val_loss,
        "f1Score": [None] * len(course.labels),
        "valF1Score": [None] * len(course.labels),
        "averagePrecision": course.average_precision,
    }


def _latest(dashboard: ProviderDashboard) -> dict[str, Any] | None:
    run = dashboard.latest
    if run is None:
        return None
    return {
        "runId": run.run_id,
        "model": run.model,
        "trainingTime": run.training_minutes,
        "epochs": run.epochs,
        "batchSize": run.batch_size,
        "learningRate": run.learning_rate,
        "optimizer": run.optimizer,
        "finalLoss": run.final_loss,
        "bestAccuracy": 100 * run.accuracy,
    }
