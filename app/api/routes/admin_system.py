"""The system as administrators of the former fragrance service saw it: status, logs, backups, use and maintenance.

Where that service invented its figures, these are counted or null with a reason.
"""

from __future__ import annotations

import time
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request

from app.api.deps import CALLER, needs
from app.api.fragrance_answers import PerfumeryRoute, language_of
from app.api.routes.health import all_fine, states_of
from app.api.wire.administration import (
    BackupAnswer,
    LogsAnswer,
    MaintenanceSaid,
    StatsAnswer,
    SystemStatusAnswer,
    UsageAnswer,
    machine_of,
    maintenance_of,
    requests_of,
)
from app.api.wire.etl import instant
from core.messages import say
from core.security.policy import Permission, Principal

router = APIRouter(tags=["administration"], route_class=PerfumeryRoute)

BELOW = "/api/v1/admin"
MOST_LINES = 1000
MOST_DAYS = 30  # windows of requests are kept no longer
STARTED = time.monotonic()
Level = Literal["debug", "info", "warning", "error"]


@router.get(f"{BELOW}/system/status", response_model=SystemStatusAnswer)
@needs(Permission.SYSTEM_READ, by_admin_cookie=True)
def system_status(request: Request, principal: Principal = CALLER) -> Any:
    """Components, load, requests of the last hour, jobs, models of this process and maintenance."""
    from core.operations.overview import overview
    from core.resilience.resident_models import report

    found, states, models = overview(principal=principal), states_of(request), report()
    resident = [{"key": one.key, "version": one.version, "bytes": one.size_bytes, "uses": one.uses} for one in models]
    return {
        "status": "ok" if all_fine(states) else "degraded",
        "version": request.app.version, "uptime_s": round(time.monotonic() - STARTED, 1),
        **machine_of(found), "disk_free_gb": found.disk_free_bytes / 1e9,
        "requests_last_hour": requests_of(found.requests),
        "components": {name: str(one.state) for name, one in states.items()},
        "jobs": found.queue.by_state, "open_incidents": len(found.incidents),
        "models": {"resident": resident, "count": len(resident)}, "maintenance": maintenance_of(found.maintenance),
        "unavailable": {} if found.system else {
            name: say("monitoring.no_checks", language_of(request)) for name in ("cpu_percent", "memory_percent")
        },
    }  # fmt: skip


@router.get(f"{BELOW}/logs", response_model=LogsAnswer)
@needs(Permission.SYSTEM_READ, by_admin_cookie=True)
def logs(
    request: Request, principal: Principal = CALLER, level: Level = "info",
    limit: Annotated[int, Query(ge=1, le=MOST_LINES)] = 100, process: Annotated[str, Query(max_length=20)] = "",
) -> Any:  # fmt: skip
    """The last events of our own log files, of at least that level."""
    from core.operations.log_lines import last_lines

    found = last_lines(level=level, process=process, limit=limit, principal=principal)
    told = [
        {
            "timestamp": one.timestamp, "level": one.level, "process": one.process, "room": one.room,
            "event": one.event, "values": one.values,
        }
        for one in found.lines
    ]  # fmt: skip
    reason = "" if found.files else say("administration.no_log_files", language_of(request))
    return {"logs": told, "total": len(told), "files": list(found.files), "reason": reason}


@router.post(f"{BELOW}/backup/create", response_model=BackupAnswer)
@needs(Permission.BACKUPS_MANAGE, by_admin_cookie=True)
def create_backup(request: Request, principal: Principal = CALLER) -> Any:
    """All rows and files in one file on this machine; 409 while another one is being made, 507 on a full disk."""
    from core.operations.backup import back_up

    made = back_up(principal=principal)
    return {
        "message": say("administration.backup_made", language_of(request), name=made.name), "name": made.name,
        "path": str(made.path), "bytes": made.bytes, "rows": made.manifest.rows if made.manifest else 0,
        "files": len(made.manifest.files) if made.manifest else 0, "created_at": instant(made.made_at),
    }  # fmt: skip


@router.get(f"{BELOW}/analytics/usage", response_model=UsageAnswer)
@needs(Permission.SYSTEM_READ, by_admin_cookie=True)
def usage(
    request: Request, principal: Principal = CALLER, days: Annotated[int, Query(ge=1, le=MOST_DAYS)] = 7
) -> Any:  # fmt: skip
    """Requests, people, jobs and what they made, counted over the last days."""
    from core.operations.usage import usage as counted

    found = counted(days=days, principal=principal)
    by_day = [{"date": one.on.isoformat(), "requests": one.requests, "errors": one.errors} for one in found.by_day]
    return {
        "days": found.days, "since": instant(found.since), "until": instant(found.until),
        "requests": requests_of(found.requests), "by_day": by_day, "active_users": found.people,
        "sign_ins": found.sign_ins, "jobs": found.jobs, "notebooks": found.notebooks, "questions": found.questions,
        "formulas": found.formulas, "uploads": found.uploads, "searches": found.searches,
        "unavailable": {name: say(key, language_of(request)) for name, key in found.unavailable.items()},
    }  # fmt: skip


@router.post(f"{BELOW}/maintenance/mode", response_model=MaintenanceSaid)
@needs(Permission.SYSTEM_CONFIGURE, by_admin_cookie=True)
def maintenance_mode(
    request: Request, enabled: bool, principal: Principal = CALLER,
    reason: Annotated[str, Query(max_length=300)] = "",
) -> Any:  # fmt: skip
    """Close the workbench or open it: while closed, everything but probes, signing in and administration is 503."""
    from core.operations import maintenance

    if enabled:
        maintenance.begin(reason=reason, principal=principal)
    else:
        maintenance.end(principal=principal)
    key = "administration.maintenance_begun" if enabled else "administration.maintenance_ended"
    return {"message": say(key, language_of(request)), **maintenance_of(maintenance.current())}


@router.get("/api/v2/auth/admin/stats", response_model=StatsAnswer)
@needs(Permission.ACCOUNTS_MANAGE)
def stats(principal: Principal = CALLER) -> Any:
    """Accounts by role, sign-ins that stand, jobs by state and open incidents."""
    from core.operations.overview import overview, people

    found, known = overview(principal=principal), people(principal=principal)
    return {
        "users": {"total": known.total, "by_role": known.by_role, "disabled": known.disabled},
        "active_sessions": known.sign_ins, "jobs": found.queue.by_state, "open_incidents": len(found.incidents),
    }  # fmt: skip
