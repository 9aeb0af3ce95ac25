"""The job record: the one truth about what was asked for, what runs and how it ended.

A job's id is the `run_id` everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, Connection, Select, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from core.errors import Conflict, NotFound
from core.jobs.job import AT_ONCE, RETRYABLE, Job, JobEvent, Plan
from core.jobs.notebooks.catalogue import describe, validate
from core.jobs.states import add_event, change_state
from core.security.policy import Permission, Principal, require
from core.storage.audit import note
from core.storage.database import reading, utc_now, writing
from core.storage.ownership import only_owner, visible
from core.storage.tables import job_events, jobs


def submit(
    notebook: str,
    parameters: Mapping[str, Any],
    *,
    principal: Principal,
    idempotency_key: str | None = None,
    retry_of: Job | None = None,
    plan: Plan = AT_ONCE,
) -> Job:
    """Queue a run of `notebook`.

    The same key again returns the job that is queued, running or succeeded under it; after a failed,
    cancelled or lost one it queues a new job. retry_of: the earlier attempt, whose owner the new job has as well.
    plan: how often it is tried, and what it belongs to. Raises NotFound, NotAllowed and BadInput before anything is
    stored.
    """
    values = prepared(
        notebook, parameters, principal=principal, idempotency_key=idempotency_key, retry_of=retry_of, plan=plan
    )
    try:
        with writing() as connection:
            queue_prepared(connection, values, principal)
    except IntegrityError:
        with reading() as connection:
            query = select(jobs).where(jobs.c.active_key == values["active_key"])
            row = connection.execute(query).mappings().first()
        if row is None:  # it ended between our insert and our look
            return submit(
                notebook, parameters, principal=principal, idempotency_key=idempotency_key, retry_of=retry_of, plan=plan
            )
        return Job(**row)
    return get_job(str(values["id"]), principal=principal)


def prepared(
    notebook: str,
    parameters: Mapping[str, Any],
    *,
    principal: Principal,
    idempotency_key: str | None = None,
    retry_of: Job | None = None,
    plan: Plan = AT_ONCE,
) -> dict[str, Any]:
    """The row of a new job, checked as `submit` checks it, for `queue_prepared`; nothing is stored."""
    description = describe(notebook)
    require(principal, Permission.JOBS_SUBMIT)
    require(principal, description.permission)
    owner = retry_of.owner if retry_of else principal.id
    return {
        "id": str(uuid4()),
        "owner": owner,
        "notebook": notebook,
        "room": description.room,
        "parameters": validate(description, parameters),
        "state": "queued",
        "idempotency_key": idempotency_key,
        "active_key": f"{owner}:{idempotency_key}" if idempotency_key else None,
        "attempt": retry_of.attempt + 1 if retry_of else 1,
        "retry_of": retry_of.id if retry_of else None,
        "created_at": utc_now(),
        "cancel_requested": 0,
        "step": "",
        "fraction": 0.0,
        **asdict(plan),
    }


def queue_prepared(connection: Connection, values: Mapping[str, Any], principal: Principal) -> None:
    """Store a prepared job within the caller's transaction, as its last step.

    Raises IntegrityError where a job with the same key is queued, runs or has succeeded.
    """
    connection.execute(insert(jobs).values(**values))
    add_event(connection, values["id"], values["owner"], "state", {"state": "queued"})
    action = "job.retried" if values["retry_of"] else "job.submitted"
    note(connection, principal, action, values["id"], notebook=values["notebook"])


def get_job(job_id: str, *, principal: Principal) -> Job:
    """Raises NotFound for an unknown job and for somebody else's."""
    with reading() as connection:
        row = connection.execute(select(jobs).where(jobs.c.id == job_id, visible_to(principal))).mappings().first()
    if row is None:
        raise NotFound("jobs.no_such_job", id=job_id)
    return Job(**row)


def list_jobs(
    *,
    principal: Principal,
    room: str | None = None,
    notebook: str | None = None,
    states: tuple[str, ...] = (),
    limit: int = 100,
    offset: int = 0,
) -> tuple[Job, ...]:
    """Visible jobs, newest first."""
    query = _newest_first(only_owner(principal) is not None, room is not None, notebook is not None, bool(states))
    values = {
        "of_owner": only_owner(principal),
        "of_room": room,
        "of_notebook": notebook,
        "of_states": list(states),
        "most": limit,
        "skipped": offset,
    }
    with reading() as connection:
        return tuple(Job(**row) for row in connection.execute(query, values).mappings())


@cache
def _newest_first(by_owner: bool, by_room: bool, by_notebook: bool, by_state: bool) -> Select[Any]:
    """The statement behind `list_jobs`, built once: pages ask for it on every rerun."""
    query = select(jobs).order_by(jobs.c.created_at.desc(), jobs.c.id)
    if by_owner:
        query = query.where(jobs.c.owner == bindparam("of_owner"))
    if by_room:
        query = query.where(jobs.c.room == bindparam("of_room"))
    if by_notebook:
        query = query.where(jobs.c.notebook == bindparam("of_notebook"))
    if by_state:
        query = query.where(jobs.c.state.in_(bindparam("of_states", expanding=True)))
    return query.limit(bindparam("most")).offset(bindparam("skipped"))


def events(job_id: str, *, principal: Principal, after: int = 0, limit: int = 1000) -> tuple[JobEvent, ...]:
    """What happened since event `after`, oldest first."""
    get_job(job_id, principal=principal)
    columns = [job_events.c[name] for name in ("id", "job_id", "at", "kind", "payload")]
    query = select(*columns).where(job_events.c.job_id == job_id, job_events.c.id > after)
    with reading() as connection:
        rows = connection.execute(query.order_by(job_events.c.id).limit(limit)).mappings()
        return tuple(JobEvent(**row) for row in rows)


def cancel(job_id: str, *, principal: Principal) -> Job:
    """Ask a job to stop: a queued one is cancelled at once, a running one by its dispatcher within a heartbeat."""
    job = get_job(job_id, principal=principal)
    while not job.has_ended:
        with writing() as connection:
            is_running = update(jobs).where(jobs.c.id == job_id, jobs.c.state == "running")
            if (
                change_state(connection, job, "cancelled", expected=("queued",))
                or connection.execute(is_running.values(cancel_requested=1)).rowcount == 1
            ):
                note(connection, principal, "job.cancelled", job_id, notebook=job.notebook)
                break
        job = get_job(job_id, principal=principal)  # it ended, or went back to the queue, between our two tries
    return get_job(job_id, principal=principal)


def retry(job_id: str, *, principal: Principal) -> Job:
    """Queue an ended, unsuccessful job again with the same parameters and key. Raises Conflict otherwise."""
    job = get_job(job_id, principal=principal)
    if job.state not in RETRYABLE:
        raise Conflict("jobs.not_retryable", state=job.state)
    return submit(
        job.notebook,
        job.parameters,
        principal=principal,
        idempotency_key=job.idempotency_key or f"retry:{job.id}",
        retry_of=job,
        plan=Plan(chain_run_id=job.chain_run_id, schedule_id=job.schedule_id, logical_at=job.logical_at),
    )


def visible_to(principal: Principal) -> ColumnElement[bool]:
    """Which jobs a principal may see: one's own, or all. For queries that `list_jobs` cannot ask."""
    return visible(jobs, principal)
