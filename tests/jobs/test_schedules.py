"""Schedules as they are made, changed, paused, removed and brought back; whose they are and what they refuse."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from core.errors import BadInput, NotAllowed, NotFound
from core.jobs.schedules import schedules
from core.jobs.schedules.schedules import Order
from core.security.policy import LOCAL_ANALYST, Principal, Role
from core.storage.audit import search_entries
from tests.jobs.conftest import WORK, write_notebook

ANN, BEN = Principal("ann", Role.ANALYST, "Ann"), Principal("ben", Role.ANALYST, "Ben")
MONDAY = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
ORDER = Order("nightly", "0 9 * * *", notebook="demo_work", time_zone="Asia/Seoul", parameters={"times": 2})


def test_when_a_schedule_is_made_then_it_is_due_at_its_first_time_in_its_zone(notebooks: Path) -> None:
    made = schedules.create(ORDER, principal=ANN, now=MONDAY)

    assert (made.owner, made.next_at) == ("ann", datetime(2026, 1, 6, 0, 0, tzinfo=UTC))
    assert schedules.list_schedules(principal=ANN) == (made,)


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"name": " "}, "schedules.bad_name"),
        ({"cron": "61 * * * *"}, "schedules.bad_minute"),
        ({"time_zone": "Mars"}, "schedules.unknown_zone"),
        ({"chain": "ctr_weekly"}, "schedules.notebook_or_chain"),
        ({"notebook": None}, "schedules.notebook_or_chain"),
        ({"notebook": "nothing"}, "jobs.no_such_notebook"),
        ({"parameters": {"times": 0}}, "jobs.out_of_range"),
        ({"parameters": {"thymes": 1}}, "jobs.unknown_parameter"),
        ({"catch_up": "some"}, "schedules.bad_catch_up"),
        ({"overlap": "wait"}, "schedules.bad_overlap"),
        ({"most_attempts": 0}, "schedules.bad_attempts"),
        ({"backoff_s": -1.0}, "schedules.bad_backoff"),
        ({"backoff_s": float("nan")}, "schedules.bad_backoff"),
    ],
)
def test_when_an_order_is_wrong_then_one_sentence_says_what_and_nothing_is_stored(
    notebooks: Path, changes: dict[str, Any], key: str
) -> None:
    with pytest.raises((BadInput, NotFound)) as refused:
        schedules.create(replace(ORDER, **changes), principal=ANN)

    assert refused.value.key == key
    assert schedules.list_schedules(principal=ANN) == ()


def test_when_somebody_may_not_run_the_notebook_then_it_cannot_be_scheduled_either(notebooks: Path) -> None:
    write_notebook(notebooks, "demo_secret", WORK, permission="system.configure")
    for who, notebook in ((ANN, "demo_secret"), (Principal("guest", Role.GUEST), "demo_work")):
        with pytest.raises(NotAllowed):
            schedules.create(replace(ORDER, notebook=notebook), principal=who)


def test_when_a_schedule_is_somebody_elses_then_it_is_not_there_but_for_an_administrator(notebooks: Path) -> None:
    made = schedules.create(ORDER, principal=ANN, now=MONDAY)

    for act in (schedules.get, schedules.pause, schedules.remove, schedules.restore):
        with pytest.raises(NotFound):
            act(made.id, principal=BEN)
    with pytest.raises(NotFound):
        schedules.change(made.id, ORDER, principal=BEN)
    assert schedules.list_schedules(principal=BEN) == ()
    changed = schedules.change(made.id, replace(ORDER, name="changed"), principal=LOCAL_ANALYST, now=MONDAY)
    assert (changed.owner, changed.name) == ("ann", "changed")


def test_when_a_schedule_is_paused_then_it_says_by_whom_and_goes_on_from_the_moment_it_is_resumed(
    notebooks: Path,
) -> None:
    made = schedules.create(ORDER, principal=ANN, now=MONDAY)

    paused = schedules.pause(made.id, principal=LOCAL_ANALYST, now=MONDAY)
    assert (paused.paused_at, paused.paused_by, paused.next_at) == (MONDAY, "local", None)
    resumed = schedules.resume(made.id, principal=ANN, now=datetime(2026, 1, 8, 8, tzinfo=UTC))
    assert (resumed.paused_at, resumed.paused_by) == (None, None)
    assert resumed.next_at == datetime(2026, 1, 9, 0, 0, tzinfo=UTC)


def test_when_a_paused_one_is_changed_then_it_stays_paused(notebooks: Path) -> None:
    made = schedules.create(ORDER, principal=ANN, now=MONDAY)
    schedules.pause(made.id, principal=ANN)

    changed = schedules.change(made.id, replace(ORDER, cron="@hourly"), principal=ANN)

    assert changed.paused_at is not None
    assert changed.next_at is None


def test_when_a_schedule_is_removed_then_it_can_be_brought_back_and_nothing_else(notebooks: Path) -> None:
    made = schedules.create(ORDER, principal=ANN, now=MONDAY)

    schedules.remove(made.id, principal=ANN)
    assert schedules.list_schedules(principal=ANN) == ()
    with pytest.raises(NotFound):
        schedules.resume(made.id, principal=ANN)
    restored = schedules.restore(made.id, principal=ANN, now=MONDAY)
    assert (restored.removed_at, restored.next_at) == (None, made.next_at)


def test_when_a_schedule_is_changed_then_the_audit_log_tells_each_step(notebooks: Path) -> None:
    made = schedules.create(ORDER, principal=ANN, now=MONDAY)
    schedules.change(made.id, ORDER, principal=ANN)
    schedules.pause(made.id, principal=ANN)
    schedules.resume(made.id, principal=ANN)
    schedules.remove(made.id, principal=ANN)
    schedules.restore(made.id, principal=ANN)

    told = search_entries(principal=LOCAL_ANALYST, action="schedule")
    assert [one.action.partition(".")[2] for one in reversed(told)] == [
        "created", "changed", "paused", "resumed", "removed", "restored",
    ]  # fmt: skip
    assert told[0].details["runs"] == "demo_work"
