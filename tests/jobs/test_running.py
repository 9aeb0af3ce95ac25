"""A job from submission to its end: real notebooks, real kernels, real signals."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from core.jobs import process_groups, records
from core.jobs.job import ENDED
from core.jobs.running.claiming import claim_next
from core.jobs.running.dispatcher import Dispatcher
from core.security.policy import LOCAL_ANALYST
from tests.jobs.conftest import at_work, processes_of, wait_for, wait_until


def submit(**parameters: object) -> records.Job:
    return records.submit("demo_work", parameters, principal=LOCAL_ANALYST)


def test_when_a_notebook_runs_then_result_story_and_copies_are_kept(dispatcher: Dispatcher, home: Path) -> None:
    job = wait_for(submit(word="published", times=3).id, *ENDED)

    story = records.events(job.id, principal=LOCAL_ANALYST)
    assert (job.state, job.result, job.fraction) == ("succeeded", {"word": "published"}, 1.0)
    assert [one.payload["state"] for one in story if one.kind == "state"] == ["queued", "running", "succeeded"]
    assert [one.payload["step"] for one in story if one.kind == "progress"] == ["step 1", "step 2", "step 3"]
    assert any("working" in one.payload["text"] for one in story if one.kind == "log")
    executed = json.loads((process_groups.run_folder(job.id) / "notebook.ipynb").read_text())
    assert any("injected-parameters" in cell["metadata"].get("tags", []) for cell in executed["cells"])
    copy = process_groups.run_folder(job.id) / "notebook.html"
    wait_until(copy.exists)  # it is made after the end was told
    assert "working" in copy.read_text("utf-8")


def test_when_a_cell_raises_then_the_job_failed_and_says_which_cell(dispatcher: Dispatcher) -> None:
    job = wait_for(submit(fail=True).id, *ENDED)

    assert job.state == "failed"
    assert job.error is not None
    assert job.error["key"] == "jobs.cell_failed"
    assert "asked to fail" in job.error["details"]["problem"]
    wait_until(lambda: processes_of(job.claim or "") == [])


@pytest.mark.fault(
    "SIGKILL of a runner", "killed while its notebook runs",
    "the job is lost and says so, no kernel stays, a rerun works",
)  # fmt: skip
def test_when_the_runner_is_killed_then_the_job_is_lost_no_kernel_stays_and_a_rerun_works(
    dispatcher: Dispatcher,
) -> None:
    first = records.submit("demo_work", {"seconds": 300.0}, principal=LOCAL_ANALYST, idempotency_key="once")
    wait_until(lambda: records.get_job(first.id, principal=LOCAL_ANALYST).step)
    running = records.get_job(first.id, principal=LOCAL_ANALYST)
    assert len(processes_of(running.claim or "")) >= 2  # the runner and its kernel

    os.kill(running.pid or 0, signal.SIGKILL)

    lost = wait_for(first.id, "lost", seconds=10)
    assert lost.error is not None
    assert lost.error["key"] == "jobs.runner_lost"
    wait_until(lambda: processes_of(running.claim or "") == [])
    again = records.submit("demo_work", {}, principal=LOCAL_ANALYST, idempotency_key="once")
    assert again.id != first.id
    assert wait_for(again.id, *ENDED).state == "succeeded"


def test_when_a_running_job_is_cancelled_then_it_stops_with_all_its_processes(dispatcher: Dispatcher) -> None:
    job = submit(seconds=300.0)
    wait_until(lambda: records.get_job(job.id, principal=LOCAL_ANALYST).step)

    records.cancel(job.id, principal=LOCAL_ANALYST)

    cancelled = wait_for(job.id, "cancelled", seconds=15)
    wait_until(lambda: processes_of(cancelled.claim or "") == [])


def test_when_the_dispatcher_stops_then_a_running_job_goes_back_to_the_queue(notebooks: Path) -> None:
    with at_work():
        job = submit(seconds=300.0)
        wait_until(lambda: records.get_job(job.id, principal=LOCAL_ANALYST).step)
        claim = records.get_job(job.id, principal=LOCAL_ANALYST).claim or ""

    assert records.get_job(job.id, principal=LOCAL_ANALYST).state == "queued"
    assert processes_of(claim) == []
    assert claim_next() is not None


def test_when_a_dispatcher_died_then_the_next_one_settles_what_it_left(notebooks: Path) -> None:
    job = submit(seconds=300.0)
    claimed = claim_next()
    assert claimed is not None
    assert claimed.claim is not None
    runner = process_groups.start_runner(claimed.id, claimed.claim)
    wait_until(lambda: records.get_job(job.id, principal=LOCAL_ANALYST).step)
    Dispatcher().sweep()
    assert records.get_job(job.id, principal=LOCAL_ANALYST).state == "running"  # it lives, so it goes on

    runner.kill()
    runner.wait()
    Dispatcher().sweep()

    assert records.get_job(job.id, principal=LOCAL_ANALYST).state == "lost"
    assert processes_of(claimed.claim) == []


def test_when_a_runner_holds_no_claim_then_it_runs_nothing(notebooks: Path) -> None:
    job = submit()
    claimed = claim_next()
    assert claimed is not None

    imposter = process_groups.start_runner(job.id, "another-claim")

    assert imposter.wait(60) == 3
    assert records.get_job(job.id, principal=LOCAL_ANALYST).pid is None
