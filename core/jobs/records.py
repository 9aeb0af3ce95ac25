"""The job record: the one truth about what was asked for, what runs and how it ended.

States: queued -> running -> succeeded | failed | cancelled | lost. A job's id is the `run_id` everywhere.
Every change of state is one conditional UPDATE, so two processes can never both make it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, Connection, Select, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from core.errors import Conflict, NotFound
from core.jobs.catalogue import describe, validate
from core.jobs.end_notices import queue_notices
from core.security.policy import Permission, Principal, require
from core.storage.audit import note
from core.storage.database import reading, utc_now, writing
from core.storage.ownership import only_owner, visible
from core.storage.tables import job_events, jobs

ENDED = ("succeeded", "failed", "cancelled", "lost")
WORTH_RETRYING = ("failed", "lost")
REFUSALS = ("BadInput", "NotAllowed", "NotFound", "Conflict")  # kinds of error that no further attempt mends
ERROR = "error"  # kind of the event that holds the key of an error of ours
RETRYABLE = ("failed", "cancelled", "lost")


@dataclass(frozen=True)
class Job:
    """One row of the jobs table; `fraction` runs from 0 to 1, `error` and `result` are plain dicts."""

    id: str
    owner: str
    notebook: str
    room: str
    parameters: dict[str, Any]
    state: str
    idempotency_key: str | None
    active_key: str | None
    claim: str | None
    attempt: int
    retry_of: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    heartbeat_at: datetime | None
    host: str | None
    pid: int | None
    cancel_requested: int
    step: str
    fraction: float
    result: dict[str, Any] | None
    error: dict[str, Any] | None
    not_before: datetime | None = None
    most_attempts: int = 1
    backoff_s: float = 0.0
    changed_from: str | None = None
    schedule_id: str | None = None
    logical_at: datetime | None = None
    chain_run_id: str | None = None
    resources: dict[str, float] | None = None

    @property
    def has_ended(self) -> bool:
        return self.state in ENDED

    @property
    def seconds(self) -> float | None:
        """How long it ran, or has run so far [s]."""
        if self.started_at is None:
            return None
        return ((self.finished_at or utc_now()) - self.started_at).total_seconds()


@dataclass(frozen=True)
class Plan:
    """How a job is tried, and what it belongs to.

    not_before: it stays queued until then. most_attempts: it is queued again after it failed or was lost, while it
    has been tried less often. backoff_s: the wait before the second attempt, doubled with each further one [s].
    """

    not_before: datetime | None = None
    most_attempts: int = 1
    backoff_s: float = 0.0
    changed_from: str | None = None
    schedule_id: str | None = None
    logical_at: datetime | None = None
    chain_run_id: str | None = None


AT_ONCE = Plan()


@dataclass(frozen=True)
class JobEvent:
    """Something that happened during a job: kind is state, cell, progress or log."""

    id: int
    job_id: str
    at: datetime
    kind: str
    payload: dict[str, Any]


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
    description = describe(notebook)
    require(principal, Permission.JOBS_SUBMIT)
    require(principal, description.permission)
    owner = retry_of.owner if retry_of else principal.id
    values = {
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
    try:
        with writing() as connection:
            connection.execute(insert(jobs).values(**values))
            add_event(connection, str(values["id"]), owner, "state", {"state": "queued"})
            action = "job.retried" if retry_of else "job.submitted"
            note(connection, principal, action, str(values["id"]), notebook=notebook)
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
    if not job.has_ended:
        with writing() as connection:
            if not change_state(connection, job, "cancelled", expected=("queued",)):
                connection.execute(
                    update(jobs).where(jobs.c.id == job_id, jobs.c.state == "running").values(cancel_requested=1)
                )
            note(connection, principal, "job.cancelled", job_id, notebook=job.notebook)
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


def change_state(
    connection: Connection,
    job: Job,
    state: str,
    *,
    expected: tuple[str, ...],
    held_by: str | None = None,
    **values: Any,
) -> bool:
    """Move a job to `state` if it is still in one of `expected`; say whether it was.

    held_by: the claim that it must still be under. values: further columns that change with the state.

    This is the only way a state changes; the event, and the notices of an end, are written in the same transaction.
    """
    if state in ENDED:
        values.setdefault("finished_at", utc_now())
    if state in RETRYABLE:
        values["active_key"] = None
    statement = update(jobs).where(jobs.c.id == job.id, jobs.c.state.in_(expected))
    if held_by is not None:
        statement = statement.where(jobs.c.claim == held_by)
    changed = connection.execute(statement.values(state=state, **values)).rowcount == 1
    if changed:
        payload = {"state": state, **({"error": values["error"]} if values.get("error") else {})}
        add_event(connection, job.id, job.owner, "state", payload)
        if state in WORTH_RETRYING and job.attempt < job.most_attempts and not _is_refused(values.get("error")):
            _queue_next_attempt(connection, job)
        elif state in ENDED:  # one message, about how it ended after all attempts
            queue_notices(connection, job.id, job.owner, job.notebook, job.parameters, state, values.get("error"))
    return changed


def _queue_next_attempt(connection: Connection, job: Job) -> None:
    """A job of its own that waits for the backoff, doubled with each attempt, and belongs to what this one did."""
    now = utc_now()
    columns = ("owner", "notebook", "room", "parameters", "idempotency_key", *(one.name for one in fields(Plan)))
    values = {name: getattr(job, name) for name in columns} | {
        "id": str(uuid4()),
        "state": "queued",
        "active_key": f"{job.owner}:{job.idempotency_key}" if job.idempotency_key else None,
        "attempt": job.attempt + 1,
        "retry_of": job.id,
        "created_at": now,
        "not_before": now + timedelta(seconds=job.backoff_s * 2 ** (job.attempt - 1)),
        "cancel_requested": 0,
        "step": "",
        "fraction": 0.0,
    }
    connection.execute(insert(jobs).values(**values))
    add_event(connection, str(values["id"]), job.owner, "state", {"state": "queued"})


def _is_refused(error: Mapping[str, Any] | None) -> bool:
    """Whether our own words ended it: a wrong value or a missing right is as wrong the next time."""
    return error is not None and error.get("kind") in REFUSALS


def add_event(connection: Connection, job_id: str, owner: str, kind: str, payload: Mapping[str, Any]) -> None:
    """Append to a job's story within the caller's transaction."""
    connection.execute(
        insert(job_events).values(job_id=job_id, owner=owner, at=utc_now(), kind=kind, payload=dict(payload))
    )


def visible_to(principal: Principal) -> ColumnElement[bool]:
    """Which jobs a principal may see: one's own, or all. For queries that `list_jobs` cannot ask."""
    return visible(jobs, principal)
