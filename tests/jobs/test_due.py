"""What is due is queued once, whoever looks and however often; what was not run says why."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from core.accounts.accounts import create_account
from core.accounts.changing import change_role, disable_account
from core.jobs import records
from core.jobs.job import Job
from core.jobs.schedules import due, schedules
from core.jobs.schedules import runs as schedule_runs
from core.jobs.schedules.due import submit_due
from core.jobs.schedules.history import ScheduledTime, standings, times
from core.jobs.schedules.schedules import Order, Schedule
from core.jobs.states import change_state
from core.notifications.inbox import list_notices
from core.security.policy import LOCAL_ANALYST, Principal, Role
from core.storage.database import reading, writing
from core.storage.job_tables import schedule_times
from core.storage.tables import jobs
from tests.jobs.conftest import PARAMETERS, WORK, write_notebook

START = datetime(2026, 1, 5, 8, 30, tzinfo=UTC)
NINE = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
ORDER = Order("hourly", "0 * * * *", notebook="demo_work", time_zone="UTC")


def made(principal: Principal = LOCAL_ANALYST, **changes: Any) -> Schedule:
    return schedules.create(replace(ORDER, **changes), principal=principal, now=START)


def queued() -> list[Job]:
    """Every job, oldest logical time first."""
    found = records.list_jobs(principal=LOCAL_ANALYST)
    return sorted(found, key=lambda job: (job.logical_at or START, job.attempt))


def end(job: Job, state: str, **values: Any) -> None:
    with writing() as connection:
        assert change_state(connection, job, state, expected=("queued", "running"), **values)


def told(schedule: Schedule) -> list[tuple[datetime, str]]:
    """Every time with its state, oldest first."""
    found = times(schedule.id, principal=LOCAL_ANALYST, limit=5000)
    return [(one.logical_at, one.state) for one in reversed(found)]


def missed(schedule: Schedule) -> int:
    return standings([schedule], now=NINE + timedelta(days=1))[schedule.id].missed


def last(schedule: Schedule) -> ScheduledTime:
    return times(schedule.id, principal=LOCAL_ANALYST)[0]


def test_when_a_time_has_come_then_one_job_is_queued_that_knows_its_schedule_and_its_time(notebooks: Path) -> None:
    schedule = made(most_attempts=3, backoff_s=7.0, parameters={"times": 2})

    assert submit_due(NINE - timedelta(seconds=1)) == 0
    assert submit_due(NINE) == 1
    assert submit_due(NINE + timedelta(seconds=5)) == 0

    [job] = queued()
    assert (job.schedule_id, job.logical_at, job.most_attempts, job.backoff_s) == (schedule.id, NINE, 3, 7.0)
    assert job.parameters["times"] == 2
    assert told(schedule) == [(NINE, "submitted")]
    assert schedules.get(schedule.id, principal=LOCAL_ANALYST).next_at == NINE + HOUR


def test_when_a_notebook_declares_a_logical_date_then_it_is_told_the_time_in_the_schedules_zone(
    notebooks: Path,
) -> None:
    write_notebook(notebooks, "demo_dated", WORK, parameters=PARAMETERS + '\nlogical_date: str = ""  # what it is for')
    made(notebook="demo_dated", time_zone="Asia/Seoul")

    submit_due(NINE)

    assert queued()[0].parameters["logical_date"] == "2026-01-05T18:00:00+09:00"


@pytest.mark.parametrize("rounds", [3])
def test_when_two_dispatchers_look_at_once_then_no_time_is_queued_twice(notebooks: Path, rounds: int) -> None:
    for number in range(4):
        made(name=f"schedule {number}")
    together = threading.Barrier(3, timeout=30)

    def look() -> None:
        for number in range(rounds):
            together.wait()
            submit_due(NINE + number * HOUR)
            together.wait()
            with writing() as connection:
                connection.execute(update(jobs).values(state="succeeded"))

    with ThreadPoolExecutor(3) as dispatchers:
        for one in [dispatchers.submit(look) for _ in range(3)]:
            one.result()

    assert len(queued()) == 4 * rounds
    with reading() as connection:
        rows = connection.execute(select(func.count()).select_from(schedule_times)).scalar_one()
    assert rows == 4 * rounds


@pytest.mark.parametrize(
    ("catch_up", "run"), [("none", []), ("last", [NINE + 5 * HOUR]), ("all", [NINE + n * HOUR for n in range(6)])]
)
def test_when_the_workbench_was_down_then_missed_times_are_run_as_the_schedule_says_and_stay_visible(
    notebooks: Path, catch_up: Any, run: list[datetime]
) -> None:
    schedule = made(catch_up=catch_up)

    back = NINE + 5 * HOUR + timedelta(minutes=20)
    submit_due(back)
    while waiting := [job for job in queued() if job.state == "queued"]:
        end(waiting[0], "running")
        end(waiting[0], "succeeded")
        submit_due(back)

    assert [job.logical_at for job in queued()] == run
    assert [at for at, state in told(schedule) if state == "submitted"] == run
    assert len(told(schedule)) == 6
    assert missed(schedule) == 6 - len(run)


def test_when_a_run_on_time_follows_missed_ones_then_it_makes_up_for_the_last(notebooks: Path) -> None:
    schedule = made(catch_up="last")

    submit_due(NINE + 2 * HOUR + timedelta(seconds=30))

    assert [job.logical_at for job in queued()] == [NINE + 2 * HOUR]
    assert [state for _, state in told(schedule)] == ["missed", "missed", "submitted"]


def test_when_very_many_times_were_missed_then_the_oldest_share_one_row_that_tells_how_many(
    notebooks: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(due, "MOST_MISSED_ROWS", 10)
    schedule = made(cron="* * * * *", catch_up="none")

    submit_due(START + timedelta(minutes=100, seconds=1))

    rows = told(schedule)
    assert [state for _, state in rows].count("missed") == 11
    assert missed(schedule) == 98  # the last two are not late yet
    first = times(schedule.id, principal=LOCAL_ANALYST, limit=100)[-1]
    assert first.reason is not None
    assert first.reason["details"]["count"] == 88


def test_when_more_was_missed_than_one_look_takes_then_the_next_looks_go_on(
    notebooks: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(due, "MOST_AT_ONCE", 40)
    schedule, back = made(cron="* * * * *", catch_up="last"), START + timedelta(minutes=100, seconds=30)

    for _ in range(5):
        submit_due(back)

    assert missed(schedule) == 98
    assert queued()[0].logical_at == START + timedelta(minutes=99)
    assert (schedules.get(schedule.id, principal=LOCAL_ANALYST).next_at or back) > back


@pytest.mark.parametrize("overlap", ["skip", "queue", "replace"])
def test_when_the_run_before_goes_on_then_the_rule_decides(notebooks: Path, overlap: Any) -> None:
    schedule = made(overlap=overlap)
    submit_due(NINE)
    end(queued()[0], "running")

    submit_due(NINE + HOUR)

    first = queued()[0]
    expected = {"skip": "skipped", "queue": "waiting", "replace": "waiting"}[overlap]
    assert told(schedule) == [(NINE, "submitted"), (NINE + HOUR, expected)]
    assert bool(first.cancel_requested) is (overlap == "replace")
    end(first, "cancelled" if overlap == "replace" else "succeeded")
    submit_due(NINE + HOUR + timedelta(seconds=10))
    assert [job.logical_at for job in queued()] == [NINE] + ([] if overlap == "skip" else [NINE + HOUR])


def test_when_a_run_waits_for_its_next_attempt_then_it_still_goes_on(notebooks: Path) -> None:
    schedule = made(most_attempts=2, backoff_s=3600.0)
    submit_due(NINE)
    first = queued()[0]
    end(first, "running")
    end(first, "failed", error={"key": "jobs.cell_failed", "details": {"cell": 1, "problem": "x"}})

    submit_due(NINE + HOUR)

    assert told(schedule)[-1] == (NINE + HOUR, "skipped")
    shown = times(schedule.id, principal=LOCAL_ANALYST)[1]
    assert (shown.outcome, shown.attempt) == ("queued", 2)


def test_when_the_clock_is_set_back_then_no_time_is_run_twice_and_later_ones_come_as_they_should(
    notebooks: Path,
) -> None:
    schedule = made()
    submit_due(NINE + 5 * HOUR)  # the clock ran ahead
    end(queued()[0], "succeeded")

    for minutes in range(0, 181, 30):
        submit_due(NINE + timedelta(minutes=minutes))

    assert [job.logical_at for job in queued()] == [NINE + 5 * HOUR]
    assert [state for at, state in told(schedule) if at < NINE + 5 * HOUR] == ["missed"] * 5
    submit_due(NINE + 6 * HOUR)
    assert queued()[-1].logical_at == NINE + 6 * HOUR


@pytest.mark.parametrize("moment", [START, NINE])
def test_when_a_schedule_is_paused_or_removed_then_nothing_is_queued(notebooks: Path, moment: datetime) -> None:
    paused, removed = made(), made()
    schedules.pause(paused.id, principal=LOCAL_ANALYST, now=moment)
    schedules.remove(removed.id, principal=LOCAL_ANALYST, now=moment)

    assert submit_due(NINE + HOUR) == 0
    assert told(paused) == told(removed) == []


def test_when_a_schedule_is_resumed_then_the_times_of_the_pause_were_not_missed(notebooks: Path) -> None:
    schedule = made()
    schedules.pause(schedule.id, principal=LOCAL_ANALYST, now=START)
    schedules.resume(schedule.id, principal=LOCAL_ANALYST, now=NINE + 3 * HOUR)

    submit_due(NINE + 4 * HOUR)

    assert told(schedule) == [(NINE + 4 * HOUR, "submitted")]


def test_when_the_owner_is_disabled_then_runs_are_refused_the_schedule_stays_and_one_notice_goes_out(
    notebooks: Path,
) -> None:
    write_notebook(notebooks, "demo_told", WORK, parameters=PARAMETERS + '\nnotifications: str = ""  # who is told')
    ann = create_account("ann", "a long password of Ann", display_name="Ann", principal=LOCAL_ANALYST)
    schedule = made(ann.principal, notebook="demo_told", parameters={"notifications": "push"})
    disable_account(ann.id, principal=LOCAL_ANALYST)

    submit_due(NINE)
    submit_due(NINE + HOUR)

    assert [state for _, state in told(schedule)] == ["refused", "refused"]
    reason = last(schedule).reason
    assert reason is not None
    assert reason["key"] == "jobs.owner_disabled"
    assert queued() == []
    assert len(list_notices(ann.principal)) == 1
    assert schedules.get(schedule.id, principal=LOCAL_ANALYST).next_at == NINE + 2 * HOUR


def test_when_the_owner_lost_the_right_then_the_run_is_refused(notebooks: Path) -> None:
    ann = create_account("ann", "a long password of Ann", display_name="Ann", principal=LOCAL_ANALYST)
    schedule = made(ann.principal)
    change_role(ann.id, Role.GUEST, principal=LOCAL_ANALYST)

    submit_due(NINE)

    assert (last(schedule).reason or {})["key"] == "security.not_allowed"


def test_when_a_parameter_is_no_longer_valid_then_the_run_is_refused_until_it_is_again(notebooks: Path) -> None:
    schedule = made(parameters={"times": 2})
    write_notebook(notebooks, "demo_work", WORK, parameters=PARAMETERS.replace("times: int", "turns: int"))
    submit_due(NINE)
    assert (last(schedule).reason or {})["key"] == "jobs.unknown_parameter"

    write_notebook(notebooks, "demo_work", WORK, parameters=PARAMETERS)
    submit_due(NINE + HOUR)

    assert [state for _, state in told(schedule)] == ["refused", "submitted"]


def test_when_times_are_missed_then_one_notice_tells_how_many(notebooks: Path) -> None:
    write_notebook(notebooks, "demo_told", WORK, parameters=PARAMETERS + '\nnotifications: str = ""  # who is told')
    made(notebook="demo_told", parameters={"notifications": "push"}, catch_up="none")

    submit_due(NINE + 4 * HOUR + timedelta(minutes=30))

    [notice] = list_notices(LOCAL_ANALYST)
    assert "5" in notice.text


def test_when_one_schedule_cannot_be_read_then_the_others_are_queued_all_the_same(notebooks: Path) -> None:
    broken, sound = made(name="broken"), made(name="sound")
    with writing() as connection:
        table = schedules.schedules
        connection.execute(update(table).where(table.c.id == broken.id).values(time_zone="Mars/Olympus"))

    assert submit_due(NINE) == 1
    assert told(sound) == [(NINE, "submitted")]


def test_when_it_is_run_by_hand_then_that_is_a_time_of_its_own_in_the_name_of_the_owner(notebooks: Path) -> None:
    ann = create_account("ann", "a long password of Ann", display_name="Ann", principal=LOCAL_ANALYST)
    schedule = made(ann.principal)

    run = schedule_runs.run_now(schedule.id, principal=LOCAL_ANALYST, now=START)

    assert (run.logical_at, run.state, run.outcome) == (START, "submitted", "queued")
    assert [job.owner for job in queued()] == [ann.id]
    assert schedules.get(schedule.id, principal=ann.principal).next_at == NINE
