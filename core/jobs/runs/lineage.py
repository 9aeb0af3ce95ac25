"""How runs belong together: the attempts of one job, and runs whose parameters began with those of another."""

from __future__ import annotations

from sqlalchemy import select

from core.jobs.job import Job
from core.jobs.records import get_job
from core.security.policy import Principal
from core.storage.database import reading
from core.storage.ownership import visible
from core.storage.tables import jobs

MOST = 200  # followed in either direction; a longer line is told in part


def attempts_of(job_id: str, *, principal: Principal) -> tuple[Job, ...]:
    """Every visible attempt of the job that this one belongs to, the first attempt first. Raises NotFound."""
    line = [get_job(job_id, principal=principal)]
    known = {job_id}
    with reading() as connection:

        def one(column: str, value: str) -> Job | None:
            query = select(jobs).where(jobs.c[column] == value, visible(jobs, principal)).order_by(jobs.c.created_at)
            found = [Job(**row) for row in connection.execute(query).mappings() if row["id"] not in known]
            return found[-1] if found else None  # of two retries of one attempt the later one goes on

        while len(line) < MOST and line[0].retry_of and (before := one("id", line[0].retry_of)):
            known.add(before.id)
            line.insert(0, before)
        while len(line) < MOST and (after := one("retry_of", line[-1].id)):
            known.add(after.id)
            line.append(after)
    return tuple(line)


def changed_runs(job_id: str, *, principal: Principal) -> tuple[Job, ...]:
    """Visible runs that were asked for as this one with changes, oldest first."""
    query = select(jobs).where(jobs.c.changed_from == job_id, jobs.c.retry_of.is_(None), visible(jobs, principal))
    with reading() as connection:
        found = connection.execute(query.order_by(jobs.c.created_at).limit(MOST)).mappings()
        return tuple(Job(**row) for row in found)
