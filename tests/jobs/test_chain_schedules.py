"""A chain on a schedule: begun once for each time, with the owner's parameters; one run at a time."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from core.jobs.chains import chain_runs
from core.jobs.chains.records import ChainRun, get_chain_run, list_chain_runs
from core.jobs.schedules import runs as schedule_runs
from core.jobs.schedules import schedules
from core.jobs.schedules.due import submit_due
from core.jobs.schedules.history import times
from core.jobs.schedules.schedules import Order, Schedule
from core.security.policy import LOCAL_ANALYST
from core.storage.database import writing
from core.storage.job_tables import schedule_times
from tests.jobs.chain_homes import end_all, end_step, fill, jobs_of, states

START = datetime(2026, 1, 5, 8, 30, tzinfo=UTC)
NINE = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _chains(notebooks: Path) -> None:
    fill(notebooks)


def made(**changes: Any) -> Schedule:
    order = Order("hourly", "0 * * * *", chain="three", time_zone="UTC", parameters={"word": "published"}, **changes)
    return schedules.create(order, principal=LOCAL_ANALYST, now=START)


def look(now: datetime) -> None:
    """What a dispatcher does at each sweep."""
    submit_due(now)
    chain_runs.advance()


def begun() -> list[ChainRun]:
    """Every run of a chain, oldest first."""
    return sorted(list_chain_runs(principal=LOCAL_ANALYST), key=lambda run: run.logical_at or START)


def told(schedule: Schedule) -> list[tuple[datetime, str, str | None]]:
    """Every time with its state and what became of its run, oldest first."""
    found = times(schedule.id, principal=LOCAL_ANALYST)
    return [(one.logical_at, one.state, one.outcome) for one in reversed(found)]


def test_when_the_time_of_a_chain_has_come_then_it_begins_once_with_the_parameters_of_the_schedule() -> None:
    schedule = made()

    look(NINE)
    look(NINE + timedelta(seconds=5))

    [run] = begun()
    assert (run.chain, run.logical_at) == ("three", NINE)
    assert run.parameters["word"] == "published"
    assert told(schedule) == [(NINE, "submitted", "running")]
    assert end_all(run).state == "succeeded"
    assert [job.parameters.get("word") for job in jobs_of(run)] == ["done", "published", "done"]
    assert told(schedule) == [(NINE, "submitted", "succeeded")]


def test_when_the_chain_before_still_runs_then_the_next_time_is_skipped_and_the_one_after_its_end_is_not() -> None:
    schedule = made()
    look(NINE)
    [run] = begun()

    look(NINE + HOUR)
    end_all(run)
    look(NINE + 2 * HOUR)

    assert [one.logical_at for one in begun()] == [NINE, NINE + 2 * HOUR]
    assert [state for _, state, _ in told(schedule)] == ["submitted", "skipped", "submitted"]


def test_when_times_wait_for_their_turn_then_the_next_chain_begins_after_the_end_of_the_one_before() -> None:
    schedule = made(overlap="queue")
    look(NINE)
    look(NINE + HOUR)
    assert [state for _, state, _ in told(schedule)] == ["submitted", "waiting"]

    end_all(begun()[0])
    look(NINE + HOUR + timedelta(minutes=1))

    first, second = begun()
    assert (first.logical_at, second.logical_at) == (NINE, NINE + HOUR)
    assert set(states(second).values()) == {"reused"}  # nothing has changed since


def test_when_a_step_of_a_scheduled_chain_fails_then_the_time_tells_so() -> None:
    schedule = made()
    look(NINE)
    [run] = begun()

    end_step(run, "first", "failed")

    assert get_chain_run(run.id, principal=LOCAL_ANALYST).state == "failed"
    assert told(schedule) == [(NINE, "submitted", "failed")]


def test_when_a_chain_was_decided_on_and_its_start_was_interrupted_then_it_begins_once_all_the_same() -> None:
    schedule = made()
    look(NINE)
    with writing() as connection:  # as it stands between the two transactions
        connection.execute(update(schedule_times).values(state="starting", chain_run_id=None))

    looking = [threading.Thread(target=schedule_runs.start_chains) for _ in range(4)]
    for one in looking:
        one.start()
    for one in looking:
        one.join()

    [run] = begun()
    assert times(schedule.id, principal=LOCAL_ANALYST)[0].chain_run_id == run.id
    assert told(schedule) == [(NINE, "submitted", "running")]
