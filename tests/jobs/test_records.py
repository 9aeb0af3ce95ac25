"""The job record: idempotency, visibility, claims and retries, without running anything."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.errors import BadInput, Conflict, NotFound
from core.jobs import records
from core.jobs.running.claiming import claim_next
from core.security.policy import LOCAL_ANALYST, Principal, Role

ANALYST = Principal("analyst-a", Role.ANALYST)
OTHER = Principal("analyst-b", Role.ANALYST)


def test_when_the_same_job_is_submitted_twice_at_once_then_there_is_one(notebooks: Path) -> None:
    def submit(_: int) -> str:
        return records.submit("demo_work", {}, principal=ANALYST, idempotency_key="twice").id

    with ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(submit, range(8)))

    assert len(ids) == 1
    assert len(records.list_jobs(principal=ANALYST)) == 1


def test_when_two_people_use_the_same_key_then_each_gets_a_job_of_their_own(notebooks: Path) -> None:
    first = records.submit("demo_work", {}, principal=ANALYST, idempotency_key="same")
    second = records.submit("demo_work", {}, principal=OTHER, idempotency_key="same")

    assert first.id != second.id


def test_when_many_claim_at_once_then_each_job_is_claimed_once(notebooks: Path) -> None:
    submitted = {records.submit("demo_work", {}, principal=ANALYST).id for _ in range(6)}

    with ThreadPoolExecutor(8) as pool:
        claimed = [job.id for job in pool.map(lambda _: claim_next(), range(12)) if job]

    assert sorted(claimed) == sorted(submitted)


def test_when_a_job_is_somebody_elses_then_it_is_not_found(notebooks: Path) -> None:
    job = records.submit("demo_work", {}, principal=ANALYST)

    with pytest.raises(NotFound):
        records.get_job(job.id, principal=OTHER)
    with pytest.raises(NotFound):
        records.cancel(job.id, principal=OTHER)
    assert records.list_jobs(principal=OTHER) == ()
    assert [one.id for one in records.list_jobs(principal=LOCAL_ANALYST)] == [job.id]


def test_when_a_queued_job_is_cancelled_then_it_can_be_run_again(notebooks: Path) -> None:
    job = records.submit("demo_work", {"times": 2}, principal=ANALYST, idempotency_key="k")
    assert records.cancel(job.id, principal=ANALYST).state == "cancelled"

    again = records.retry(job.id, principal=ANALYST)

    assert (again.state, again.attempt, again.retry_of, again.parameters["times"]) == ("queued", 2, job.id, 2)


def test_when_a_job_has_not_ended_then_a_retry_is_refused(notebooks: Path) -> None:
    job = records.submit("demo_work", {}, principal=ANALYST)

    with pytest.raises(Conflict, match="queued"):
        records.retry(job.id, principal=ANALYST)


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"epochs": 3}, "no parameter 'epochs'"),
        ({"times": "3"}, "type int"),
        ({"times": True}, "type int"),
        ({"times": 51}, "1..50"),
        ({"seconds": float("nan")}, "type float"),
        ({"word": "other"}, "done, published"),
    ],
)
def test_when_a_parameter_is_wrong_then_nothing_is_queued(
    notebooks: Path, parameters: dict[str, object], words: str
) -> None:
    with pytest.raises(BadInput, match=words):
        records.submit("demo_work", parameters, principal=ANALYST)
    assert records.list_jobs(principal=ANALYST) == ()


def test_when_the_notebook_is_unknown_then_the_known_ones_are_named(notebooks: Path) -> None:
    with pytest.raises(NotFound, match="demo_work"):
        records.submit("../secrets", {}, principal=ANALYST)


def test_when_events_are_read_then_they_are_the_jobs_own_oldest_first_and_no_more_than_asked(notebooks: Path) -> None:
    job, _ = (records.submit("demo_work", {}, principal=ANALYST) for _ in range(2))
    records.cancel(job.id, principal=ANALYST)

    told = records.events(job.id, principal=ANALYST)

    assert [(one.job_id, one.payload["state"]) for one in told] == [(job.id, "queued"), (job.id, "cancelled")]
    assert records.events(job.id, limit=1, principal=ANALYST) == told[:1]
    assert records.events(job.id, after=told[0].id, principal=ANALYST) == told[1:]
    with pytest.raises(NotFound):
        records.events(job.id, principal=OTHER)
