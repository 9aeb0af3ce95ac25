"""A home of its own with made notebooks for the benchmarks of jobs, and a dispatcher in this process."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat

from core.jobs.job import Job
from core.jobs.process_groups import ahead_log
from core.jobs.records import get_job, submit
from core.jobs.running.dispatcher import Dispatcher
from core.jobs.running.places import Here, Place
from core.security.policy import LOCAL_ANALYST
from core.settings.current import get_settings
from core.storage.migrations import migrate

POLL_S = 0.02
PATIENCE_S = 600.0


@contextmanager
def home() -> Iterator[Path]:
    """A temporary home whose database is migrated; the settings of this process are its."""
    with tempfile.TemporaryDirectory(prefix="workbench-jobs-") as folder:
        os.environ |= {
            "WORKBENCH_HOME": folder, "WORKBENCH_NOTEBOOKS_DIR": f"{folder}/notebooks", "WORKBENCH_LOG_LEVEL": "info",
            "WORKBENCH_SAMPLE_DATA": "0",
        }  # fmt: skip
        get_settings.cache_clear()
        migrate()
        yield Path(folder)


def write_notebook(name: str, *cells: str) -> Path:
    """A notebook whose first cell holds parameters that nobody needs."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(f"# {name}")])
    notebook.cells.append(
        nbformat.v4.new_code_cell("seed: int = 1  # of the numbers", metadata={"tags": ["parameters"]})
    )
    notebook.cells += [nbformat.v4.new_code_cell(cell) for cell in cells]
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook.metadata["workbench"] = {"permission": "jobs.submit"}
    path = get_settings().notebooks_dir / f"{name}.ipynb"
    path.parent.mkdir(exist_ok=True)
    nbformat.write(notebook, path)
    return path


@contextmanager
def dispatching(place: Place) -> Iterator[Dispatcher]:
    """A dispatcher at work; where it keeps runners ready, the first of them is when the block begins."""
    dispatcher = Dispatcher(place)
    thread = threading.Thread(target=dispatcher.serve)
    thread.start()
    try:
        if isinstance(place, Here):
            wait_for_ready(place)
        yield dispatcher
    finally:
        dispatcher.stopping.set()
        thread.join()


def wait_for_ready(place: Here) -> None:
    """Until as many runners as should wait for a job are ready for it."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        logs = [ahead_log(claim) for claim in place.ahead.claims()]
        ready = [log for log in logs if log.exists() and "runner_ready" in log.read_text()]
        if len(ready) >= place.ahead.most:
            return
        time.sleep(0.2)
    raise RuntimeError("no runner became ready")


def run(notebook: str, times: int = 1) -> list[Job]:
    """Submit so many at once, and wait until all have ended. Raises RuntimeError where one did not succeed."""
    ids = [submit(notebook, {}, principal=LOCAL_ANALYST).id for _ in range(times)]
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        found = [get_job(one, principal=LOCAL_ANALYST) for one in ids]
        if all(one.has_ended for one in found):
            if any(one.state != "succeeded" for one in found):
                raise RuntimeError(f"a job ended otherwise: {[one.error for one in found]}")
            return found
        time.sleep(POLL_S)
    raise RuntimeError("the jobs did not end")


def taken_s(found: list[Job]) -> float:
    """From the first submission to the last end [s]."""
    ends: list[Any] = [one.finished_at for one in found]
    return float((max(ends) - min(one.created_at for one in found)).total_seconds())
