"""Documents in the making, as the chat frontend lists them: begun, followed, tried again and cancelled."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from app.api.deps import CALLER, GuardedRoute, needs
from app.api.wire.etl import (
    Again,
    BegunAnswer,
    EtlJobAnswer,
    EtlJobsAnswer,
    begin,
    begun,
    client_language,
    instant,
    job,
    reprocess,
    status_of,
    subject,
)
from core.errors import Conflict
from core.messages import say
from core.security.policy import Permission, Principal

router = APIRouter(prefix="/api/etl", tags=["etl"], route_class=GuardedRoute)

MOST_JOBS = 100  # of one page
_STATS: dict[str, Any] = {
    "total_jobs": 12, "pending_jobs": 0, "running_jobs": 1, "completed_jobs": 10, "partial_jobs": 1, "failed_jobs": 1,
    "cancelled_jobs": 0, "success_rate": 0.909, "average_processing_seconds": 4.2, "of_everybody": True,
    "timestamp": "2026-01-05T09:00:00Z",
}  # fmt: skip


class TestCompleted(BaseModel):
    """Somebody finished the test; the documents of the record are made."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"user_id": "local", "anp_seq": 17, "test_type": "standard"}}
    )
    user_id: str = Field(min_length=1, max_length=200)
    anp_seq: int = Field(ge=1, description="number of the aptitude record")
    test_type: str = Field("standard", max_length=80)
    completed_at: datetime | None = None
    notification_source: str = Field("", max_length=200)
    force: bool = False


class EtlHealthAnswer(BaseModel):
    """Whether runs are taken up and carried out, as it was just looked at; always 200."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "status": "healthy", "database": "ok", "jobs": "ok", "encoder": "ok", "problems": [],
                "timestamp": "2026-01-05T09:00:00Z",
            }
        }
    )  # fmt: skip
    status: str = Field(description="healthy or degraded")
    database: str = Field(description="ok or down")
    jobs: str = Field(description="ok, waiting (nobody takes up what waits) or unknown")
    encoder: str = Field(description="ok, failed (the newest run stopped at its vectors) or unknown")
    problems: list[str]
    timestamp: str


class EtlStatsAnswer(BaseModel):
    """Counts of your own runs, an administrator's of everybody's. Rates are null where nothing has ended."""

    model_config = ConfigDict(json_schema_extra={"example": _STATS})
    total_jobs: int
    pending_jobs: int
    running_jobs: int
    completed_jobs: int = Field(description="those with some failed documents among them")
    partial_jobs: int
    failed_jobs: int
    cancelled_jobs: int
    success_rate: float | None = Field(description="share of the ended runs, 0..1")
    average_processing_seconds: float | None
    of_everybody: bool
    timestamp: str


@router.post("/test-completion", response_model=BegunAnswer, response_model_exclude_none=True, status_code=202)
@needs(Permission.KNOWLEDGE_WRITE)
def complete_test(order: TestCompleted, request: Request, principal: Principal = CALLER) -> Any:
    """Take up the record of a completed test, for yourself or as an administrator for anybody."""
    from core.knowledge.aptitude.records import begin_processing

    person, language = subject(order.user_id, principal), client_language(request)
    made = begin_processing(person, order.anp_seq, force=order.force, language=language, asked_by=principal)
    return begin(made.id, principal=person, language=language)


@router.get("/users/{user_id}/jobs", response_model=EtlJobsAnswer, response_model_exclude_none=True)
@needs(Permission.KNOWLEDGE_READ)
def list_jobs(
    user_id: str, request: Request, principal: Principal = CALLER, page: Annotated[int, Query(ge=1)] = 1,
    limit: Annotated[int, Query(ge=1, le=MOST_JOBS)] = 20, offset: Annotated[int | None, Query(ge=0)] = None,
) -> Any:  # fmt: skip
    """Runs of one person, newest first."""
    from core.knowledge.ingestion.progress import list_progress

    person, language = subject(user_id, principal), client_language(request)
    skipped = offset if offset is not None else (page - 1) * limit
    found = list_progress(owner=person.id, principal=person, limit=limit, offset=skipped)
    return {"jobs": [job(one, language) for one in found.entries], "total": found.total, "page": page, "limit": limit}


@router.get("/jobs/{job_id}/status", response_model=EtlJobAnswer, response_model_exclude_none=True)
@needs(Permission.KNOWLEDGE_READ)
def get_status(job_id: str, request: Request, principal: Principal = CALLER) -> Any:
    """One run."""
    from core.knowledge.ingestion.progress import progress_of

    return job(progress_of(job_id, principal=principal), client_language(request))


@router.post("/jobs/{job_id}/retry", response_model=BegunAnswer, response_model_exclude_none=True)
@needs(Permission.KNOWLEDGE_WRITE)
def retry_job(job_id: str, request: Request, principal: Principal = CALLER) -> Any:
    """Try again what failed or was cancelled; what is done stays done."""
    from core.knowledge.ingestion.jobs import go_on
    from core.knowledge.ingestion.progress import progress_of

    one = progress_of(job_id, principal=principal)
    if status_of(one) not in ("failed", "cancelled"):
        raise Conflict("etl.not_retryable", status=status_of(one))
    person = subject(one.owner, principal)
    task_id = go_on(job_id, principal=person).id
    return begun(job_id, task_id, principal=person, language=client_language(request))


@router.post("/jobs/{job_id}/cancel", response_model=EtlJobAnswer, response_model_exclude_none=True)
@needs(Permission.KNOWLEDGE_WRITE)
def cancel_job(job_id: str, request: Request, principal: Principal = CALLER) -> Any:
    """Stop a run: one that waits at once, one that goes on after the batch it is at. What is done stays."""
    from core.knowledge.ingestion.jobs import stop_ingestion
    from core.knowledge.ingestion.progress import progress_of

    one = progress_of(job_id, principal=principal)
    if one.is_over:
        raise Conflict("etl.not_cancellable", status=status_of(one))
    stop_ingestion(job_id, principal=subject(one.owner, principal))
    return job(progress_of(job_id, principal=principal), client_language(request))


@router.post("/users/{user_id}/reprocess", response_model=BegunAnswer, response_model_exclude_none=True)
@needs(Permission.KNOWLEDGE_WRITE)
def reprocess_user(user_id: str, request: Request, order: Again | None = None, principal: Principal = CALLER) -> Any:
    """Make the documents of the person's record again; 409 where nothing changed and `force` was not asked for."""
    return reprocess(user_id, order, request, principal)


