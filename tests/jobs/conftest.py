"""Small real notebooks, a dispatcher in this process, and real runner processes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
import psutil
import pytest

from core.jobs import process_groups
from core.jobs.job import Job
from core.jobs.records import get_job
from core.jobs.running.dispatcher import Dispatcher
from core.security.policy import LOCAL_ANALYST

PARAMETERS = """seconds: float = 0.0  # how long to work [s] (0..600)
fail: bool = False  # end with an error
word: str = "done"  # what to return (done|published)
times: int = 1  # steps to report [steps] (1..50)"""

WORK = """import time
from core.jobs.own_job import finish, report_progress
for step in range(times):
    report_progress(f"step {step + 1}", (step + 1) / times, loss=1.0 / (step + 1))
print("working")
time.sleep(seconds)
assert not fail, "asked to fail"
finish({"word": word})"""


def write_notebook(
    folder: Path, name: str, *cells: str, parameters: str = PARAMETERS, permission: str = "jobs.submit",
    reads: dict[str, str] | None = None,
) -> None:  # fmt: skip
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(f"# {name}")])
    notebook.cells.append(nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]}))
    notebook.cells += [nbformat.v4.new_code_cell(cell) for cell in cells]
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook.metadata["language_info"] = {"name": "python"}
    notebook.metadata["workbench"] = {"permission": permission} | ({} if reads is None else {"reads": reads})
    folder.mkdir(exist_ok=True)
    nbformat.write(notebook, folder / f"{name}.ipynb")


@pytest.fixture
def notebooks(home: Path, settings_from: Callable[..., object]) -> Path:
    """A folder with the notebook `demo_work`; heartbeats are quick."""
    folder = home / "notebooks"
    write_notebook(folder, "demo_work", WORK)
    settings_from(WORKBENCH_NOTEBOOKS_DIR=str(folder), WORKBENCH_HEARTBEAT_S="0.5")
    return folder


@contextmanager
def at_work() -> Iterator[Dispatcher]:
    """A dispatcher in a thread; it is stopped, and hands back what runs, when the block is left."""
    working = Dispatcher()
    thread = threading.Thread(target=working.serve)
    thread.start()
    try:
        yield working
    finally:
        working.stopping.set()
        thread.join(30)


@pytest.fixture
def dispatcher(notebooks: Path) -> Iterator[Dispatcher]:
    """At work on the notebook `demo_work`."""
    with at_work() as working:
        yield working


def wait_for(job_id: str, *states: str, seconds: float = 60) -> Job:
    """The job once it is in one of `states`; fails the test when that does not happen."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        job = get_job(job_id, principal=LOCAL_ANALYST)
        if job.state in states:
            return job
        time.sleep(0.05)
    raise AssertionError(f"job is {job.state} ({job.error}), not {states}, after {seconds} s")


def wait_until(condition: Callable[[], object], seconds: float = 60) -> None:
    """Until `condition()` is true; fails the test when it stays false."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.05)


def processes_of(claim: str) -> list[psutil.Process]:
    """Living processes (runner, kernel, their children) that carry the claim."""
    return [one for one in process_groups.carrying(claim) if process_groups.is_alive(one.pid, claim)]


@pytest.fixture
def chained(notebooks: Path) -> Path:
    """The folder of notebooks with the chains `three` and `branches`, and what these run."""
    from tests.jobs import chain_homes

    chain_homes.fill(notebooks)
    return notebooks
