"""Claiming, and jobs whose runner could not be started: none stays running, none ends the dispatcher."""

from __future__ import annotations

import errno
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import pytest

from core.errors import Unavailable
from core.jobs import records
from core.jobs.job import Job, Plan
from core.jobs.running.claiming import claim_jobs
from core.jobs.running.dispatcher import Dispatcher
from core.jobs.running.settling import settle
from core.jobs.states import change_state
from core.messages import say
from core.security.policy import LOCAL_ANALYST
from core.storage.database import utc_now, writing

Raise = Callable[[], Exception]


class Refusing:
    """A place whose every start raises."""

    slots = 2

    def __init__(self, problem: Raise) -> None:
        self.problem = problem

    def start(self, job: Job) -> Any:
        raise self.problem()

    def stop(self, claim: str) -> None:
        return None


def submit(**plan: Any) -> Job:
    return records.submit("demo_work", {}, principal=LOCAL_ANALYST, plan=Plan(**plan))


def now(job: Job) -> Job:
    return records.get_job(job.id, principal=LOCAL_ANALYST)


def dispatched(place: Refusing) -> None:
    """One round of a dispatcher, until nothing of it goes on."""
    dispatcher = Dispatcher(place)
    dispatcher.fill_slots()
    wait(dispatcher.working.values())
    assert [one.exception() for one in dispatcher.working.values()] == [None]


def test_when_the_place_is_away_then_the_job_waits_in_the_queue_for_a_while(notebooks: Path) -> None:
    job = submit()

    dispatched(Refusing(lambda: Unavailable("storage.database_down")))

    waiting = now(job)
    assert (waiting.state, waiting.claim, waiting.started_at) == ("queued", None, None)
    assert waiting.not_before is not None
    assert waiting.not_before > utc_now()


@pytest.mark.parametrize(
    ("number", "key"),
    [
        (errno.EAGAIN, "jobs.runner_not_started"),
        (errno.ENOMEM, "jobs.runner_not_started"),
        (errno.ENOSPC, "jobs.disk_full"),
    ],
)
def test_when_no_process_can_be_started_then_the_job_failed_and_says_why(
    notebooks: Path, number: int, key: str
) -> None:
    job = submit()

    dispatched(Refusing(lambda: OSError(number, "no")))

    failed = now(job)
    assert failed.state == "failed"
    assert failed.error is not None
    assert failed.error["key"] == key
    assert say(key, "ko", **failed.error["details"])


def test_when_several_are_claimed_at_once_then_they_are_the_oldest_under_the_claims_that_stand_ready(
    notebooks: Path,
) -> None:
    first, second, third = (submit() for _ in range(3))

    taken = claim_jobs(2, ["ready-1"])

    assert [one.id for one in taken] == [first.id, second.id]
    assert taken[0].claim == "ready-1"
    assert len(taken[1].claim or "") == 36
    assert now(first) == taken[0]
    assert [now(one).state for one in (first, second, third)] == ["running", "running", "queued"]
    story = records.events(second.id, principal=LOCAL_ANALYST)
    assert [one.payload["state"] for one in story] == ["queued", "running"]


def test_when_two_claim_several_at_once_then_no_job_is_taken_twice(notebooks: Path) -> None:
    submitted = {submit().id for _ in range(12)}

    with ThreadPoolExecutor(2) as pool:
        taken = [job.id for some in pool.map(lambda _: claim_jobs(4), range(6)) for job in some]

    assert sorted(taken) == sorted(submitted)


def test_when_a_next_attempt_waits_then_cancelling_it_ends_it(notebooks: Path) -> None:
    first = submit(most_attempts=3, backoff_s=3600)
    settle(claim_jobs(1)[0], "lost", lambda: None)
    (waiting,) = records.list_jobs(principal=LOCAL_ANALYST, states=("queued",))
    assert waiting.retry_of == first.id

    assert records.cancel(waiting.id, principal=LOCAL_ANALYST).state == "cancelled"
    assert records.cancel(waiting.id, principal=LOCAL_ANALYST).state == "cancelled"
    assert records.list_jobs(principal=LOCAL_ANALYST, states=("queued", "running")) == ()


@pytest.mark.parametrize("outcome", ["lost", "queued", "failed"])
def test_when_a_job_was_asked_to_stop_then_whatever_became_of_it_it_is_cancelled_and_not_tried_again(
    notebooks: Path, outcome: str
) -> None:
    submit(most_attempts=3)
    (job,) = claim_jobs(1)
    records.cancel(job.id, principal=LOCAL_ANALYST)

    settle(job, outcome, lambda: None)

    assert now(job).state == "cancelled"
    assert len(records.list_jobs(principal=LOCAL_ANALYST)) == 1


def test_when_a_cell_fails_after_the_job_was_asked_to_stop_then_it_is_not_tried_again(notebooks: Path) -> None:
    submit(most_attempts=3)
    (job,) = claim_jobs(1)
    records.cancel(job.id, principal=LOCAL_ANALYST)

    with writing() as connection:
        change_state(connection, job, "failed", expected=("running",), held_by=job.claim)

    assert len(records.list_jobs(principal=LOCAL_ANALYST)) == 1


def test_when_a_runner_takes_long_to_begin_then_its_dispatcher_answers_for_it(notebooks: Path) -> None:
    submit()
    (job,) = claim_jobs(1)
    dispatcher = Dispatcher(Refusing(OSError))
    dispatcher.working[job.claim or ""] = dispatcher.executor.submit(lambda: None)

    dispatcher.sweep()

    vouched = now(job)
    assert vouched.state == "running"
    assert (vouched.heartbeat_at or utc_now()) > (job.heartbeat_at or utc_now())
