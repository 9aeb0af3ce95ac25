"""The operations page: roles, dependencies with their last error, alerts, work, disk, settings and backups."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import insert
from streamlit.testing.v1 import AppTest

from app.ui import state
from app.ui.operations import setting_words
from core.alerts import incidents, rules
from core.errors import Unavailable
from core.jobs.running.periodic import make_round
from core.jobs.schedules.schedules import Order, create
from core.operations import backup, disk
from core.operations.backup import back_up
from core.operations.figures import FIGURES
from core.operations.settings_view import settings_seen
from core.resilience import breakers, dependency_log
from core.resilience.guarded_call import guarded_call
from core.security.policy import LOCAL_ANALYST, Principal, Role
from core.storage.audit import search_entries
from core.storage.database import utc_now, writing
from core.storage.tables import jobs
from core.telemetry.request_counts import RequestCounts
from tests.ui.conftest import Opener, visible_text

TABS = ("Health", "Alerts", "Work", "Disk", "Settings", "Backups")
DEVELOPER = Principal("dev", Role.DEVELOPER, "dev")


@pytest.fixture
def open_tab(open_page: Opener) -> Callable[..., AppTest]:
    """open_tab("Disk"): that tab of the page."""

    def open_it(tab: str, language: str = "en") -> AppTest:
        app = open_page("operations", language)
        if tab != TABS[0]:
            app.session_state["operations-tabs"] = [one.label for one in app.tabs][TABS.index(tab)]
            app.run()
        assert not app.exception
        return app

    return open_it


@pytest.fixture
def seen_by(monkeypatch: pytest.MonkeyPatch) -> Callable[[Principal], None]:
    """Let the page be looked at by somebody else."""

    def look_as(principal: Principal) -> None:
        monkeypatch.setattr(state, "principal", lambda: principal)

    return look_as


def table(app: AppTest, place: int = 0) -> list[dict[str, Any]]:
    """The rows of a table as they are shown."""
    return [dict(row) for _, row in app.dataframe[place].value.iterrows()]


def open_incident(kind: str = "disk_low") -> incidents.Incident:
    details = {"value": "1.0", "limit": "2", "subject": ""}
    bad = incidents.Observation(kind, "system", None, True, "warning", 1.0, 2.0, details, in_a_row=1)
    opened, _ = incidents.settle([bad])
    return opened[0]


def break_slack() -> None:
    def fail(timeout_s: float) -> None:
        raise httpx.ConnectError("no route")

    for _ in range(6):
        with pytest.raises(Unavailable):
            guarded_call("slack", fail, failures=(httpx.HTTPError,), retries=0)
    dependency_log.flush()


@pytest.fixture
def broken_slack(home: Path, settings_from: Any) -> Iterator[None]:
    settings_from(WORKBENCH_SLACK_WEBHOOK_URL="https://hooks.example/services/x")
    breakers._breakers.clear()
    break_slack()
    yield
    breakers._breakers.clear()


@pytest.mark.parametrize("language", ["en", "ko"])
def test_when_nothing_was_done_yet_then_every_tab_draws_without_an_error(open_page: Opener, language: str) -> None:
    app = open_page("operations", language)
    for label in [one.label for one in app.tabs]:
        app.session_state["operations-tabs"] = label
        app.run()
        assert not app.exception, label
        assert not app.error, label


def test_when_a_role_may_not_make_backups_then_that_tab_is_not_there(
    open_page: Opener, seen_by: Callable[[Principal], None]
) -> None:
    seen_by(DEVELOPER)
    app = open_page("operations")
    assert not app.exception
    assert [one.label for one in app.tabs] == list(TABS[:-1])


def test_when_a_role_may_not_see_the_system_then_the_page_is_not_in_its_navigation(home: Path) -> None:
    from app.ui.navigation import OPERATIONS, visible_to

    shown = {page for pages in visible_to(Principal("ana", Role.ANALYST, "ana")).values() for page in pages}
    assert OPERATIONS not in shown


def test_when_the_database_answers_then_its_light_is_green_and_unused_parts_are_only_named(
    open_tab: Callable[..., AppTest],
) -> None:
    text = visible_text(open_tab("Health"))
    assert "Not set up, and not needed: " in text
    assert "Redis" in text.partition("Not set up")[2]
    assert ":green-badge[:material/check_circle: Answers]" in text


def test_when_a_breaker_is_open_then_its_error_age_and_next_trial_are_shown(
    broken_slack: None, open_tab: Callable[..., AppTest]
) -> None:
    text = visible_text(open_tab("Health"))
    assert "last error ConnectError, just now" in text
    assert "breaker open" in text
    assert "5 failures in a row" in text
    assert "one trial call from" in text


def test_when_the_breaker_is_closed_by_hand_then_it_is_closed_and_noted(
    broken_slack: None, open_tab: Callable[..., AppTest]
) -> None:
    app = open_tab("Health")
    app.button(key="reset-slack").click().run()
    assert not app.exception
    assert breakers.breaker("slack").state().state is breakers.State.CLOSED
    assert [one.target for one in search_entries(action="breaker.reset", principal=LOCAL_ANALYST)] == ["slack"]
    assert "Not known" in visible_text(app), "closed by hand is not the same as having answered"


def test_when_somebody_may_not_configure_then_there_is_no_button_to_reset_or_clean(
    broken_slack: None,
    open_page: Opener,
    seen_by: Callable[[Principal], None],
) -> None:
    seen_by(Principal("watcher", Role.RESEARCHER, "watcher", granted=frozenset({"system.read"})))
    app = open_page("operations")
    assert "breaker open" in visible_text(app)
    assert not [one for one in app.button if one.key == "reset-slack"]
    app.session_state["operations-tabs"] = "Disk"
    app.run()
    assert not app.exception
    assert not [one for one in app.button if one.key == "clean-plan-make"]


def test_when_an_incident_is_acknowledged_then_who_and_why_stand_beside_it(open_tab: Callable[..., AppTest]) -> None:
    incident = open_incident()
    app = open_tab("Alerts")
    assert "What to do: " in visible_text(app)

    app.text_area(key=f"note-{incident.id}").input("Buying a disk")
    app.button(key=f"take-{incident.id}").click().run()

    assert not app.exception
    assert "Buying a disk" in visible_text(app)
    assert incidents.get_incident(incident.id, principal=LOCAL_ANALYST).acknowledged_by == LOCAL_ANALYST.id
    assert not [one for one in app.button if one.key == f"take-{incident.id}"]


def test_when_every_rule_has_an_incident_then_each_has_words_in_both_languages(
    home: Path, open_tab: Callable[..., AppTest]
) -> None:
    assert {one.figure for one in rules.shipped_rules() if "ctr/" not in one.figure} <= set(FIGURES)
    titles = {one.title("ko") for one in rules.shipped_rules()}
    assert {row["rule"] for row in table(open_tab("Alerts", "ko"))} == titles


def test_when_a_limit_is_changed_then_the_rule_goes_by_it_until_it_is_set_back(
    open_tab: Callable[..., AppTest],
) -> None:
    app = open_tab("Alerts")
    [choice] = [one for one in app.selectbox if one.label == "Rule to change"]
    choice.select("jobs_failing").run()
    [limit] = [one for one in app.number_input if one.label.startswith("Limit [%]")]
    limit.set_value(20.0)
    app.button(key="rule-save").click().run()
    assert not app.exception
    assert rules.rule("jobs_failing").limit == 0.2

    app.button(key="rule-reset").click().run()
    assert rules.rule("jobs_failing").limit == rules.rule("jobs_failing").default_limit


def test_when_a_rule_is_switched_off_then_its_limit_stays(open_tab: Callable[..., AppTest]) -> None:
    app = open_tab("Alerts")
    [choice] = [one for one in app.selectbox if one.label == "Rule to change"]
    choice.select("backup_stale").run()
    app.toggle[0].set_value(False)
    app.button(key="rule-save").click().run()
    changed = rules.rule("backup_stale")
    assert not changed.is_on
    assert changed.limit == changed.default_limit


def test_when_no_channel_is_set_then_the_page_says_that_nobody_is_told(open_tab: Callable[..., AppTest]) -> None:
    assert "Alerts are shown on these pages only" in visible_text(open_tab("Alerts"))


def test_when_work_runs_and_rounds_fail_then_both_are_shown(open_tab: Callable[..., AppTest]) -> None:
    now = utc_now()
    row = {
        "id": "11111111-2222-4333-8444-555555555555", "owner": LOCAL_ANALYST.id,
        "room": "ctr", "cancel_requested": False, "notebook": "ctr_train",
        "parameters": {}, "idempotency_key": "k", "state": "running", "step": "fitting", "fraction": 0.4,
        "attempt": 1, "created_at": now - timedelta(minutes=9), "started_at": now, "heartbeat_at": now,
    }  # fmt: skip
    with writing() as connection:
        connection.execute(insert(jobs).values(**row))

    def fail() -> None:
        raise Unavailable("storage.not_migrated")

    make_round("core.operations.checks:run_checks", fail, every_s=10)

    app = open_tab("Work")
    assert "Train click models" in visible_text(app)
    assert "sign of life" in visible_text(app)
    [made] = table(app)
    assert made["round"] == "Checks for alerts"
    assert made["failures"] == 1
    assert "failing" in made["state"]


def test_when_somebody_has_a_schedule_then_it_stands_there_with_its_next_time(open_tab: Callable[..., AppTest]) -> None:
    assert "Nothing is scheduled yet" in visible_text(open_tab("Work"))
    order = Order("Monday's training", "0 9 * * 1", notebook="ctr_train", time_zone="Asia/Seoul")
    create(order, principal=LOCAL_ANALYST)

    [row] = table(open_tab("Work"))

    assert (row["schedule"], row["what"], row["last"]) == ("Monday's training", "Train click models", "Not yet run")
    assert "Asia/Seoul" in row["next"]
    assert row["missed"] == 0


def test_when_the_api_answered_then_rate_and_durations_are_drawn(open_tab: Callable[..., AppTest]) -> None:
    counts = RequestCounts()
    counts.noted = [(200, 0.01)] * 119 + [(500, 0.01)]
    counts.flush()
    app = open_tab("Work")
    tiles = {one.label: one for one in app.metric}
    assert tiles["API requests (1 h)"].value == "120"
    assert tiles["API requests (1 h)"].delta == "2.0 a minute"
    assert len(app.get("plotly_chart")) == 2


def abandoned_file(home: Path, name: str = "left.bin") -> Path:
    """What a process left that died two days ago."""
    file = home / "data" / "incoming" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"x" * 5000)
    long_ago = time.time() - 2 * 86_400
    os.utime(file, (long_ago, long_ago))
    disk.forget()
    return file


def test_when_a_plan_is_made_then_nothing_goes_until_it_is_agreed_to(
    home: Path, open_tab: Callable[..., AppTest]
) -> None:
    file = abandoned_file(home)
    app = open_tab("Disk")
    app.button(key="clean-plan-make").click().run()
    assert file.exists()
    [item] = table(app, -1)
    assert item["path"] == "data/incoming/left.bin"
    assert item["size"] == "5 kB"
    assert item["why"]

    app.button(key="clean-do").click().run()
    assert not app.exception
    assert not file.exists()
    assert "1 items are gone, 5 kB are free again" in visible_text(app)


def test_when_a_file_changed_since_the_plan_then_it_stays_and_the_page_says_so(
    home: Path, open_tab: Callable[..., AppTest]
) -> None:
    file = abandoned_file(home)
    app = open_tab("Disk")
    app.button(key="clean-plan-make").click().run()
    os.utime(file)
    app.button(key="clean-do").click().run()
    assert file.exists()
    assert "left.bin" in app.warning[0].value


def test_when_a_secret_is_set_then_its_value_is_masked_and_its_origin_told(
    settings_from: Any, open_tab: Callable[..., AppTest]
) -> None:
    settings_from(WORKBENCH_OPENAI_API_KEY="sk-very-secret-1234")
    app = open_tab("Settings")
    rows = {row["name"]: row for row in table(app)}
    assert rows["WORKBENCH_OPENAI_API_KEY"]["value"] == "***"
    assert rows["WORKBENCH_OPENAI_API_KEY"]["origin"] == "environment, WORKBENCH_OPENAI_API_KEY"
    assert "sk-very-secret" not in str(rows)


def test_when_only_what_was_set_is_asked_for_then_defaults_are_left_out(open_tab: Callable[..., AppTest]) -> None:
    app = open_tab("Settings")
    assert {row["origin"] for row in table(app)} > {"default"}
    app.toggle[0].set_value(True).run()
    assert "default" not in {row["origin"] for row in table(app)}


def test_when_there_is_a_setting_then_it_is_explained_in_korean_too(home: Path) -> None:
    every = settings_seen(principal=LOCAL_ANALYST)
    assert set(setting_words.korean_meanings()) == {one.name for one in every}
    for one in every:
        assert ("[" in one.description) == ("[" in setting_words.korean_meanings()[one.name]), one.name


def test_when_a_backup_is_asked_for_then_the_page_follows_it_and_then_lists_it(
    open_tab: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    import threading

    may_go_on, begun = threading.Event(), threading.Event()
    filled = backup._filled

    def slowly(*given: Any) -> Any:
        begun.set()
        assert may_go_on.wait(30)
        return filled(*given)

    monkeypatch.setattr(backup, "_filled", slowly)
    open_incident()
    app = open_tab("Backups")
    assert "No backup yet" in visible_text(app)
    app.button(key="back-up").click().run()
    assert begun.wait(30)
    app.run()
    assert not app.exception
    assert not [one for one in app.button if one.key == "back-up"], "a second one would be refused"

    may_go_on.set()
    assert app.session_state["kept:backup-work"].finished.wait(30)
    app.run()
    assert not app.exception
    [made] = table(app)
    assert made["state"] == "complete"
    assert made["rows"] > 0
    assert "The backup is made" in visible_text(app)
    assert app.code[0].value.startswith("workbench restore ")
    assert app.code[0].value.endswith(made["name"])


def test_when_a_backup_cannot_be_read_then_it_is_listed_with_the_reason(
    home: Path, open_tab: Callable[..., AppTest]
) -> None:
    made = back_up(principal=LOCAL_ANALYST)
    made.path.with_name("workbench-20200101T000000000Z.zip").write_bytes(b"not a backup")
    rows = table(open_tab("Backups"))
    assert rows[0]["state"] == "complete"
    assert rows[1]["state"] not in ("complete", "–")


def test_when_a_killed_backup_left_its_file_then_nothing_is_said_to_be_running(home: Path) -> None:
    folder = backup.backup_folder()
    folder.mkdir(parents=True)
    (folder / ".unfinished-1").write_bytes(b"half")
    assert backup.being_written() is None
    with backup._alone_in(folder):
        (folder / ".unfinished-2").write_bytes(b"whole")
        assert backup.being_written() == 5


def test_when_a_time_is_long_then_it_is_told_in_hours(home: Path) -> None:
    from app.ui import formats

    assert formats.duration(86_400) == "24 h 0 min"
    assert formats.size(2_500_000_000) == "2.5 GB"
