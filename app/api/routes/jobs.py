"""Notebooks and their jobs: what can be run, run it, watch it, stop it, run it again."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from app.api.deps import CALLER, GuardedRoute, needs
from app.api.languages import error_language
from app.api.wire.idempotency import IdempotencyKey
from core.messages import say_kept
from core.security.policy import Permission, Principal

router = APIRouter(prefix="/api", tags=["jobs"], route_class=GuardedRoute)

MOST_ATTEMPTS, LONGEST_BACKOFF_S = 10, 86_400
Origin = Literal["person", "schedule", "chain"]

_JOB: dict[str, Any] = {
    "id": "5f0c5f3e-6c0b-4f7e-9d0e-0f4b1f9f2f11",
    "run_id": "5f0c5f3e-6c0b-4f7e-9d0e-0f4b1f9f2f11",
    "notebook": "customers_train_clusters",
    "room": "customers",
    "parameters": {"mode": "evidence", "seed": 0},
    "state": "running",
    "owner": "local",
    "attempt": 1,
    "retry_of": None,
    "created_at": "2026-01-05T09:00:00Z",
    "started_at": "2026-01-05T09:00:01Z",
    "finished_at": None,
    "heartbeat_at": "2026-01-05T09:00:07Z",
    "seconds": 6.0,
    "step": "confirming the finalists",
    "fraction": 0.6,
    "result": None,
    "error": None,
    "error_message": None,
    "not_before": None,
    "most_attempts": 1,
    "backoff_s": 0.0,
    "changed_from": None,
    "schedule_id": None,
    "logical_at": None,
    "chain_run_id": None,
    "resources": {"memory_mb": 412.0, "peak_memory_mb": 430.5, "processor_s": 5.6},
}


class ParameterAnswer(BaseModel):
    """One knob of a notebook."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "example": {
                "name": "seed", "type": "int", "default": 0, "help": "random seed", "unit": "", "minimum": 0.0,
                "maximum": None, "choices": [], "group": "search",
            }
        },
    )  # fmt: skip
    name: str
    type: str
    default: bool | int | float | str
    help: str
    unit: str
    minimum: float | None
    maximum: float | None
    choices: tuple[str, ...]
    group: str = Field(description="which knobs belong together; the comment line above them")


class NotebookAnswer(BaseModel):
    """A notebook that can be run as a job."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "example": {
                "name": "customers_train_clusters", "room": "customers", "title": "Train customer clusters",
                "parameters": [],
            }
        },
    )  # fmt: skip
    name: str
    room: str
    title: str
    parameters: tuple[ParameterAnswer, ...]


class JobOrder(BaseModel):
    """Which notebook to run, with which parameters, and how often it is tried; what is left out keeps its default."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"notebook": "customers_train_clusters", "parameters": {"seed": 0}}}
    )
    notebook: str
    parameters: dict[str, Any] = Field(default_factory=dict)
    most_attempts: int = Field(1, ge=1, le=MOST_ATTEMPTS, description="tried again after it failed or was lost")
    backoff_s: float = Field(
        0.0, ge=0, le=LONGEST_BACKOFF_S, description="wait before the second attempt, doubled with each further one [s]"
    )
    changed_from: str | None = Field(None, description="the run whose parameters these were made of")


class JobAnswer(BaseModel):
    """A job; its id is the run_id of everything it makes."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"example": _JOB})
    id: str
    run_id: str
    notebook: str
    room: str
    parameters: dict[str, Any]
    state: str = Field(description="queued, running, succeeded, failed, cancelled or lost")
    owner: str
    attempt: int
    retry_of: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    heartbeat_at: datetime | None
    seconds: float | None = Field(description="how long it ran, or has run so far [s]")
    step: str
    fraction: float = Field(description="how far it has come, 0 to 1")
    result: dict[str, Any] | None
    error: dict[str, Any] | None
    error_message: str | None = Field(description="the error as one sentence in the caller's language")
    not_before: datetime | None = Field(description="a queued job waits until then")
    most_attempts: int
    backoff_s: float = Field(description="wait before the second attempt, doubled with each further one [s]")
    changed_from: str | None = Field(description="the run whose parameters this one began with")
    schedule_id: str | None
    logical_at: datetime | None = Field(description="the moment that a schedule ran it for")
    chain_run_id: str | None
    resources: dict[str, float] | None = Field(
        description="memory_mb, peak_memory_mb and processor_s of all its processes; empty where it was not measured"
    )


class EventAnswer(BaseModel):
    """Something that happened during a job."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "example": {
                "id": 7, "at": "2026-01-05T09:00:05Z", "kind": "progress",
                "payload": {"step": "screening", "fraction": 0.4},
            }
        },
    )  # fmt: skip
    id: int
    at: datetime
    kind: str = Field(description="state, cell, cell_end, progress, log, resources or error")
    payload: dict[str, Any]


