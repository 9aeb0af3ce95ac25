"""The words of the chat frontend's job list: its five states, the finer ones of its former backend, and ISO times.

A job there is an ingestion here. What is not known (an expected end, an error) is left out, not null: the client hands
whatever stands there to a date parser.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field

from app.api.languages import preferred
from core.errors import NotAllowed
from core.messages import say
from core.security.policy import LOCAL_ANALYST, Permission, Principal, is_allowed

if TYPE_CHECKING:
    from core.knowledge.ingestion.progress import IngestionProgress

STATUS = {"partial": "completed"}  # every other state has the name that the client knows
FINE = {
    "": "pending", "initialization": "started", "query_execution": "processing_queries",
    "data_validation": "processing_queries", "document_transformation": "transforming_documents",
    "embedding_generation": "generating_embeddings", "document_storage": "storing_documents", "completion": "success",
}  # fmt: skip
FINE_ENDS = {"completed": "success", "partial": "partial", "failed": "failure", "cancelled": "cancelled"}
JOB_ID = "7d3cfb2e-52c1-4c6e-9b8a-4f0f3c1f2a90"
JOB: dict[str, Any] = {
    "job_id": JOB_ID, "status": "running", "progress": 42, "current_step": "Computing vectors",
    "created_at": "2026-01-05T09:00:00Z", "updated_at": "2026-01-05T09:00:07Z",
    "estimated_completion_time": "2026-01-05T09:00:16Z", "stage": "generating_embeddings",
    "pipeline_stage": "embedding_generation", "progress_percentage": 42, "started_at": "2026-01-05T09:00:01Z",
    "user_id": "local", "source": "Aptitude results 17", "completed_steps": 3, "total_steps": 7, "failed_documents": 0,
}  # fmt: skip
BEGUN: dict[str, Any] = {
    "job_id": JOB_ID, "task_id": "5f0c5f3e-6c0b-4f7e-9d0e-0f4b1f9f2f11", "status": "pending",
    "message": "The run is queued.", "progress_url": f"/api/etl/jobs/{JOB_ID}/progress",
}  # fmt: skip
_EXPECTED = "ISO instant at the pace measured in this run; absent before anything was finished"


class EtlJobAnswer(BaseModel):
    """One run as the frontend lists it, beside the names of its former backend."""

    model_config = ConfigDict(json_schema_extra={"example": JOB})
    job_id: str
    status: str = Field(description="pending, running, completed, failed or cancelled")
    progress: int = Field(ge=0, le=100, description="never falls during a run; 100 only once it is completed")
    current_step: str
    created_at: str
    updated_at: str
    estimated_completion_time: str | None = Field(None, description=_EXPECTED)
    error_message: str | None = Field(None, description="names the stage; absent unless it failed")
    stage: str = Field(description="the former backend's ten states, and cancelled")
    pipeline_stage: str
    progress_percentage: int
    started_at: str | None = None
    completed_at: str | None = None
    failed_stage: str | None = None
    error_type: str | None = Field(None, description="code of the error")
    user_id: str
    source: str
    completed_steps: int = Field(description="documents that are done")
    total_steps: int = Field(description="documents of the run")
    failed_documents: int


class EtlJobsAnswer(BaseModel):
    """Some of `total` runs, newest first; a wrong page is empty."""

    model_config = ConfigDict(json_schema_extra={"example": {"jobs": [JOB], "total": 1, "page": 1, "limit": 20}})
    jobs: list[EtlJobAnswer]
    total: int
    page: int
    limit: int


class BegunAnswer(BaseModel):
    """A run that was queued, or goes on already."""

    model_config = ConfigDict(json_schema_extra={"example": BEGUN})
    job_id: str
    task_id: str = Field(description="the queued job that carries it out")
    status: str
    message: str
    progress_url: str
    estimated_completion_time: str | None = Field(None, description=_EXPECTED)


class Again(BaseModel):
    """force: make documents anew that did not change."""

    model_config = ConfigDict(json_schema_extra={"example": {"force": False}})
    force: bool = False


def client_language(request: Request) -> str:
    """Korean unless English is preferred: the frontend is Korean."""
    return preferred(request.scope) or "ko"


def subject(user_id: str, principal: Principal) -> Principal:
    """Whose things an address names: the caller's own, or for an administrator anybody's.

    Raises NotAllowed for somebody else's, whether there is such a person or not; NotFound for an administrator.
    """
    if user_id == principal.id:
        return principal
    if not is_allowed(principal, Permission.ACCOUNTS_MANAGE):
        raise NotAllowed("etl.not_your_account", name=user_id[:80])
    if user_id == LOCAL_ANALYST.id:
        return LOCAL_ANALYST
    from core.accounts.accounts import get_account

    return get_account(user_id, principal=principal).principal


def status_of(one: IngestionProgress) -> str:
    return STATUS.get(one.state, one.state)


def percent_of(one: IngestionProgress) -> int:
    """Whole percent; what is not completed never says 100."""
    return 100 if status_of(one) == "completed" else min(int(one.fraction * 100), 99)


def instant(at: datetime | None) -> str | None:
    """ISO with Z, which every date parser reads as UTC."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z") if at is not None else None


