"""A notebook that is open in JupyterLab is on record like any other run; its kernel is left alone."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import update

from core.accounts.accounts import create_account
from core.accounts.changing import disable_account
from core.errors import NotAllowed
from core.jobs import own_job, records
from core.jobs.process_groups import JOB_ID
from core.jobs.running.dispatcher import Dispatcher
from core.security.policy import LOCAL_ANALYST, Principal, Role
from core.storage.database import writing
from core.storage.tables import accounts
from tests.api.conftest import SECRET
from tests.jobs.conftest import wait_until

WORK = """
from core.jobs import own_job
own_job.report_progress("search", 0.5)
{rest}
"""


def open_notebook(rest: str) -> subprocess.Popen[bytes]:
    """A process with the environment that JupyterLab gives the kernel of an open notebook."""
    environment = {**os.environ, "JPY_SESSION_NAME": "/notebooks/demo_work.ipynb"}
    return subprocess.Popen([sys.executable, "-c", WORK.format(rest=rest)], env=environment)


def test_when_an_open_notebook_finishes_then_its_run_is_on_record(home: Path) -> None:
    assert open_notebook("own_job.finish({'k': 5})").wait(60) == 0

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


@pytest.fixture
def job_of(notebooks: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Principal], None]:
    """Call it to be inside a job of that person."""

    def inside(principal: Principal) -> None:
        monkeypatch.setenv(JOB_ID, records.submit("demo_work", {}, principal=principal).id)

    return inside


@pytest.fixture
def minji(home: Path, settings_from: Callable[..., object]) -> Principal:
    settings_from(WORKBENCH_PASSWORD_MEMORY_MB="1", WORKBENCH_PASSWORD_PASSES="1")
    made = create_account("minji", "correct horse", display_name="Minji", role=Role.RESEARCHER, principal=LOCAL_ANALYST)
    return made.principal


def test_when_the_role_of_an_account_changed_then_its_job_runs_with_the_one_it_has_now(
    minji: Principal, job_of: Callable[[Principal], None]
) -> None:
    job_of(minji)
    assert own_job.current_principal() == minji

    with writing() as connection:
        connection.execute(update(accounts).values(role="developer"))

    assert own_job.current_principal().role is Role.DEVELOPER


def test_when_the_account_was_disabled_then_its_job_does_nothing(
    minji: Principal, job_of: Callable[[Principal], None]
) -> None:
    job_of(minji)
    disable_account(minji.id, principal=LOCAL_ANALYST)

    with pytest.raises(NotAllowed, match="'minji' that asked for this job is disabled"):
        own_job.current_principal()


def test_when_nobody_has_such_an_account_then_only_a_person_of_the_project_is_an_analyst(
    job_of: Callable[[Principal], None], settings_from: Callable[..., object]
) -> None:
    job_of(Principal("somebody", Role.ADMIN))
    with pytest.raises(NotAllowed, match="no account 'somebody'"):
        own_job.current_principal()

    settings_from(SUPABASE_JWT_SECRET=SECRET)

    assert own_job.current_principal() == Principal("somebody", Role.ANALYST)


def test_when_the_local_analyst_asked_then_the_job_runs_as_that(job_of: Callable[[Principal], None]) -> None:
    job_of(LOCAL_ANALYST)

    assert own_job.current_principal() == LOCAL_ANALYST