@router.get("/notebooks", response_model=list[NotebookAnswer])
@needs(Permission.JOBS_READ)
def list_notebooks() -> Any:
    """The notebooks that can be run, with their parameters."""
    from core.jobs.notebooks import catalogue

    return catalogue.list_notebooks()


@router.post("/jobs", response_model=JobAnswer, status_code=202)
@needs(Permission.JOBS_SUBMIT)
def submit_job(
    order: JobOrder,
    request: Request,
    principal: Principal = CALLER,
    idempotency_key: IdempotencyKey = None,
) -> Any:
    """Queue a run of a notebook."""
    from core.jobs import records
    from core.jobs.job import Plan

    if order.changed_from is not None:
        records.get_job(order.changed_from, principal=principal)  # nobody builds on a run out of their sight
    plan = Plan(most_attempts=order.most_attempts, backoff_s=order.backoff_s, changed_from=order.changed_from)
    job = records.submit(
        order.notebook, order.parameters, principal=principal, idempotency_key=idempotency_key, plan=plan
    )
    return _answer(job, request)


@router.get("/jobs", response_model=list[JobAnswer])
@needs(Permission.JOBS_READ)
def list_jobs(
    request: Request,
    principal: Principal = CALLER,
    room: str | None = None,
    notebook: str | None = None,
    owner: Annotated[str | None, Query(description="whose; others' are seen by administrators alone")] = None,
    origin: Annotated[Origin | None, Query(description="what asked for them")] = None,
    schedule_id: str | None = None,
    chain_run_id: str | None = None,
    state: Annotated[list[str] | None, Query(description="only jobs in these states")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> Any:
    """Your jobs, newest first."""
    from core.jobs.runs.listing import RunSearch, search_jobs

    search = RunSearch(notebook, tuple(state or ()), room, owner, origin, schedule_id, chain_run_id)
    found = search_jobs(search, principal=principal, limit=limit, offset=offset)
    return [_answer(job, request) for job in found]


@router.get("/jobs/{job_id}", response_model=JobAnswer)
@needs(Permission.JOBS_READ)
def get_job(job_id: str, request: Request, principal: Principal = CALLER) -> Any:
    """One job."""
    from core.jobs import records

    return _answer(records.get_job(job_id, principal=principal), request)


@router.get("/jobs/{job_id}/events", response_model=list[EventAnswer])
@needs(Permission.JOBS_READ)
def list_events(job_id: str, principal: Principal = CALLER, after: Annotated[int, Query(ge=0)] = 0) -> Any:
    """What happened since the event with number `after`, oldest first."""
    from core.jobs import records

    return records.events(job_id, principal=principal, after=after)


@router.post("/jobs/{job_id}/cancel", response_model=JobAnswer)
@needs(Permission.JOBS_SUBMIT)
def cancel_job(job_id: str, request: Request, principal: Principal = CALLER) -> Any:
    """Ask a job to stop; a running one ends within a heartbeat."""
    from core.jobs import records

    return _answer(records.cancel(job_id, principal=principal), request)


@router.post("/jobs/{job_id}/retry", response_model=JobAnswer, status_code=202)
@needs(Permission.JOBS_SUBMIT)
def retry_job(job_id: str, request: Request, principal: Principal = CALLER) -> Any:
    """Queue a failed, cancelled or lost job again."""
    from core.jobs import records

    return _answer(records.retry(job_id, principal=principal), request)


def _answer(job: Any, request: Request) -> dict[str, Any]:
    message = say_kept(job.error, error_language(request.scope))
    names = set(JobAnswer.model_fields) - {"run_id", "error_message"}
    return {**{name: getattr(job, name) for name in names}, "run_id": job.id, "error_message": message}
