"""Taking queued jobs: the oldest that are due, several in one transaction. Of two dispatchers only one gets each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from uuid import uuid4

from sqlalchemy import bindparam, select, update

from core.jobs.job import Job
from core.jobs.process_groups import HOST
from core.jobs.states import ADD_EVENT
from core.storage.database import reading, utc_now, writing
from core.storage.tables import jobs
from core.telemetry.metrics import observe_queue_wait

# Built once: every writer waits while a transaction is open.
_DUE = jobs.c.state == "queued", jobs.c.not_before.is_(None) | (jobs.c.not_before <= bindparam("now"))
ANY_DUE = select(jobs.c.id).where(*_DUE).limit(1)
OLDEST_DUE = select(jobs).where(*_DUE).order_by(jobs.c.created_at, jobs.c.id).limit(bindparam("most"))
OLDEST_DUE = OLDEST_DUE.with_for_update(skip_locked=True)
TAKE = update(jobs).where(jobs.c.id == bindparam("of_id"))


def claim_jobs(most: int, claims: Sequence[str] = ()) -> list[Job]:
    """Take up to `most` queued jobs, oldest first. claims: those to use first, which runners stand ready under."""
    if most < 1 or not _is_any_due():  # a look costs nobody the write lock
        return []
    now = utc_now()
    with writing(alone=False) as connection:
        # PostgreSQL: what another dispatcher takes at this moment is passed over. SQLite has one writer at a time.
        found = connection.execute(OLDEST_DUE, {"now": now, "most": most}).mappings().all()
        if not found:
            return []
        begun = {"state": "running", "started_at": now, "heartbeat_at": now, "host": HOST, "pid": None}
        taken = [dict(row) | begun | {"claim": claim} for row, claim in zip(found, _claims(claims), strict=False)]
        connection.execute(TAKE, [{"of_id": row["id"], "claim": row["claim"], **begun} for row in taken])
        story = {"at": now, "kind": "state", "payload": {"state": "running"}}
        connection.execute(ADD_EVENT, [{"job_id": row["id"], "owner": row["owner"], **story} for row in taken])
    for row in taken:
        observe_queue_wait((now - row["created_at"]).total_seconds())
    return [Job(**row) for row in taken]


def claim_next() -> Job | None:
    """Take the oldest queued job, or None."""
    return next(iter(claim_jobs(1)), None)


def _is_any_due() -> bool:
    with reading() as connection:
        return connection.execute(ANY_DUE, {"now": utc_now()}).first() is not None


def _claims(ready: Sequence[str]) -> Iterator[str]:
    return chain(ready, iter(lambda: str(uuid4()), ""))
