"""An operator sees the queue, the rounds and the settings as they are, without a secret."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from core.errors import NotAllowed, Unavailable
from core.jobs.running.periodic import make_round
from core.jobs.schedules.schedules import Order, create, pause
from core.operations import settings_view, work
from core.operations.dependencies import dependencies
from core.operations.settings_view import settings_seen
from core.security.policy import LOCAL_ANALYST, Principal, Role
from core.storage.database import utc_now, writing
from core.storage.operator_tables import periodic_rounds
from tests.operations.test_checks import add_job


def test_when_jobs_wait_run_and_ended_then_the_queue_tells_each(home: Path) -> None:
    add_job("queued", ago=timedelta(minutes=3))
    add_job("queued", ago=timedelta(minutes=5))
    running = add_job("running", heartbeat=timedelta(seconds=40))
    for state in ("succeeded", "failed", "lost"):
        add_job(state)
    add_job("failed", ago=timedelta(days=2))

    found = work.queue(principal=LOCAL_ANALYST)

    assert found.by_state == {"queued": 2, "running": 1, "succeeded": 1, "failed": 2, "lost": 1}
    assert found.oldest_wait_s == pytest.approx(300, abs=30)
    assert [(one.id, round(one.heartbeat_age_s or 0, -1)) for one in found.running] == [(running, 40)]
    assert (found.ended_lately, found.failed_lately) == (3, 2)


def test_when_people_have_schedules_then_an_operator_sees_all_of_them_and_which_nobody_has_taken(home: Path) -> None:
    somebody = Principal("22222222-2222-4222-8222-222222222222", Role.ANALYST, "somebody")
    now = utc_now()
    order = Order("hourly", "0 * * * *", notebook="customers_train_clusters", time_zone="UTC")
    late = create(replace(order, name="late"), principal=LOCAL_ANALYST, now=now - timedelta(hours=3))
    later = create(order, principal=somebody, now=now)
    paused = create(replace(order, name="paused"), principal=LOCAL_ANALYST, now=now)
    pause(paused.id, principal=LOCAL_ANALYST)

    found = work.timetable(principal=LOCAL_ANALYST)

    assert [(one.schedule.id, one.is_late) for one in found] == [(late.id, True), (later.id, False), (paused.id, False)]
    assert found[0].standing.last is None
    with pytest.raises(NotAllowed):
        work.timetable(principal=somebody)


def test_when_rounds_were_made_then_their_last_result_is_told(home: Path) -> None:
    def fails() -> None:
        raise Unavailable("storage.database_down")

    make_round("a:good", lambda: None, every_s=600)
    make_round("b:bad", fails, every_s=600)
    make_round("c:late", lambda: None, every_s=10)
    make_round("d:running", lambda: None, every_s=600)
    with writing() as connection:
        rounds = periodic_rounds.c
        late = {"started_at": utc_now() - timedelta(minutes=5)}
        connection.execute(update(periodic_rounds).where(rounds.name == "c:late").values(**late))
        connection.execute(update(periodic_rounds).where(rounds.name == "d:running").values(ended_at=None))

    found = {one.name: (one.state, one.failures) for one in work.rounds(principal=LOCAL_ANALYST)}

    assert found == {
        "a:good": ("waiting", 0),
        "b:bad": ("failing", 1),
        "c:late": ("late", 0),
        "d:running": ("running", 0),
    }


def test_when_settings_are_shown_then_no_secret_is_and_changed_ones_say_where_from(home: Path, settings_from) -> None:
    settings_from(
        WORKBENCH_SMTP_URL="smtp://me:hidden-word@host:587", WORKBENCH_DATABASE_URL="postgresql://me:hidden-word@db/x",
        WORKBENCH_METRICS_TOKEN="hidden-word", WORKBENCH_KEEP_BACKUPS="3",
    )  # fmt: skip
    seen = {one.name: one for one in settings_seen(principal=LOCAL_ANALYST)}

    assert "hidden-word" not in str(seen)
    kept = seen["WORKBENCH_KEEP_BACKUPS"]
    assert (kept.value, kept.default, kept.is_default, kept.group) == ("3", "7", False, "operating")
    assert kept.origin == "environment (WORKBENCH_KEEP_BACKUPS)"
    assert seen["WORKBENCH_METRICS_TOKEN"].is_secret
    assert seen["WORKBENCH_DATABASE_URL"].value == "postgresql://***@db/x"
    assert seen["WORKBENCH_JOBS_PARALLEL"].is_default


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("http://u:p@host/a", "http://***@host/a"),
        ("http://host/a?api_key=word&x=1", "http://host/a?api_key=***&x=1"),
        (["a", "redis://:p@h"], "a,redis://***@h"),
        (None, ""),
    ],
)
def test_when_a_value_holds_a_secret_then_only_that_is_masked(value: object, shown: str) -> None:
    assert settings_view.shown(value) == shown


def test_when_nothing_outside_is_configured_then_every_part_says_so(home: Path) -> None:
    found = {one.name: one for one in dependencies(principal=LOCAL_ANALYST)}

    assert found["database"].state == "up"
    assert {one.state for one in found.values() if one.is_outside} == {"not_configured"}
    assert all(one.message for one in found.values() if not one.is_configured)


@pytest.mark.parametrize("look", [work.queue, work.rounds, settings_seen, dependencies])
def test_when_an_analyst_looks_then_it_is_refused(home: Path, look) -> None:
    with pytest.raises(NotAllowed):
        look(principal=Principal("a", Role.ANALYST))
