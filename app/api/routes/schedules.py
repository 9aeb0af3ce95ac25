"""Schedules: what is run when, pause and run at once, which times were due and what became of them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from app.api.deps import CALLER, GuardedRoute, needs
from app.api.languages import error_language
from core.messages import say_kept
from core.security.policy import Permission, Principal

router = APIRouter(prefix="/api/schedules", tags=["schedules"], route_class=GuardedRoute)

_ORDER: dict[str, Any] = {
    "name": "weekly click model",
    "notebook": "ctr_train",
    "chain": None,
    "parameters": {"publish": False},
    "cron": "0 9 * * 1",
    "time_zone": "Asia/Seoul",
    "catch_up": "last",
    "overlap": "skip",
    "most_attempts": 3,
    "backoff_s": 60.0,
}
_TIME: dict[str, Any] = {
    "logical_at": "2026-01-05T00:00:00Z",
    "local": "2026-01-05T09:00:00+09:00",
    "state": "submitted",
    "outcome": "succeeded",
    "job_id": "5f0c5f3e-6c0b-4f7e-9d0e-0f4b1f9f2f11",
    "chain_run_id": None,
    "attempt": 1,
    "reason": None,
    "reason_message": None,
}
_SCHEDULE: dict[str, Any] = {
    **_ORDER,
    "id": "0d0f5a43-3ad1-4f3f-9c55-2d2b0a6f6c10",
    "owner": "local",
    "paused_at": None,
    "paused_by": None,
    "next_at": "2026-01-12T00:00:00Z",
    "next_local": "2026-01-12T09:00:00+09:00",
    "created_at": "2026-01-02T03:00:00Z",
    "updated_at": "2026-01-02T03:00:00Z",
    "removed_at": None,
    "missed": 0,
    "last": _TIME,
}


class ScheduleOrder(BaseModel):
    """What is run when; exactly one of notebook and chain. Parameters left out keep their defaults."""

    model_config = ConfigDict(json_schema_extra={"example": _ORDER})
    name: str = Field(max_length=1000)
    notebook: str | None = None
    chain: str | None = None
    parameters: dict[str, Any] = Field(default_factory=dict)
    cron: str = Field(
        max_length=1000, description="five fields (minute hour day month weekday), or @daily and its like"
    )
    time_zone: str = Field(default="", description="IANA name; empty: the zone of the machine that runs the workbench")
    catch_up: Literal["all", "last", "none"] = Field(default="last", description="of times missed, which are run")
    overlap: Literal["skip", "queue", "replace"] = Field(
        default="skip", description="while the run before goes on: skip the time, queue it, or replace that run"
    )
    most_attempts: int = Field(default=1, description="1 to 10")
    backoff_s: float = Field(default=60.0, description="wait before the second attempt, doubled with each further [s]")


class TimeAnswer(BaseModel):
    """One time that was due, and what became of it."""

    model_config = ConfigDict(json_schema_extra={"example": _TIME})
    logical_at: datetime
    local: str = Field(description="the same moment in the schedule's zone")
    state: str = Field(description="waiting, starting, submitted, missed, skipped or refused")
    outcome: str | None = Field(description="state of the run after its latest attempt; null where there is none")
    job_id: str | None = Field(description="of the latest attempt")
    chain_run_id: str | None
    attempt: int | None
    reason: dict[str, Any] | None
    reason_message: str | None = Field(description="why nothing was run, in the caller's language")


class ScheduleAnswer(BaseModel):
    """A schedule and how it fares."""

    model_config = ConfigDict(json_schema_extra={"example": _SCHEDULE})
    id: str
    owner: str
    name: str
    notebook: str | None
    chain: str | None
    parameters: dict[str, Any]
    cron: str
    time_zone: str
    catch_up: str
    overlap: str
    most_attempts: int
    backoff_s: float
    paused_at: datetime | None
    paused_by: str | None
    next_at: datetime | None = Field(description="null while it is paused or removed")
    next_local: str | None
    created_at: datetime
    updated_at: datetime
    removed_at: datetime | None
    missed: int = Field(description="times missed within 30 days")
    last: TimeAnswer | None = Field(description="the newest time; null before the first")


class PreviewAnswer(BaseModel):
    """A time to come."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"at": "2026-01-05T00:00:00Z", "local": "2026-01-05T09:00:00+09:00"}}
    )
    at: datetime
    local: str


@router.get("", response_model=list[ScheduleAnswer])
@needs(Permission.JOBS_READ)
def list_schedules(request: Request, principal: Principal = CALLER) -> Any:
    """Your schedules, what is due first comes first."""
    from core.jobs.schedules import schedules

    return _answers(schedules.list_schedules(principal=principal), request)


@router.post("", response_model=ScheduleAnswer, status_code=201)
@needs(Permission.JOBS_SUBMIT)
def create_schedule(order: ScheduleOrder, request: Request, principal: Principal = CALLER) -> Any:
    """Have a notebook or a chain run at fixed times, in your name."""
    from core.jobs.schedules import schedules

    return _answer(schedules.create(schedules.Order(**order.model_dump()), principal=principal), request)


