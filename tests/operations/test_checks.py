"""Each figure is read from the rooms' own records; an idle workbench raises nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import insert, update

from core.alerts.incidents import open_incidents
from core.alerts.rules import Rule, shipped_rules, switch
from core.errors import Unavailable
from core.jobs.running.periodic import make_round
from core.jobs.schedules import due, schedules
from core.jobs.schedules import runs as schedule_runs
from core.notifications.inbox import list_notices
from core.operations import checks, clock, figures
from core.operations.dependencies import dependencies
from core.operations.figures import FIGURES, Reading
from core.security.policy import LOCAL_ANALYST
from core.storage import knowledge_tables, operator_tables, tables
from core.storage.database import utc_now, writing

RULES: dict[str, Rule] = {one.name: one for one in shipped_rules()}


def bad(*names: str) -> set[str]:
    """Of these rules, those whose figure is over its limit now."""
    return {one.kind for one in checks.look_at([RULES[name] for name in names], FIGURES) if one.is_bad}


def add_job(state: str, *, ago: timedelta = timedelta(0), heartbeat: timedelta | None = None) -> str:
    now = utc_now()
    values = {
        "id": str(uuid4()), "owner": "local", "notebook": "n", "room": "ctr", "parameters": {}, "state": state,
        "claim": "c", "attempt": 1, "created_at": now - ago, "cancel_requested": 0, "step": "", "fraction": 0.0,
        "heartbeat_at": None if heartbeat is None else now - heartbeat,
        "finished_at": now - ago if state in ("succeeded", "failed", "lost") else None,
    }  # fmt: skip
    with writing() as connection:
        connection.execute(insert(tables.jobs).values(**values))
    return str(values["id"])


def publish(at: datetime) -> None:
    row = {"owner": "o", "room": "ctr", "slot": "champion", "run_id": "r", "path": "p", "sha256": "s", "why": "w"}
    with writing() as connection:
        connection.execute(insert(tables.champions).values(**row, findings=[], created_at=at))


def test_when_nothing_has_ever_happened_here_then_no_incident_opens(home: Path) -> None:
    for _ in range(8):
        checks._looked_at.clear()  # every rule in every round
        assert checks.run_checks() == ()

    assert open_incidents(principal=LOCAL_ANALYST) == ()
    found = list(checks.look_at(list(RULES.values())[5:], FIGURES))
    assert [one.kind for one in found if one.is_bad] == []


def test_when_a_served_model_is_old_then_that_is_told_and_sooner_where_newer_data_lie_there(home: Path) -> None:
    publish(utc_now() - timedelta(days=40))
    assert bad("champion_old", "champion_behind_data") == set()

    with writing() as connection:
        connection.execute(
            insert(tables.datasets).values(
                id="d", owner="o", name="n", room="ctr", sha256="s", path="p", bytes=1, rows=1, columns=[],
                format="csv", mapping={}, profile={}, findings=[], created_at=utc_now(),
            )
        )  # fmt: skip
    assert bad("champion_old", "champion_behind_data") == {"champion_behind_data"}

    with writing() as connection:
        connection.execute(update(tables.champions).values(created_at=utc_now() - timedelta(days=400)))
    assert bad("champion_old", "champion_behind_data") == {"champion_old", "champion_behind_data"}


def test_when_documents_changed_and_no_index_followed_then_the_index_is_stale(home: Path) -> None:
    def changed(ago: timedelta) -> None:
        with writing() as connection:
            connection.execute(knowledge_tables.knowledge_index.delete())
            row = {"id": 1, "owner": "o", "generation": 3, "updated_at": utc_now() - ago}
            connection.execute(insert(knowledge_tables.knowledge_index).values(**row))

    changed(timedelta(minutes=1))
    assert bad("index_stale") == set()
    changed(timedelta(hours=1))
    assert bad("index_stale") == {"index_stale"}


@pytest.mark.parametrize(("refused", "told"), [(9, set()), (10, set()), (11, {"chat_refusals"})])
def test_when_more_than_half_of_many_questions_find_nothing_then_that_is_told(
    home: Path, refused: int, told: set[str]
) -> None:
    states = ["not_in_documents"] * refused + ["answered"] * (20 - refused) + ["own_data"] * 50
    now = utc_now()
    rows = [
        {
            "id": str(uuid4()), "owner": "o", "conversation_id": "c", "number": number, "role": "assistant", "text": "",
            "state": "done", "answer": {"state": state}, "stop_requested": 0, "created_at": now, "updated_at": now,
            "finished_at": now,
        }
        for number, state in enumerate(states)
    ]  # fmt: skip
    with writing() as connection:
        connection.execute(insert(knowledge_tables.chat_messages), rows)

    assert bad("chat_refusals") == told


def test_when_few_were_asked_then_refusals_cannot_be_told(home: Path) -> None:
    looked_at = checks.look_at([RULES["chat_refusals"], RULES["image_refusals"]], FIGURES)

    assert [one.is_bad for one in looked_at] == [None, None]


def test_when_jobs_wait_then_the_queue_is_stuck_only_while_nothing_moves(home: Path) -> None:
    add_job("queued", ago=timedelta(minutes=20))
    assert bad("queue_stuck", "job_silent") == {"queue_stuck"}

    running = add_job("running", heartbeat=timedelta(seconds=5))
    assert bad("queue_stuck", "job_silent") == set()

    with writing() as connection:
        silent = {"heartbeat_at": utc_now() - timedelta(minutes=10)}
        connection.execute(update(tables.jobs).where(tables.jobs.c.id == running).values(**silent))
    assert bad("queue_stuck", "job_silent") == {"queue_stuck", "job_silent"}


def test_when_a_silent_job_has_ended_then_its_incident_closes(home: Path) -> None:
    job = add_job("running", heartbeat=timedelta(minutes=10))
    for _ in range(2):
        checks.run_checks()
    assert [one.details["subject"] for one in open_incidents(principal=LOCAL_ANALYST)] == [job]

    with writing() as connection:
        connection.execute(update(tables.jobs).values(state="lost"))
    for _ in range(2):
        checks.run_checks()
    assert open_incidents(principal=LOCAL_ANALYST) == ()


def test_when_most_jobs_of_a_day_failed_then_that_is_told(home: Path) -> None:
    for state in ("succeeded", "failed", "failed", "lost"):
        add_job(state)
    assert bad("jobs_failing") == set()  # too few to mean anything
    add_job("succeeded")
    assert bad("jobs_failing") == {"jobs_failing"}


def test_when_a_round_keeps_failing_then_its_last_error_is_told(home: Path) -> None:
    def fails() -> None:
        raise Unavailable("storage.database_down")

    for _ in range(3):
        make_round("core.x:y", fails, every_s=0)
    assert bad("round_failing") == {"round_failing"}
    (found,) = checks.look_at([RULES["round_failing"]], FIGURES)
    assert "database does not answer" in found.details["error"]

    make_round("core.x:y", lambda: None, every_s=0)
    assert bad("round_failing") == set()


def test_when_a_round_no_longer_begins_then_it_is_missed_by_the_clock_that_nobody_sets(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_round("core.x:y", lambda: None, every_s=600)
    now = [1000.0]
    monkeypatch.setattr(clock, "steady_s", lambda: now[0])
    assert bad("round_missed") == set()
    now[0] += 3 * 600
    assert bad("round_missed") == set()
    now[0] += 700
    assert bad("round_missed") == {"round_missed"}


@pytest.mark.parametrize("set_by", [timedelta(days=30), -timedelta(days=30)])
@pytest.mark.fault(
    "clock jump", "set while checks run",
    "no storm of incidents",
)  # fmt: skip
def test_when_the_clock_is_set_then_no_storm_of_incidents_follows(
    home: Path, monkeypatch: pytest.MonkeyPatch, set_by: timedelta
) -> None:
    add_job("queued")
    add_job("running", heartbeat=timedelta(0))
    publish(utc_now() - timedelta(days=340))
    make_round("core.x:y", lambda: None, every_s=600)
    monkeypatch.setattr(clock, "_watch", clock.Watch())
    checks.run_checks()
    real = utc_now
    for module in (checks, clock, figures):
        if hasattr(module, "utc_now"):
            monkeypatch.setattr(module, "utc_now", lambda: real() + set_by)

    for _ in range(5):
        checks._looked_at.clear()
        assert checks.run_checks() == ()
    assert open_incidents(principal=LOCAL_ANALYST) == ()


def test_when_the_clock_was_set_then_ages_from_before_stay_what_they_were() -> None:
    start = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
    watch = clock.Watch()
    watch.look(start, 0.0)
    later = start + timedelta(days=30, seconds=10)

    assert watch.look(later, 10.0) == pytest.approx(30 * 86400)
    assert watch.age_s(start - timedelta(seconds=50), later) == pytest.approx(60)
    assert watch.age_s(later - timedelta(seconds=3), later) == pytest.approx(3)
    assert watch.age_s(later + timedelta(days=1), later) == 0


def test_when_the_disk_runs_full_then_the_setting_is_the_limit_until_another_is_set(
    home: Path, settings_from, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures.disk, "free_bytes", lambda: 3_000_000_000)
    assert bad("disk_low") == set()
    settings_from(WORKBENCH_DISK_RESERVE_GB="4")
    assert bad("disk_low") == {"disk_low"}

    changed = switch("disk_low", is_on=True, limit=1, principal=LOCAL_ANALYST)
    assert [one.is_bad for one in checks.look_at([changed], FIGURES)] == [False]


def test_when_a_configured_part_does_not_answer_then_it_is_named(home: Path, settings_from) -> None:
    settings_from(MLFLOW_TRACKING_URI="http://127.0.0.1:9")

    down = {one.subject for one in checks.look_at([RULES["dependency_down"]], FIGURES) if one.is_bad}

    assert down == {"mlflow"}


def test_when_no_backup_was_ever_made_then_none_is_missed_and_an_old_one_is(home: Path) -> None:
    assert bad("backup_stale") == set()
    folder = home / "data" / "backups"
    folder.mkdir(parents=True)
    (folder / f"workbench-{utc_now() - timedelta(days=8):%Y%m%dT%H%M%S}000Z.zip").touch()
    assert bad("backup_stale") == {"backup_stale"}
    (folder / f"workbench-{utc_now() - timedelta(days=6):%Y%m%dT%H%M%S}000Z.zip").touch()
    assert bad("backup_stale") == set()


def test_when_one_figure_breaks_then_the_others_are_looked_at_and_the_log_says_which(
    home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken() -> Iterator[Reading]:
        yield Reading(1.0)
        raise ZeroDivisionError

    def away() -> Iterator[Reading]:
        raise Unavailable("storage.database_down")

    own = {"disk/free": broken, "backups/age": away, "jobs/failed_share": lambda: [Reading(0.9, details={"count": 9})]}
    found = list(checks.look_at([RULES["disk_low"], RULES["backup_stale"], RULES["jobs_failing"]], own))

    assert [(one.kind, one.is_bad) for one in found] == [("jobs_failing", True)]
    assert "figure_broken" in "".join(capfd.readouterr())


def test_when_a_rule_is_off_then_it_is_not_looked_at_and_what_was_open_closes_silently(
    home: Path, settings_from, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings_from(WORKBENCH_ALERT_CHANNELS="push", WORKBENCH_DISK_RESERVE_GB="1000000")
    for _ in range(2):
        checks._looked_at.clear()
        checks.run_checks()
    assert [one.kind for one in open_incidents(principal=LOCAL_ANALYST)] == ["disk_low"]
    assert len(list_notices(principal=LOCAL_ANALYST)) == 1

    switch("disk_low", is_on=False, principal=LOCAL_ANALYST)
    monkeypatch.setitem(FIGURES, "disk/free", lambda: pytest.fail("a rule that is off was looked at"))
    for _ in range(3):
        checks._looked_at.clear()
        checks.run_checks()

    assert open_incidents(principal=LOCAL_ANALYST) == ()
    assert len(list_notices(principal=LOCAL_ANALYST)) == 1


def test_when_a_breaker_is_open_in_another_process_then_its_dependency_is_down(home: Path, settings_from) -> None:
    settings_from(WORKBENCH_SMTP_URL="smtp://127.0.0.1:9", WORKBENCH_NOTIFY_EMAIL="a@example.org")
    now = utc_now()
    row = {
        "owner": "system", "name": "mail", "process": "host api 1", "state": "open", "failures": 5, "failed_calls": 5,
        "good_calls": 0, "last_error": "TimeoutError", "last_failure_at": now, "updated_at": now,
    }  # fmt: skip
    with writing() as connection:
        connection.execute(insert(operator_tables.dependency_states).values(**row))

    mail = next(one for one in dependencies(principal=LOCAL_ANALYST) if one.name == "mail")
    assert (mail.state, mail.last_error, mail.failed_calls) == ("down", "TimeoutError", 5)
    assert bad("dependency_down") == {"dependency_down"}


def test_when_scheduled_runs_fail_or_times_are_missed_then_that_is_told_until_one_succeeds(home: Path) -> None:
    order = schedules.Order(
        "nightly", "0 * * * *", notebook="customers_train_clusters", time_zone="UTC", catch_up="none"
    )
    made = schedules.create(order, principal=LOCAL_ANALYST, now=utc_now() - timedelta(hours=5))
    assert bad("schedule_failing", "schedule_missed") == set()

    due.submit_due()
    assert bad("schedule_failing", "schedule_missed") == {"schedule_missed"}

    for state, expected in (("failed", {"schedule_failing"}), ("succeeded", set())):
        run = schedule_runs.run_now(made.id, principal=LOCAL_ANALYST)
        with writing() as connection:
            connection.execute(update(tables.jobs).where(tables.jobs.c.id == run.job_id).values(state=state))
        assert bad("schedule_failing") == expected
