"""The operations page: who sees which tab, parts with their last error, incidents and the rules behind them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from streamlit.testing.v1 import AppTest

from core.alerts import incidents, rules
from core.errors import Unavailable
from core.operations.figures import FIGURES
from core.resilience import breakers, dependency_log
from core.resilience.guarded_call import guarded_call
from core.security.policy import LOCAL_ANALYST, Principal, Role
from core.storage.audit import search_entries
from tests.ui.conftest import Opener, visible_text
from tests.ui.operations_tabs import TABS, open_incident, table

DEVELOPER = Principal("dev", Role.DEVELOPER, "dev")


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
    operations_tab: Callable[..., AppTest],
) -> None:
    text = visible_text(operations_tab("Health"))
    assert "Not set up, and not needed: " in text
    assert "Redis" in text.partition("Not set up")[2]
    assert ":green-badge[:material/check_circle: Answers]" in text


def test_when_a_breaker_is_open_then_its_error_age_and_next_trial_are_shown(
    broken_slack: None, operations_tab: Callable[..., AppTest]
) -> None:
    text = visible_text(operations_tab("Health"))
    assert "last error ConnectError, just now" in text
    assert "breaker open" in text
    assert "5 failures in a row" in text
    assert "one trial call from" in text


def test_when_the_breaker_is_closed_by_hand_then_it_is_closed_and_noted(
    broken_slack: None, operations_tab: Callable[..., AppTest]
) -> None:
    app = operations_tab("Health")
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


def test_when_an_incident_is_acknowledged_then_who_and_why_stand_beside_it(
    operations_tab: Callable[..., AppTest],
) -> None:
    incident = open_incident()
    app = operations_tab("Alerts")
    assert "What to do: " in visible_text(app)

    app.text_area(key=f"note-{incident.id}").input("Buying a disk")
    app.button(key=f"take-{incident.id}").click().run()

    assert not app.exception
    assert "Buying a disk" in visible_text(app)
    assert incidents.get_incident(incident.id, principal=LOCAL_ANALYST).acknowledged_by == LOCAL_ANALYST.id
    assert not [one for one in app.button if one.key == f"take-{incident.id}"]


def test_when_every_rule_has_an_incident_then_each_has_words_in_both_languages(
    home: Path, operations_tab: Callable[..., AppTest]
) -> None:
    assert {one.figure for one in rules.shipped_rules() if "ctr/" not in one.figure} <= set(FIGURES)
    titles = {one.title("ko") for one in rules.shipped_rules()}
    assert {row["rule"] for row in table(operations_tab("Alerts", "ko"))} == titles


def test_when_a_limit_is_changed_then_the_rule_goes_by_it_until_it_is_set_back(
    operations_tab: Callable[..., AppTest],
) -> None:
    app = operations_tab("Alerts")
    [choice] = [one for one in app.selectbox if one.label == "Rule to change"]
    choice.select("jobs_failing").run()
    [limit] = [one for one in app.number_input if one.label.startswith("Limit [%]")]
    limit.set_value(20.0)
    app.button(key="rule-save").click().run()
    assert not app.exception
    assert rules.rule("jobs_failing").limit == 0.2

    app.button(key="rule-reset").click().run()
    assert rules.rule("jobs_failing").limit == rules.rule("jobs_failing").default_limit


def test_when_a_rule_is_switched_off_then_its_limit_stays(operations_tab: Callable[..., AppTest]) -> None:
    app = operations_tab("Alerts")
    [choice] = [one for one in app.selectbox if one.label == "Rule to change"]
    choice.select("backup_stale").run()
    app.toggle[0].set_value(False)
    app.button(key="rule-save").click().run()
    changed = rules.rule("backup_stale")
    assert not changed.is_on
    assert changed.limit == changed.default_limit


def test_when_no_channel_is_set_then_the_page_says_that_nobody_is_told(operations_tab: Callable[..., AppTest]) -> None:
    assert "Alerts are shown on these pages only" in visible_text(operations_tab("Alerts"))
