"""Health and metrics under the addresses of the former fragrance service, `/monitoring` (contract fragrance 1.2).

Orchestrators ask /livez and /readyz, Prometheus /metrics; these say the same in that service's words.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse

from app.api.deps import CALLER, GuardedRoute, needs
from app.api.routes.health import all_fine, states_of
from app.api.wire.administration import machine_of, maintenance_of, requests_of
from app.api.wire.etl import instant
from app.api.wire.system_monitoring import (
    AliveAnswer,
    DetailedHealthAnswer,
    FiguresAnswer,
    OverviewAnswer,
    ReadyAnswer,
)
from core.errors import Conflict
from core.security.policy import Permission, Principal

router = APIRouter(prefix="/monitoring", tags=["monitoring"], route_class=GuardedRoute)

PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"
MOST_HOURS = 720  # windows of requests are kept for thirty days
Hours = Annotated[int, Query(ge=1, le=MOST_HOURS, description="how far back is looked [h]")]


@router.get("/health", response_model=AliveAnswer)
@needs(Permission.PUBLIC)
def health(request: Request) -> Any:
    """healthy or degraded; always 200."""
    return {"status": _status(request), "timestamp": _now()}


@router.get("/health/liveness", response_model=AliveAnswer)
@needs(Permission.PUBLIC)
def liveness() -> Any:
    """200 while the process answers at all."""
    return {"status": "healthy", "timestamp": _now()}


@router.get("/health/readiness", response_model=ReadyAnswer, responses={503: {"model": ReadyAnswer}})
@needs(Permission.PUBLIC)
def readiness(request: Request) -> Any:
    """200 when every part works, else 503 naming the state of each."""
    states = states_of(request)
    ready = all_fine(states)
    body = {
        "status": "ready" if ready else "not_ready", "ready": ready,
        "checks": {name: str(one.state) for name, one in states.items()}, "timestamp": _now(),
    }  # fmt: skip
    return body if ready else JSONResponse(body, 503)


@router.get("/health/detailed", response_model=DetailedHealthAnswer)
@needs(Permission.SYSTEM_READ)
def detailed_health(request: Request, principal: Principal = CALLER) -> Any:
    """Every part with what is wrong with it, and the load of the machine."""
    from core.operations.overview import overview

    states = states_of(request)
    components = {
        name: {"status": str(one.state), "message": one.message, "details": one.details} for name, one in states.items()
    }
    status = "healthy" if all_fine(states) else "degraded"
    system = machine_of(overview(principal=principal))
    return {"status": status, "components": components, "system": system, "timestamp": _now()}


@router.get("/status", response_model=OverviewAnswer)
@needs(Permission.SYSTEM_READ)
def status(request: Request, principal: Principal = CALLER) -> Any:
    """What an operator looks at first."""
    from core.operations.overview import overview
    from core.resilience.dependency_log import dependencies
    from core.telemetry.measures import uptime

    found, share = overview(principal=principal), uptime()
    ajar = [one.name for one in dependencies(principal=principal) if one.state != "closed"]
    return {
        "status": _status(request), "version": request.app.version, "uptime": None if share is None else 100 * share,
        "requests_last_hour": requests_of(found.requests), "open_alerts": len(found.incidents),
        "open_breakers": ajar, "jobs": found.queue.by_state, "maintenance": maintenance_of(found.maintenance),
        "timestamp": _now(),
    }  # fmt: skip


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {PROMETHEUS: {"example": 'http_requests_total{method="GET"} 1.0'}}}},
)
@needs(Permission.SYSTEM_READ)
def metrics() -> Response:
    """The same text as `/metrics`, for whoever is signed in."""
    from core.telemetry.metrics import text

    return Response(text(), media_type=PROMETHEUS)


@router.get("/metrics/summary", response_model=FiguresAnswer)
@needs(Permission.SYSTEM_READ)
def metrics_summary(principal: Principal = CALLER, hours: Hours = 24) -> Any:
    """Figures of the last hours as JSON."""
    return figures_of(hours, principal)


@router.post("/metrics/reset", response_model=FiguresAnswer)
@needs(Permission.SYSTEM_CONFIGURE)
def reset_metrics() -> Any:
    """Always 409: counters are not reset, because whoever scrapes them takes the differences."""
    raise Conflict("administration.metrics_stay")


def figures_of(hours: int, principal: Principal) -> dict[str, Any]:
    """Requests, machine, jobs, and the models of this process."""
    from datetime import timedelta

    from core.operations.overview import overview
    from core.resilience.resident_models import report
    from core.storage.database import utc_now
    from core.telemetry.measures import requests_since

    found = overview(principal=principal)
    requests = requests_since(utc_now() - timedelta(hours=hours))
    models = {one.key: {"bytes": one.size_bytes, "uses": one.uses} for one in report()}
    return {
        "hours": hours, "requests": requests_of(requests), **machine_of(found), "jobs": found.queue.by_state,
        "models": models, "timestamp": _now(),
    }  # fmt: skip


def _status(request: Request) -> str:
    return "healthy" if all_fine(states_of(request)) else "degraded"


def _now() -> str | None:
    from core.storage.database import utc_now

    return instant(utc_now())
