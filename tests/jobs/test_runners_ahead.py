"""Runners that wait for their job with a kernel that is ready: each runs one job, and none is ever left behind."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.jobs import process_groups, records
from core.jobs.job import ENDED
from core.jobs.running.dispatcher import Dispatcher
from core.jobs.running.places import Here
from core.jobs.running.runners_ahead import RunnersAhead
from core.security.policy import LOCAL_ANALYST
from tests.jobs.conftest import at_work, processes_of, wait_for, wait_until, write_notebook

LOOK = """import os
from core.errors import BadInput
from core.jobs.own_job import current_run_id, finish
names = [name for name in globals() if "job" in name.lower()]
finish({"id": current_run_id(), "claim": os.environ["WORKBENCH_JOB_CLAIM"], "names": names})
if fail:
    raise BadInput("jobs.not_retryable", state="odd")"""
KEEP_ONE = """import sys, time
from core.jobs.running.runners_ahead import RunnersAhead
ahead = RunnersAhead(1)
ahead.fill()
print(*ahead.claims(), flush=True)
time.sleep(300)"""


@pytest.fixture
def ahead(notebooks: Path) -> Iterator[RunnersAhead]:
    one = RunnersAhead(1)
    yield one
    one.close()


def test_when_one_waits_then_it_runs_the_next_job_and_another_takes_its_place(
    notebooks: Path, settings_from: Callable[..., object]
) -> None:
    write_notebook(notebooks, "demo_look", LOOK)
    settings_from(WORKBENCH_WARM_RUNNERS="1")
    with at_work() as dispatcher:
        assert isinstance(dispatcher.place, Here)
        waiting = dispatcher.place.ahead
        wait_until(lambda: waiting.claims() and len(processes_of(waiting.claims()[0])) == 2)  # it and its kernel
        (claim,) = waiting.claims()
        pids = {one.pid for one in processes_of(claim)}

        job = wait_for(records.submit("demo_look", {"fail": True}, principal=LOCAL_ANALYST).id, *ENDED)

        assert (job.claim, job.state, job.result) == (claim, "failed", {"id": job.id, "claim": claim, "names": []})
        assert job.pid in pids
        assert job.error is not None
        assert (job.error["key"], job.error["cell"]) == ("jobs.not_retryable", 3)
        log_file = process_groups.run_folder(job.id) / process_groups.RUNNER_LOG
        wait_until(lambda: "job_ended" in log_file.read_text())
        wait_until(lambda: processes_of(claim) == [])
        wait_until(lambda: waiting.claims() not in ([], [claim]))
        (following,) = waiting.claims()
    assert processes_of(following) == []
    assert not process_groups.ahead_log(following).exists()


def test_when_the_settings_file_changes_then_the_one_that_waits_is_not_used(ahead: RunnersAhead, home: Path) -> None:
    ahead.fill()
    (claim,) = ahead.claims()

    (home / ".env").write_text("WORKBENCH_LANGUAGE=ko\n")

    assert ahead.claims() == []
    ahead.close()
    assert processes_of(claim) == []


def test_when_the_environment_differs_then_the_one_that_waits_is_not_used(
    ahead: RunnersAhead, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead.fill()

    monkeypatch.setenv("WORKBENCH_LANGUAGE", "ko")

    assert ahead.claims() == []


def test_when_the_one_that_waits_was_killed_then_its_job_gets_a_new_process(
    ahead: RunnersAhead, notebooks: Path
) -> None:
    ahead.fill()
    (claim,) = ahead.claims()
    for process in processes_of(claim):
        process.kill()
    wait_until(lambda: processes_of(claim) == [])

    assert ahead.hand_over("some-job", claim) is None


def test_when_the_dispatcher_is_killed_then_those_that_wait_end_by_themselves(notebooks: Path) -> None:
    dispatcher = subprocess.Popen([sys.executable, "-c", KEEP_ONE], stdout=subprocess.PIPE, text=True)
    assert dispatcher.stdout is not None
    claim = dispatcher.stdout.readline().strip()
    wait_until(lambda: len(processes_of(claim)) == 2)  # with a kernel, which is in a session of its own

    dispatcher.send_signal(signal.SIGKILL)
    dispatcher.wait()

    wait_until(lambda: processes_of(claim) == [])
    assert not process_groups.ahead_log(claim).exists()


def test_when_its_job_is_cancelled_while_it_makes_itself_ready_then_nothing_of_it_stays(
    notebooks: Path, settings_from: Callable[..., object]
) -> None:
    settings_from(WORKBENCH_WARM_RUNNERS="1")
    job = records.submit("demo_work", {}, principal=LOCAL_ANALYST)
    dispatcher = Dispatcher()
    assert isinstance(dispatcher.place, Here)
    dispatcher.place.keep_ready()
    (claim,) = dispatcher.place.ready_claims()
    dispatcher.fill_slots()
    assert records.get_job(job.id, principal=LOCAL_ANALYST).claim == claim

    records.cancel(job.id, principal=LOCAL_ANALYST)
    dispatcher.look()

    assert wait_for(job.id, *ENDED).state == "cancelled"
    wait_until(lambda: processes_of(claim) == [])
    dispatcher.place.close()
