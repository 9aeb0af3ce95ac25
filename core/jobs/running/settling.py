"""How a job that still counts as running ends, or goes back to the queue, when its runner did not say so itself."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from core.jobs.job import Job
from core.jobs.states import add_event, change_state
from core.settings.current import get_settings
from core.storage.database import reading, utc_now, writing
from core.storage.full_disk import is_full
from core.storage.tables import jobs
from core.telemetry.logs import get_logger

STOPPED = "handed back: the workbench stopped"

log = get_logger("settling")


def settle(
    job: Job,
    outcome: str,
    stop: Callable[[], None],
    *,
    why: str = STOPPED,
    error: dict[str, Any] | None = None,
    pause_s: float = 0.0,
    finish: Callable[[], object] = lambda: None,
) -> None:
    """End every process of a job that still counts as running under its claim, and move it to `outcome`.

    outcome: lost, failed (for too long a run unless `error` says why), cancelled, or queued (`why`; it is not taken
    again before `pause_s`). One that was asked to stop is cancelled, whatever else became of it. finish: called before
    the processes end where the runner wrote how the job ended, as it is still busy with its copies.
    """
    if (asked := _cancel_requested(job)) is None:  # as a rule
        finish()
        stop()
        return
    if asked:
        outcome = "cancelled"
    stop()  # first: what takes the job's place, its next attempt among it, may begin as soon as its state has changed
    errors = {
        "lost": {"key": "jobs.runner_lost", "details": {}},
        "failed": {"key": "jobs.timed_out", "details": {"limit_s": f"{get_settings().job_timeout_s:g}"}},
    }
    values: dict[str, object] = {"error": error or errors[outcome]} if outcome in errors else {}
    if outcome == "queued":
        values = {"claim": None, "started_at": None, "pid": None, "fraction": 0.0, "step": ""}
        if pause_s:
            values["not_before"] = utc_now() + timedelta(seconds=pause_s)
    with writing() as connection:
        changed = change_state(connection, job, outcome, expected=("running",), held_by=job.claim, **values)
        if changed and outcome == "queued":
            add_event(connection, job.id, job.owner, "log", {"text": why})
    if changed:
        log.info("job_settled", job_id=job.id, state=outcome)


def not_started(problem: OSError) -> dict[str, Any]:
    """The error of a job whose runner the operating system did not start."""
    if is_full(problem):
        return {"key": "jobs.disk_full", "details": {}}
    told = os.strerror(problem.errno) if problem.errno else str(problem)
    return {"key": "jobs.runner_not_started", "details": {"problem": told}}


def _cancel_requested(job: Job) -> bool | None:
    """Whether it should stop; None where it no longer runs under this claim."""
    mine = jobs.c.id == job.id, jobs.c.claim == job.claim, jobs.c.state == "running"
    with reading() as connection:
        asked = connection.execute(select(jobs.c.cancel_requested).where(*mine)).scalar()
    return None if asked is None else bool(asked)
