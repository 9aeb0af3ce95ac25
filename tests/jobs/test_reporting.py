"""A notebook that is open in JupyterLab is on record like any other run; its kernel is left alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from core.jobs import records
from core.jobs.dispatcher import Dispatcher
from core.security.policy import LOCAL_ANALYST
from tests.jobs.conftest import wait_until

WORK = """
from core.jobs import reporting
reporting.report_progress("search", 0.5)
{rest}
"""


def open_notebook(rest: str) -> subprocess.Popen[bytes]:
    """A process with the environment that JupyterLab gives the kernel of an open notebook."""
    environment = {**os.environ, "JPY_SESSION_NAME": "/notebooks/demo_work.ipynb"}
    return subprocess.Popen([sys.executable, "-c", WORK.format(rest=rest)], env=environment)


def test_when_an_open_notebook_finishes_then_its_run_is_on_record(home: Path) -> None:
    assert open_notebook("reporting.finish({'k': 5})").wait(60) == 0

    (job,) = records.list_jobs(principal=LOCAL_ANALYST)
    assert (job.notebook, job.state, job.step, job.result) == ("demo_work", "succeeded", "search", {"k": 5})


def test_when_the_kernel_of_an_open_notebook_dies_then_its_run_is_lost(home: Path) -> None:
    kernel = open_notebook("import time; time.sleep(300)")
    wait_until(lambda: any(job.step for job in records.list_jobs(principal=LOCAL_ANALYST)))
    Dispatcher().sweep()
    assert records.list_jobs(principal=LOCAL_ANALYST)[0].state == "running"
    assert kernel.poll() is None

    kernel.kill()
    kernel.wait()
    Dispatcher().sweep()

    assert records.list_jobs(principal=LOCAL_ANALYST)[0].state == "lost"


def test_when_there_is_no_job_then_progress_is_only_printed(home: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WORK.format(rest="")], capture_output=True, text=True, timeout=60, check=True
    )

    assert "[ 50%] search" in done.stdout
    assert records.list_jobs(principal=LOCAL_ANALYST) == ()
