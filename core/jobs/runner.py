"""Runs one claimed job: `python -m core.jobs.runner JOB_ID`, started by a dispatcher in a session of its own.

It refuses a job whose claim it does not hold, so an engine that starts a job twice does no harm. It writes the
heartbeat, an event per cell, the executed notebook and an HTML copy, and then the final state.
"""

from __future__ import annotations

import errno
import os
import sys
import threading
from typing import Any

from sqlalchemy import select, update

from core.errors import StorageFull, WorkbenchError
from core.jobs.catalogue import describe
from core.jobs.process_groups import HOST, JOB_CLAIM, run_folder
from core.jobs.records import ERROR, Job, add_event, change_state
from core.settings.current import get_settings
from core.settings.paths import PROJECT
from core.storage.database import reading, utc_now, writing
from core.storage.tables import job_events, jobs
from core.telemetry.logs import bind, get_logger
from core.telemetry.traces import span

NOT_MY_CLAIM = 3  # exit status of a runner that holds no claim

log = get_logger("runner")


def main(job_id: str, claim: str) -> int:
    """Run the job to its end; the exit status is 0 also for a notebook that failed, because that was recorded."""
    job = _take(job_id, claim)
    if job is None:
        log.warning("claim_not_held")
        return NOT_MY_CLAIM
    bind(job_id=job.id, user_id=job.owner)
    ended = threading.Event()
    heart = threading.Thread(target=_beat, args=(job.id, claim, ended), daemon=True)
    heart.start()
    with span("job.run", notebook=job.notebook, job_id=job.id):
        error = _run(job)
    try:
        _write_html(job.id)
    except OSError as problem:  # the copy is for reading; on a full disk the state matters more
        if problem.errno != errno.ENOSPC:
            raise
        error = error or _error("jobs.disk_full")
    ended.set()
    with writing() as connection:
        state = "failed" if error else "succeeded"
        values: dict[str, Any] = {"error": error} if error else {"fraction": 1.0}
        change_state(connection, job, state, expected=("running",), held_by=claim, **values)
    log.info("job_ended", state=state)
    return 0


def _take(job_id: str, claim: str) -> Job | None:
    mine = (jobs.c.id == job_id) & (jobs.c.claim == claim) & (jobs.c.state == "running") & jobs.c.pid.is_(None)
    with writing() as connection:
        taken = connection.execute(update(jobs).where(mine).values(pid=os.getpid(), host=HOST, heartbeat_at=utc_now()))
        if taken.rowcount != 1:
            return None
        return Job(**connection.execute(select(jobs).where(jobs.c.id == job_id)).mappings().one())


def _beat(job_id: str, claim: str, ended: threading.Event) -> None:
    """Say that the job lives; a runner whose claim was taken away ends itself."""
    while not ended.wait(get_settings().heartbeat_s):
        try:
            with writing() as connection:
                held = connection.execute(
                    update(jobs)
                    .where(jobs.c.id == job_id, jobs.c.claim == claim, jobs.c.state == "running")
                    .values(heartbeat_at=utc_now())
                )
        except WorkbenchError as error:  # the database may be away for a while; the work goes on
            log.warning("heartbeat_missed", reason=error.code)
            continue
        if held.rowcount != 1 and not ended.is_set():
            os._exit(NOT_MY_CLAIM)


def _run(job: Job) -> dict[str, Any] | None:
    """Execute the notebook; the error as a plain dict, or None."""
    from papermill import execute_notebook
    from papermill.exceptions import PapermillExecutionError

    from core.jobs.notebook_engine import register

    folder = run_folder(job.id)
    try:
        execute_notebook(
            str(describe(job.notebook).path),
            str(folder / "notebook.ipynb"),
            parameters=job.parameters,
            engine_name=register(lambda kind, payload: _record(job, kind, payload)),
            kernel_name="python3",
            progress_bar=False,
            cwd=str(PROJECT),
        )
    except PapermillExecutionError as problem:
        told = f"{problem.ename}: {problem.evalue}"
        return _told_error(job.id) or _error("jobs.cell_failed", cell=problem.exec_count, problem=told)
    except StorageFull:
        return _error("jobs.disk_full")
    except OSError as problem:
        if problem.errno != errno.ENOSPC:
            raise
        return _error("jobs.disk_full")
    return None


def _told_error(job_id: str) -> dict[str, Any] | None:
    """The error of ours that ended a cell, as the kernel told it; each face says it in the visitor's language."""
    kind = (job_events.c.job_id == job_id) & (job_events.c.kind == ERROR)
    query = select(job_events.c.payload).where(kind).order_by(job_events.c.id.desc()).limit(1)
    with reading() as connection:
        return connection.execute(query).scalar()


def _record(job: Job, kind: str, payload: dict[str, Any]) -> None:
    with writing() as connection:
        add_event(connection, job.id, job.owner, kind, payload)


def _error(key: str, **details: Any) -> dict[str, Any]:
    return {"key": key, "details": details}


def _write_html(job_id: str) -> None:
    from nbconvert import HTMLExporter

    notebook = run_folder(job_id) / "notebook.ipynb"
    if notebook.exists() and notebook.stat().st_size:
        body, _ = HTMLExporter(template_name="lab").from_filename(str(notebook))
        notebook.with_suffix(".html").write_text(body, "utf-8")


if __name__ == "__main__":
    with reading():
        pass  # fail before the kernel starts when the database cannot be reached
    sys.exit(main(sys.argv[1], os.environ.get(JOB_CLAIM, "")))