@router.get("/preview", response_model=list[PreviewAnswer])
@needs(Permission.JOBS_READ)
def preview_times(
    cron: Annotated[str, Query(max_length=1000, examples=["0 9 * * 1"])],
    time_zone: Annotated[str, Query(max_length=100, examples=["Asia/Seoul"])] = "UTC",
    count: Annotated[int, Query(ge=1, le=50)] = 5,
) -> Any:
    """When a cron line would be due next."""
    from core.jobs.schedules.cron_times import logical_date, preview

    found = preview(cron, time_zone, count=count)
    return [{"at": at, "local": logical_date(at, time_zone)} for at in found]


@router.get("/{schedule_id}", response_model=ScheduleAnswer)
@needs(Permission.JOBS_READ)
def get_schedule(schedule_id: str, request: Request, principal: Principal = CALLER) -> Any:
    """One schedule, also a removed one."""
    from core.jobs.schedules import schedules

    return _answer(schedules.get(schedule_id, principal=principal), request)


@router.put("/{schedule_id}", response_model=ScheduleAnswer)
@needs(Permission.JOBS_SUBMIT)
def change_schedule(schedule_id: str, order: ScheduleOrder, request: Request, principal: Principal = CALLER) -> Any:
    """Make it what the body says; it is due anew from now on."""
    from core.jobs.schedules import schedules

    changed = schedules.change(schedule_id, schedules.Order(**order.model_dump()), principal=principal)
    return _answer(changed, request)


@router.delete("/{schedule_id}", response_model=ScheduleAnswer)
@needs(Permission.JOBS_SUBMIT)
def remove_schedule(schedule_id: str, request: Request, principal: Principal = CALLER) -> Any:
    """Take it away; `restore` brings it back, and its history stays."""
    from core.jobs.schedules import schedules

    return _answer(schedules.remove(schedule_id, principal=principal), request)


@router.post("/{schedule_id}/restore", response_model=ScheduleAnswer)
@needs(Permission.JOBS_SUBMIT)
def restore_schedule(schedule_id: str, request: Request, principal: Principal = CALLER) -> Any:
    """Bring a removed one back."""
    from core.jobs.schedules import schedules

    return _answer(schedules.restore(schedule_id, principal=principal), request)


@router.post("/{schedule_id}/pause", response_model=ScheduleAnswer)
@needs(Permission.JOBS_SUBMIT)
def pause_schedule(schedule_id: str, request: Request, principal: Principal = CALLER) -> Any:
    """Queue nothing more until it is resumed."""
    from core.jobs.schedules import schedules

    return _answer(schedules.pause(schedule_id, principal=principal), request)


@router.post("/{schedule_id}/resume", response_model=ScheduleAnswer)
@needs(Permission.JOBS_SUBMIT)
def resume_schedule(schedule_id: str, request: Request, principal: Principal = CALLER) -> Any:
    """Go on from now."""
    from core.jobs.schedules import schedules

    return _answer(schedules.resume(schedule_id, principal=principal), request)


@router.post("/{schedule_id}/run", response_model=TimeAnswer, status_code=202)
@needs(Permission.JOBS_SUBMIT)
def run_schedule(schedule_id: str, request: Request, principal: Principal = CALLER) -> Any:
    """Run it once more, now, in the name of its owner."""
    from core.jobs.schedules import runs as schedule_runs
    from core.jobs.schedules import schedules

    run = schedule_runs.run_now(schedule_id, principal=principal)
    return _time(run, schedules.get(schedule_id, principal=principal).time_zone, request)


@router.get("/{schedule_id}/times", response_model=list[TimeAnswer])
@needs(Permission.JOBS_READ)
def list_times(
    schedule_id: str,
    request: Request,
    principal: Principal = CALLER,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Any:
    """The times that were due, newest first, with what became of each."""
    from core.jobs.schedules import history as schedule_history
    from core.jobs.schedules import schedules

    zone = schedules.get(schedule_id, principal=principal).time_zone
    found = schedule_history.times(schedule_id, principal=principal, limit=limit)
    return [_time(one, zone, request) for one in found]


def _answer(schedule: Any, request: Request) -> dict[str, Any]:
    return _answers([schedule], request)[0]


def _answers(found: Any, request: Request) -> list[dict[str, Any]]:
    from core.jobs.schedules.cron_times import logical_date
    from core.jobs.schedules.history import standings

    fares, answers = standings(found), []
    names = set(ScheduleAnswer.model_fields) - {"next_local", "missed", "last"}
    for one in found:
        last, zone = fares[one.id].last, one.time_zone
        answers.append(
            {name: getattr(one, name) for name in names}
            | {
                "next_local": None if one.next_at is None else logical_date(one.next_at, zone),
                "missed": fares[one.id].missed,
                "last": None if last is None else _time(last, zone, request),
            }
        )
    return answers


def _time(one: Any, zone: str, request: Request) -> dict[str, Any]:
    from core.jobs.schedules.cron_times import logical_date

    names = set(TimeAnswer.model_fields) - {"local", "reason_message"}
    return {name: getattr(one, name) for name in names} | {
        "local": logical_date(one.logical_at, zone),
        "reason_message": say_kept(one.reason, error_language(request.scope)),
    }
