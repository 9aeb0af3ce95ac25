"""Runs one claimed job: `python -m core.jobs.running.runner JOB_ID`, started by a dispatcher in a session of its own.

It refuses a job whose claim it does not hold, so an engine that starts a job twice does no harm. It tells what
happens while it happens, then the final state, and makes the HTML copy after that.

`python -m core.jobs.running.runner --ahead LOG`: started before its job is known. It reads the job's id
from its standard input once its kernel is ready, and ends with whoever holds the other end of it.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import select, update

from core.errors import StorageFull, WorkbenchError
from core.jobs import run_files
from core.jobs.job import Job
from core.jobs.notebooks.catalogue import describe
from core.jobs.process_groups import HOST, JOB_CLAIM, JOB_ID, RUNNER_LOG, run_folder
from core.jobs.running import kernels
from core.jobs.running.resource_use import ResourceUse
from core.jobs.running.story import NOT_MY_CLAIM, Story
from core.jobs.states import ERROR
from core.settings.paths import PROJECT
from core.storage.database import reading, utc_now, writing
from core.storage.full_disk import is_full
from core.storage.tables import job_events, jobs
from core.storage.whole_files import replace_file
from core.telemetry.logs import bind, get_logger
from core.telemetry.traces import span

ENTER_JOB = "__import__('core.jobs.own_job', fromlist=['enter']).enter({job_id!r})"
LOOK_AHEAD = "import core.jobs.own_job as _; del _"

log = get_logger("runner")


def main(job_id: str, claim: str, kernel: kernels.Kernel | None = None) -> int:
    """Run the job to its end; the exit status is 0 also for a notebook that failed, because that was recorded.

    kernel: one that is ready and has run nothing but our own imports.
    """
    use = ResourceUse()
    job = _take(job_id, claim)
    if job is None:
        log.warning("claim_not_held")
        if kernel is not None:
            kernels.shut_down(kernel)
        return NOT_MY_CLAIM
    bind(job_id=job.id, user_id=job.owner)
    story = Story(job, claim, use)
    with span("job.run", notebook=job.notebook, job_id=job.id):
        error = _run(job, story, kernel)
    run_files.share(job.id)  # before its end is told, so that whoever hears of it finds them
    state = "failed" if error else "succeeded"
    values: dict[str, Any] = {"error": error} if error else {"fraction": 1.0}
    story.end(state, **values)
    log.info("job_ended", state=state)
    try:
        _write_html(job.id)
        run_files.share(job.id)
    except OSError as problem:  # the copy is for reading, and the notebook is there to be read
        log.warning("no_html_copy", reason=str(problem))
    return 0


def wait_for_job(log_file: Path) -> int:
    """Make everything ready, read which job to run, run it."""
    claim = os.environ[JOB_CLAIM]
    kernel = None
    with suppress(RuntimeError, OSError):  # no kernel now; the job will try to start one, and tell why it cannot
        kernel = kernels.start_kernel()
    if kernel is not None and not kernels.run_silently(kernel, LOOK_AHEAD):
        kernels.shut_down(kernel)
        kernel = None
    import nbconvert.exporters.html  # noqa: F401 - what a job needs at its end is loaded ahead as well

    with suppress(WorkbenchError), reading():
        pass
    log.info("runner_ready")
    job_id = sys.stdin.readline().strip()
    if not job_id:  # whoever started us is gone, or needs us no more
        if kernel is not None:
            kernels.shut_down(kernel)
        log_file.unlink(missing_ok=True)
        return 0
    os.environ[JOB_ID] = job_id
    keep_log(log_file, run_folder(job_id) / RUNNER_LOG)
    if kernel is not None and not kernels.run_silently(kernel, ENTER_JOB.format(job_id=job_id)):
        kernels.shut_down(kernel)
        kernel = None
    return main(job_id, claim, kernel)


def keep_log(ours: Path, log_file: Path) -> None:
    """Make what we wrote so far, and write from now on, the job's log; what an earlier try left comes first."""
    try:
        log_file.parent.mkdir(parents=True, exist_ok=True)
        if log_file.exists():
            earlier, written = log_file.read_bytes(), ours.read_bytes()
            ours.write_bytes(earlier + written)  # our outputs append, so they go on behind it
        ours.replace(log_file)
    except OSError as problem:  # a full disk; the job will tell
        log.warning("no_log", reason=str(problem))


