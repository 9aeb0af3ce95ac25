"""Ingestions as queued jobs of the notebook `knowledge_ingest`: begun, stopped, and gone on with."""

from __future__ import annotations

from sqlalchemy import case, func, or_, select, update

from core.errors import Conflict
from core.jobs.job import ENDED, Job
from core.jobs.records import cancel, get_job, submit
from core.knowledge.index_generations import index_generation
from core.knowledge.ingestion.plans import Ingestion, get_ingestion
from core.knowledge.ingestion.requests import cancel_ingestion, retry_ingestion
from core.knowledge.rights import require_editor
from core.security.policy import Permission, Principal, may_see, require
from core.storage import knowledge_tables, tables
from core.storage.database import reading, writing

NOTEBOOK = "knowledge_ingest"
WORKING = ("queued", "running")
BEGUN_FROM = ("planned", "running", "failed")
INGESTIONS, JOBS = knowledge_tables.ingestions, tables.jobs


def start_ingestion(ingestion_id: str, *, principal: Principal) -> Job:
    """Queue what is left of a plan; asked twice, the same job is returned.

    Raises NotFound, NotAllowed; Conflict for an ingestion that has ended or that somebody else is carrying out.
    """
    require(principal, Permission.JOBS_SUBMIT)
    found = get_ingestion(ingestion_id, principal=principal)
    with reading() as connection:
        require_editor(connection, found.collection_id, principal=principal)
    if found.job_id is not None and found.job_state in WORKING:
        return _job_of(found, principal)
    if found.state not in BEGUN_FROM:
        raise Conflict("knowledge.already_ended", state=found.state)
    parameters, attempt = {"ingestion": ingestion_id}, _ended_attempts(ingestion_id) + 1
    job = submit(NOTEBOOK, parameters, principal=principal, idempotency_key=f"{_prefix(ingestion_id)}{attempt}")
    if not _record(found, job):
        cancel(job.id, principal=principal)
        raise Conflict("knowledge.already_runs", source=found.source)
    return job


def go_on(ingestion_id: str, *, principal: Principal) -> Job:
    """Queue again what failed, was cancelled, or was left by a job that died. Raises as start_ingestion does."""
    found = get_ingestion(ingestion_id, principal=principal)
    if not found.was_left and found.state in ("partial", "failed", "cancelled"):
        retry_ingestion(ingestion_id, principal=principal)
    return start_ingestion(ingestion_id, principal=principal)


def encode_again(collection_id: str, *, principal: Principal) -> Job:
    """Queue the vectors that a collection lacks under the present text model. Raises NotFound, NotAllowed."""
    require(principal, Permission.JOBS_SUBMIT)
    with reading() as connection:
        require_editor(connection, collection_id, principal=principal)
    key = f"{NOTEBOOK}:encode:{collection_id}:{index_generation()}"
    return submit(NOTEBOOK, {"encode_again": collection_id}, principal=principal, idempotency_key=key)


def stop_ingestion(ingestion_id: str, *, principal: Principal) -> Ingestion:
    """Stop after the batch it is at; a job that still waits is taken back. Raises NotFound, NotAllowed, Conflict."""
    found = get_ingestion(ingestion_id, principal=principal)
    ended = cancel_ingestion(ingestion_id, principal=principal)
    if found.job_id is not None and found.job_state == "queued":
        cancel(found.job_id, principal=principal)
    return ended


def _job_of(found: Ingestion, principal: Principal) -> Job:
    """The job that carries it out now, where it is one's own."""
    with reading() as connection:
        owner = connection.execute(select(JOBS.c.owner).where(JOBS.c.id == found.job_id)).scalar()
    if not may_see(principal, owner):
        raise Conflict("knowledge.already_runs", source=found.source)
    return get_job(str(found.job_id), principal=principal)


def _ended_attempts(ingestion_id: str) -> int:
    """How many jobs for it have ended: the next one needs a key of its own, also after one that succeeded."""
    mine = JOBS.c.idempotency_key.startswith(_prefix(ingestion_id), autoescape=True)
    query = select(func.count()).select_from(JOBS).where(mine, JOBS.c.state.in_(ENDED))
    with reading() as connection:
        return int(connection.execute(query).scalar_one())


def _record(found: Ingestion, job: Job) -> bool:
    """Note the job at the ingestion; False where another one was noted since we looked.

    What an earlier job was asked, to stop, is not asked of a new one.
    """
    as_seen = or_(INGESTIONS.c.job_id.is_not_distinct_from(found.job_id), INGESTIONS.c.job_id == job.id)
    with writing() as connection:
        asked = case((INGESTIONS.c.job_id == job.id, INGESTIONS.c.cancel_requested), else_=0)
        values = {"job_id": job.id, "cancel_requested": asked}
        noted = update(INGESTIONS).where(INGESTIONS.c.id == found.id, as_seen).values(**values)
        return connection.execute(noted).rowcount == 1


def _prefix(ingestion_id: str) -> str:
    return f"ingestion:{ingestion_id}:"
