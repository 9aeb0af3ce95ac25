"""What the workers of a benchmark run, by name: nothing at all, and a job whose runner has nothing to run."""

from __future__ import annotations

import os

from sqlalchemy import bindparam, select, update

from core.jobs.job import Job
from core.jobs.process_groups import HOST
from core.jobs.states import change_state
from core.storage.database import utc_now, writing
from core.storage.tables import jobs

NOT_MINE = 3
ROW = select(jobs).where(jobs.c.id == bindparam("of_id"))
_IS_MINE = jobs.c.claim == bindparam("holder"), jobs.c.state == "running", jobs.c.pid.is_(None)
BEGIN = update(jobs).where(jobs.c.id == bindparam("of_id"), *_IS_MINE)


def nothing(number: int) -> int:
    """What bare Dask runs."""
    return number


def run_trivially(job_id: str, claim: str) -> int:
    """A runner with nothing to run: takes the claim and writes the end, as a real one does."""
    with writing() as connection:
        began = {"of_id": job_id, "holder": claim, "pid": os.getpid(), "host": HOST, "heartbeat_at": utc_now()}
        if connection.execute(BEGIN, began).rowcount != 1:
            return NOT_MINE
        job = Job(**connection.execute(ROW, {"of_id": job_id}).mappings().one())
        change_state(connection, job, "succeeded", expected=("running",), held_by=claim, fraction=1.0)
    return 0
