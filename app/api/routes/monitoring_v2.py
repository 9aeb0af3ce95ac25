"""Monitoring under the former fragrance service's `/api/v2`: status, alerts, durations and errors."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any, Literal

from fastapi import APIRouter, Request

from app.api.deps import CALLER, needs
from app.api.fragrance_answers import PerfumeryRoute, language_of
from app.api.routes.monitoring_alerts import incidents_of
from app.api.routes.monitoring_health import Hours
from app.api.routes.monitoring_health import status as overview_of
from app.api.wire.administration import requests_of
from app.api.wire.etl import instant
from app.api.wire.system_monitoring import ErrorsAnswer, IncidentsAnswer, OverviewAnswer, PerformanceAnswer
from core.security.policy import Permission, Principal

router = APIRouter(prefix="/api/v2", tags=["monitoring"], route_class=PerfumeryRoute)

MOST_ALERTS = 100


@router.get("/monitoring", response_model=OverviewAnswer)
@needs(Permission.SYSTEM_READ)
def monitoring(request: Request, principal: Principal = CALLER) -> Any:
    """What an operator looks at first."""
    return overview_of(request, principal)


@router.get("/monitoring/alerts", response_model=IncidentsAnswer)
@needs(Permission.SYSTEM_READ)
def alerts(request: Request, principal: Principal = CALLER, status: Literal["open", "all"] = "open") -> Any:
    """Incidents, newest first."""
    return incidents_of(status, None, MOST_ALERTS, language_of(request), principal)


@router.get("/performance", response_model=PerformanceAnswer)
@needs(Permission.SYSTEM_READ)
def performance(hours: Hours = 1) -> Any:
    """How long requests took, over all workers, and window by window of the newest 2,000."""
    from core.storage.database import utc_now
    from core.telemetry.measures import request_windows_since, requests_since

    since = utc_now() - timedelta(hours=hours)
    found = requests_since(since)
    windows = [
        {
            "started_at": instant(one.started_at), "requests": one.requests, "errors": one.errors,
            "p50_ms": one.p50_ms, "p95_ms": one.p95_ms, "max_ms": one.max_ms,
        }
        for one in request_windows_since(since)
    ]  # fmt: skip
    per_second = found.requests / (3600 * hours)
    return {"hours": hours, "requests": requests_of(found), "requests_per_second": per_second, "windows": windows}


@router.get("/error-statistics", response_model=ErrorsAnswer)
@needs(Permission.SYSTEM_READ)
def error_statistics(hours: Hours = 24) -> Any:
    """Answers with 5xx by hour, and by room and kind what people were told."""
    from core.storage.database import utc_now
    from core.telemetry.measures import request_windows_since

    requests: Counter[str] = Counter()
    errors: Counter[str] = Counter()
    for one in request_windows_since(utc_now() - timedelta(hours=hours), most=None):
        hour = instant(one.started_at.replace(minute=0, second=0, microsecond=0)) or ""
        requests[hour] += one.requests
        errors[hour] += one.errors
    by_hour = [{"hour": hour, "requests": requests[hour], "errors": errors[hour]} for hour in sorted(requests)]
    total, failed = requests.total(), errors.total()
    return {
        "hours": hours, "requests": total, "errors": failed, "error_rate": failed / total if total else None,
        "by_hour": by_hour, "told": _told(),
    }  # fmt: skip


def _told() -> list[dict[str, Any]]:
    """The counter of errors, most frequent first."""
    from prometheus_client.parser import text_string_to_metric_families

    from core.telemetry.metrics import text

    found = [
        {"room": one.labels["room"], "kind": one.labels["kind"], "count": int(one.value)}
        for family in text_string_to_metric_families(text().decode("utf-8"))
        for one in family.samples
        if one.name == "errors_total"
    ]
    return sorted(found, key=lambda one: -one["count"])
