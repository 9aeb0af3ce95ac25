"""How the breakers of outside dependencies stand, in all processes (contract fragrance F17)."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from app.api.deps import CALLER, needs
from app.api.fragrance_answers import PerfumeryRoute
from app.api.wire.etl import instant
from app.api.wire.system_monitoring import BreakersAnswer
from core.security.policy import Permission, Principal

router = APIRouter(prefix="/api/v1/circuit-breaker", tags=["monitoring"], route_class=PerfumeryRoute)


@router.get("/status", response_model=BreakersAnswer)
@needs(Permission.SYSTEM_READ, by_admin_cookie=True)
def breaker_status(principal: Principal = CALLER) -> Any:
    """Each dependency that any process called within the last day, with its failures and successes."""
    return _told(principal)


@router.post("/{name}/reset", response_model=BreakersAnswer)
@needs(Permission.SYSTEM_CONFIGURE, by_admin_cookie=True)
def reset_breaker(name: str, principal: Principal = CALLER) -> Any:
    """Let calls to a dependency pass again in every process, as if nothing had failed; 404 for an unknown one."""
    from core.resilience.breakers import reset

    reset(name, principal=principal)
    return _told(principal)


def _told(principal: Principal) -> dict[str, Any]:
    from core.resilience.dependency_log import dependencies
    from core.storage.database import utc_now

    seen = dependencies(principal=principal)
    services = {
        one.name: {
            "state": one.state, "failure_count": one.failures, "success_count": one.good_calls,
            "last_failure": instant(one.last_failure_at), "last_success": instant(one.last_success_at),
            "last_error": one.last_error, "failed_calls": one.failed_calls, "processes": one.processes,
        }
        for one in seen
    }  # fmt: skip
    ajar = [one.name for one in seen if one.state != "closed"]
    status = "degraded" if ajar else "healthy"
    return {"status": status, "services": services, "open": ajar, "timestamp": instant(utc_now())}