def _take(job_id: str, claim: str) -> Job | None:
    mine = (jobs.c.id == job_id) & (jobs.c.claim == claim) & (jobs.c.state == "running") & jobs.c.pid.is_(None)
    with writing() as connection:
        taken = connection.execute(update(jobs).where(mine).values(pid=os.getpid(), host=HOST, heartbeat_at=utc_now()))
        if taken.rowcount != 1:
            return None
        return Job(**connection.execute(select(jobs).where(jobs.c.id == job_id)).mappings().one())


def _run(job: Job, story: Story, kernel: kernels.Kernel | None) -> dict[str, Any] | None:
    """Execute the notebook; the error as a plain dict, or None."""
    failed: list[int] = []

    def listen(kind: str, payload: dict[str, Any]) -> None:
        if kind == "cell_end" and not payload["ok"]:
            failed.append(payload["cell"])
        story.tell(kind, payload)

    error = _execute(job, listen, kernel)
    if error is not None and failed:
        error["cell"] = failed[0]
        if "cell" in error["details"]:  # papermill counts what ran; everybody else counts cells
            error["details"]["cell"] = failed[0]
    return error


def _execute(job: Job, listen: Any, kernel: kernels.Kernel | None) -> dict[str, Any] | None:
    try:
        if kernel is None:
            kernel = kernels.start_kernel()
            kernels.run_silently(kernel, ENTER_JOB.format(job_id=job.id))
    except (RuntimeError, OSError) as problem:  # it did not answer in time, or could not be started
        return _error("jobs.kernel_not_started", problem=str(problem) or type(problem).__name__)
    from nbclient.exceptions import DeadKernelError
    from papermill import execute_notebook
    from papermill.exceptions import PapermillExecutionError

    from core.jobs.running.notebook_engine import register

    try:
        folder = run_folder(job.id)
        folder.mkdir(parents=True, exist_ok=True)
        execute_notebook(
            str(describe(job.notebook).path),
            str(folder / "notebook.ipynb"),
            parameters=job.parameters,
            engine_name=register(listen, kernel),
            kernel_name="python3",
            progress_bar=False,
            cwd=str(PROJECT),
        )
    except PapermillExecutionError as problem:
        told = f"{problem.ename}: {problem.evalue}"
        return _told_error(job.id) or _error("jobs.cell_failed", cell=problem.exec_count, problem=told)
    except DeadKernelError:
        return _error("jobs.kernel_died")
    except StorageFull:
        return _error("jobs.disk_full")
    except OSError as problem:
        if not is_full(problem):
            raise
        return _error("jobs.disk_full")
    return None


def _told_error(job_id: str) -> dict[str, Any] | None:
    """The error of ours that ended a cell, as the kernel told it; each face says it in the visitor's language."""
    kind = (job_events.c.job_id == job_id) & (job_events.c.kind == ERROR)
    query = select(job_events.c.payload).where(kind).order_by(job_events.c.id.desc()).limit(1)
    with suppress(WorkbenchError), reading() as connection:
        return connection.execute(query).scalar()
    return None


def _error(key: str, **details: Any) -> dict[str, Any]:
    return {"key": key, "details": details}


def _write_html(job_id: str) -> None:
    from nbconvert.exporters.html import HTMLExporter

    notebook = run_folder(job_id) / "notebook.ipynb"
    if notebook.exists() and notebook.stat().st_size:
        body, _ = HTMLExporter(template_name="lab").from_filename(str(notebook))
        replace_file(notebook.with_suffix(".html"), body.encode())  # a page may be opening it


if __name__ == "__main__":
    if sys.argv[1] == "--ahead":
        sys.exit(wait_for_job(Path(sys.argv[2])))
    with reading():
        pass  # fail before the kernel starts when the database cannot be reached
    sys.exit(main(sys.argv[1], os.environ.get(JOB_CLAIM, "")))
