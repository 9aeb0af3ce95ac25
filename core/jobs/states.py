"""How a job comes from one state to the next, and what is written with that: its story, the next attempt, notices.

Every change of state is one conditional UPDATE, so two processes can never both make it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import timedelta
from functools import cache
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Update, bindparam, insert, select, update

from core.jobs.end_notices import queue_notices
from core.jobs.job import ENDED, RETRYABLE, Job, Plan
from core.storage.database import utc_now
from core.storage.tables import job_events, jobs

WORTH_RETRYING = ("failed", "lost")
REFUSALS = ("BadInput", "NotAllowed", "NotFound", "Conflict")  # kinds of error that no further attempt mends
ADD_EVENT = insert(job_events)
ERROR = "error"  # kind of the event that holds the key of an error of ours


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

    Besides `claiming`, this is the only way a state changes; the event, and the notices of an end, are written in the
    same transaction.
    """
    if state in ENDED:
        values.setdefault("finished_at", utc_now())
    if state in RETRYABLE:
        values["active_key"] = None
    held = {} if held_by is None else {"holder": held_by}
    statement = _still(expected, is_held=held_by is not None)
    changed = connection.execute(statement, {"of_id": job.id, **held, "state": state, **values}).rowcount == 1
    if changed:
        payload = {"state": state, **({"error": values["error"]} if values.get("error") else {})}
        add_event(connection, job.id, job.owner, "state", payload)
        if _is_tried_again(connection, job, state, values.get("error")):
            _queue_next_attempt(connection, job)
        elif state in ENDED:  # one message, about how it ended after all attempts
            queue_notices(connection, job.id, job.owner, job.notebook, job.parameters, state, values.get("error"))
    return changed


@cache
def _still(expected: tuple[str, ...], *, is_held: bool) -> Update:
    """The conditional UPDATE, built once: every writer waits while a transaction is open."""
    statement = update(jobs).where(jobs.c.id == bindparam("of_id"), jobs.c.state.in_(expected))
    return statement.where(jobs.c.claim == bindparam("holder")) if is_held else statement


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


def _is_tried_again(connection: Connection, job: Job, state: str, error: Mapping[str, Any] | None) -> bool:
    """Whether attempts are left that make sense: not where our own words ended it, as a wrong value or a missing
    right is as wrong the next time, and not where somebody asked it to stop meanwhile.
    """
    if state not in WORTH_RETRYING or job.attempt >= job.most_attempts:
        return False
    if error is not None and error.get("kind") in REFUSALS:
        return False
    return not connection.execute(select(jobs.c.cancel_requested).where(jobs.c.id == job.id)).scalar()


def add_event(connection: Connection, job_id: str, owner: str, kind: str, payload: Mapping[str, Any]) -> None:
    """Append to a job's story within the caller's transaction."""
    event = {"job_id": job_id, "owner": owner, "at": utc_now(), "kind": kind, "payload": dict(payload)}
    connection.execute(ADD_EVENT, event)