@router.get("/health", response_model=EtlHealthAnswer)
@needs(Permission.PUBLIC)
def etl_health(request: Request) -> Any:
    """The database, whether what waits is taken up, and the encoder; nothing of what anybody brought."""
    from core.knowledge.ingestion.counts import pipeline_health
    from core.storage.database import utc_now

    found, language = pipeline_health(), client_language(request)
    if found.database is not None:
        parts = {"database": "down", "jobs": "unknown", "encoder": "unknown"}
        problems = [found.database.text(language)]
    else:
        parts = {
            "database": "ok", "jobs": "ok" if found.is_taken_up else "waiting",
            "encoder": "failed" if found.encoder_failed else "ok",
        }  # fmt: skip
        problems = [say(f"etl.unhealthy_{name}", language) for name, state in parts.items() if state != "ok"]
    status = "degraded" if problems else "healthy"
    return {"status": status, **parts, "problems": problems, "timestamp": instant(utc_now())}


@router.get("/stats", response_model=EtlStatsAnswer)
@needs(Permission.KNOWLEDGE_READ)
def etl_stats(principal: Principal = CALLER) -> Any:
    """What is counted in the database right now."""
    from core.knowledge.ingestion.counts import count_runs
    from core.storage.database import utc_now

    found = count_runs(principal=principal)
    counts = {f"{name}_jobs": found.states[name] for name in ("pending", "running", "failed", "cancelled")}
    completed = found.states["completed"] + found.states["partial"]
    return {
        **counts, "completed_jobs": completed, "partial_jobs": found.states["partial"],
        "total_jobs": sum(found.states.values()), "success_rate": found.success_rate,
        "average_processing_seconds": found.mean_s, "of_everybody": found.of_everybody, "timestamp": instant(utc_now()),
    }  # fmt: skip