def job(one: IngestionProgress, language: str) -> dict[str, Any]:
    """All fields of `EtlJobAnswer` that are known."""
    percent = percent_of(one)
    fields = {
        **event(one, language), "created_at": instant(one.created_at), "updated_at": instant(one.updated_at),
        "stage": fine_stage(one), "pipeline_stage": one.stage, "progress_percentage": percent,
        "started_at": instant(one.started_at), "completed_at": instant(one.finished_at), "user_id": one.owner,
        "failed_stage": one.problem.stage if one.problem else None,
        "error_type": one.problem.key.upper().replace(".", "_") if one.problem else None, "source": one.source,
        "completed_steps": one.done, "total_steps": one.total, "failed_documents": one.failed,
    }  # fmt: skip
    return {name: value for name, value in fields.items() if value is not None}


def event(one: IngestionProgress, language: str, *, with_reason: bool = True) -> dict[str, Any]:
    """The six fields of the event stream, those that are known. with_reason: whether the reason may be told."""
    fields = {
        "job_id": one.id, "progress": percent_of(one), "current_step": step(one, language), "status": status_of(one),
        "estimated_completion_time": instant(one.expected_end), "error_message": failure(one, language, with_reason),
    }  # fmt: skip
    return {name: value for name, value in fields.items() if value is not None}


def fine_stage(one: IngestionProgress) -> str:
    """The finer state: where a run is, else how it ended."""
    if one.state in FINE_ENDS:
        return FINE_ENDS[one.state]
    return "pending" if one.state == "pending" else FINE.get(one.stage, "started")


def step(one: IngestionProgress, language: str) -> str:
    if one.state in ("pending", "cancelled", "failed"):
        return say(f"etl.step_{one.state}", language)
    if one.is_stopping:
        return say("etl.step_stopping", language)
    return say(f"etl.step_{one.stage or 'initialization'}", language)


def failure(one: IngestionProgress, language: str, with_reason: bool = True) -> str | None:
    """Where and why a run failed, in one sentence."""
    if one.problem is None:
        return None
    where = {"stage": one.problem.stage, "step": say(f"etl.step_{one.problem.stage}", language)}
    if not with_reason:
        return say("etl.failed_at_stage", language, **where)
    return say("etl.failed_at", language, **where, reason=reason(one, language))


def reason(one: IngestionProgress, language: str) -> str:
    assert one.problem is not None
    details = {"name": one.problem.name or one.source, **one.problem.details}
    return say(one.problem.key, language, **details)


def begin(ingestion_id: str, *, principal: Principal, language: str) -> dict[str, Any]:
    """Queue what was planned, and say so."""
    from core.knowledge.ingestion.jobs import start_ingestion

    job_id = start_ingestion(ingestion_id, principal=principal).id
    return begun(ingestion_id, job_id, principal=principal, language=language)


def begun(ingestion_id: str, task_id: str, *, principal: Principal, language: str) -> dict[str, Any]:
    from core.knowledge.ingestion.progress import progress_of

    one = progress_of(ingestion_id, principal=principal)
    address = f"/api/etl/jobs/{one.id}/progress"
    key = "etl.queued" if one.state == "pending" else "etl.goes_on"
    fields = {
        "job_id": one.id, "task_id": task_id, "status": status_of(one), "message": say(key, language, address=address),
        "progress_url": address, "estimated_completion_time": instant(one.expected_end),
    }  # fmt: skip
    return {name: value for name, value in fields.items() if value is not None}


def reprocess(user_id: str, order: Again | None, request: Request, principal: Principal) -> dict[str, Any]:
    """The documents of the record that an account is linked to, made again. Raises NotFound, NotAllowed, Conflict."""
    from core.knowledge.aptitude.records import begin_processing, record_number_of

    person, language = subject(user_id, principal), client_language(request)
    number = record_number_of(person)
    force = order is not None and order.force
    made = begin_processing(person, number, force=force, language=language, asked_by=principal)
    return begin(made.id, principal=person, language=language)
