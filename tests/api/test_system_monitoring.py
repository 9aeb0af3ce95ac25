"""Health, figures, incidents, rules, dependencies and breakers over HTTP (contract fragrance 1.2, F16, F17)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, insert

from core.resilience import breakers, dependency_log
from core.security.policy import LOCAL_ANALYST, Role
from core.storage.database import utc_now, writing
from core.storage.operator_tables import dependency_states
from core.storage.tables import alerts, request_windows
from core.telemetry.measures import MOST_WINDOWS
from tests.api.desk import Desk, desk

__all__ = ["desk"]

PUBLIC = ("/monitoring/health", "/monitoring/health/liveness", "/monitoring/health/readiness")
SEEN = (
    *("/monitoring/health/detailed", "/monitoring/metrics", "/monitoring/metrics/summary", "/monitoring/status"),
    *("/api/v2/monitoring", "/api/v2/monitoring/alerts", "/api/v2/performance", "/api/v2/error-statistics"),
    *("/api/monitoring/alerts", "/api/monitoring/rules", "/api/monitoring/dependencies", "/api/monitoring/metrics"),
    "/api/v1/circuit-breaker/status",
)


@pytest.mark.parametrize("path", SEEN)
def test_when_somebody_may_not_see_the_system_then_the_route_is_closed(desk: Desk, path: str) -> None:
    statuses = [desk.asks("GET", path, who=who).status_code for who in (None, Role.ANALYST, Role.DEVELOPER)]

    assert statuses == [401, 403, 200]


@pytest.mark.parametrize("path", PUBLIC)
def test_when_an_orchestrator_asks_then_it_needs_no_token(desk: Desk, path: str) -> None:
    assert desk.asks("GET", path, who=None).status_code == 200


def test_when_a_part_is_missing_then_readiness_is_503_and_health_200(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk.client.app.state.preloading, "is_pending", True)  # type: ignore[attr-defined]

    ready = desk.asks("GET", "/monitoring/health/readiness", who=None)

    assert (ready.status_code, ready.json()["ready"], ready.json()["checks"]["database"]) == (503, False, "loading")
    assert desk.answer("GET", "/monitoring/health", who=None)["status"] == "degraded"


def test_when_metrics_are_read_then_they_are_text_for_prometheus_and_are_not_reset(desk: Desk) -> None:
    text = desk.asks("GET", "/monitoring/metrics")
    reset = desk.asks("POST", "/monitoring/metrics/reset")

    assert text.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert "# TYPE scrape_source_up gauge" in text.text
    assert (reset.status_code, reset.json()["code"]) == (409, "ADMINISTRATION_METRICS_STAY")
    assert desk.asks("POST", "/monitoring/metrics/reset", who=Role.RESEARCHER).status_code == 403


def test_when_nothing_was_asked_then_rates_are_null(desk: Desk) -> None:
    figures = desk.answer("GET", "/api/monitoring/metrics?hours=1")
    errors = desk.answer("GET", "/api/v2/error-statistics")

    assert (figures["requests"]["total"], figures["requests"]["error_rate"]) == (0, None)
    assert (errors["errors"], errors["error_rate"], errors["by_hour"]) == (0, None, [])


@pytest.fixture
def busy(desk: Desk) -> Iterator[None]:
    """More windows than are shown one by one, within three hours; the oldest holds the only fault."""
    began = utc_now() - timedelta(hours=2)
    times = {"p50_ms": 1.0, "p95_ms": 2.0, "max_ms": 3.0, "durations": {"40": 1}}
    rows = [
        {"owner": "system", "worker": "w", "started_at": began + timedelta(seconds=3 * number), "seconds": 3.0,
         "requests": 1, "errors": int(number == 0), **times}
        for number in range(MOST_WINDOWS + 10)
    ]  # fmt: skip
    with writing() as connection:
        connection.execute(insert(request_windows), rows)
    yield
    with writing() as connection:
        connection.execute(delete(request_windows))


def test_when_there_are_more_windows_than_are_shown_then_the_hours_still_hold_every_request(
    desk: Desk, busy: None
) -> None:
    told = desk.answer("GET", "/api/v2/error-statistics")

    assert (told["requests"], told["errors"]) == (MOST_WINDOWS + 10, 1)
    assert sum(one["requests"] for one in told["by_hour"]) == told["requests"]
    assert sum(one["errors"] for one in told["by_hour"]) == 1
    assert len(desk.answer("GET", "/api/v2/performance?hours=3")["windows"]) == MOST_WINDOWS


@pytest.fixture
def incident(desk: Desk) -> Iterator[int]:
    """An open incident of the API's response time."""
    now = utc_now()
    details = {"p95_ms": "640", "limit_ms": "500", "requests": 40, "minutes": 5}
    with writing() as connection:
        row = insert(alerts).values(
            owner="system", kind="response_time", severity="warning", active_key="system:response_time:", streak=0,
            opened_at=now - timedelta(minutes=3), last_seen_at=now, value=640.0, limit=500.0, details=details,
        )  # fmt: skip
        key = connection.execute(row).inserted_primary_key
    assert key is not None
    yield int(key[0])
    with writing() as connection:
        connection.execute(delete(alerts))


def test_when_an_incident_is_open_then_it_is_listed_and_the_first_acknowledgement_stays(
    desk: Desk, incident: int
) -> None:
    path = f"/api/monitoring/alerts/{incident}/acknowledge"
    (listed,) = desk.answer("GET", "/api/monitoring/alerts")["alerts"]
    first = desk.answer("POST", path, who=Role.DEVELOPER, json={"note": "looking"})
    again = desk.answer("POST", path, json={"note": "me too"})

    assert (listed["id"], listed["rule"], listed["status"]) == (incident, "response_time", "open")
    assert "640" in listed["message"] and listed["advice"]
    assert (first["acknowledged"], first["note"]) == (True, "looking")
    assert (again["note"], again["acknowledged_by"]) == ("looking", desk.people[Role.DEVELOPER].id)
    assert desk.answer("GET", "/api/v2/monitoring/alerts")["open"] == 1
    assert desk.answer("GET", "/api/monitoring/alerts?severity=critical")["total"] == 0
    assert desk.asks("POST", "/api/monitoring/alerts/99999/acknowledge").status_code == 404
    assert desk.asks("POST", f"/api/monitoring/alerts/{10**30}/acknowledge").status_code == 422


def test_when_one_severity_is_asked_for_then_those_of_another_do_not_take_its_places(desk: Desk, incident: int) -> None:
    now = utc_now()
    with writing() as connection:
        connection.execute(
            insert(alerts).values(
                owner="system", kind="response_time", severity="critical", active_key=None, streak=0,
                opened_at=now - timedelta(hours=3), closed_at=now - timedelta(hours=2), last_seen_at=now,
                value=900.0, limit=500.0, details={"p95_ms": "900", "limit_ms": "500", "requests": 40, "minutes": 5},
            )
        )  # fmt: skip

    told = desk.answer("GET", "/api/monitoring/alerts?status=all&severity=critical&limit=1")

    assert [one["severity"] for one in told["alerts"]] == ["critical"]


def test_when_a_note_holds_half_a_character_then_it_is_kept_without_it(desk: Desk, incident: int) -> None:
    path = f"/api/monitoring/alerts/{incident}/acknowledge"
    answer = desk.asks("POST", path, content=b'{"note": "a\\ud800b"}', headers={"Content-Type": "application/json"})

    assert (answer.status_code, answer.json()["note"]) == (200, "a?b")


def test_when_a_rule_is_switched_off_then_it_says_who_did_and_comes_back(desk: Desk) -> None:
    path = "/api/monitoring/rules/disk_low/toggle"
    off = desk.answer("POST", f"{path}?enabled=false", who=Role.DEVELOPER)
    listed = {one["name"]: one for one in desk.answer("GET", "/api/monitoring/rules")["rules"]}
    on = desk.answer("POST", path, who=Role.DEVELOPER)

    assert (off["enabled"], listed["disk_low"]["enabled"], on["enabled"]) == (False, False, True)
    assert off["changed_by"] == desk.people[Role.DEVELOPER].id
    assert all(one["title"] and one["meaning"] for one in listed.values())
    assert desk.asks("POST", path, who=Role.RESEARCHER).status_code == 403
    assert desk.asks("POST", "/api/monitoring/rules/none/toggle?enabled=true").status_code == 404


@pytest.fixture
def failing(desk: Desk) -> Iterator[str]:
    """A dependency whose breaker opened in this process, beside another process that saw it fail earlier."""
    name = "ollama"
    breaker = breakers.Breaker(name, fail_max=2, reset_s=60, success_threshold=1)
    breakers._breakers[name] = breaker
    for _ in range(2):
        with breaker.attempt() as attempt:
            attempt.failed(ConnectionError("http://user:hunter2@host"))
    values: dict[str, Any] = {"state": "closed", "failures": 1, "failed_calls": 7, "good_calls": 12}
    with writing() as connection:
        connection.execute(
            insert(dependency_states).values(
                owner="system", name=name, process="other/jobs/1", last_error="ReadTimeout",
                last_failure_at=utc_now() - timedelta(minutes=9), updated_at=utc_now(), **values,
            )
        )  # fmt: skip
    yield name
    breakers._breakers.clear()
    dependency_log.forget()
    with writing() as connection:
        connection.execute(delete(dependency_states))


def test_when_a_breaker_is_open_then_its_status_counts_all_processes_and_hides_addresses(
    desk: Desk, failing: str
) -> None:
    told = desk.answer("GET", "/api/v1/circuit-breaker/status")
    service = told["services"][failing]

    assert (told["status"], told["open"]) == ("degraded", [failing])
    assert (service["state"], service["failure_count"], service["success_count"]) == ("open", 2, 12)
    assert (service["failed_calls"], service["processes"], service["last_error"]) == (9, 2, "ConnectionError")
    assert service["last_failure"].endswith("Z")
    assert "hunter2" not in str(told)


def test_when_a_breaker_is_reset_then_calls_pass_again(desk: Desk, failing: str) -> None:
    refused = desk.asks("POST", f"/api/v1/circuit-breaker/{failing}/reset", who=Role.RESEARCHER)
    told = desk.answer("POST", f"/api/v1/circuit-breaker/{failing}/reset", who=Role.DEVELOPER)

    assert (refused.status_code, told["open"]) == (403, [])
    assert breakers._breakers[failing].state().state is breakers.State.CLOSED
    assert desk.asks("POST", "/api/v1/circuit-breaker/none/reset").status_code == 404


def test_when_dependencies_are_listed_then_each_tells_whether_it_is_needed_here(desk: Desk, failing: str) -> None:
    told = {one["name"]: one for one in desk.answer("GET", "/api/monitoring/dependencies")["dependencies"]}

    assert (told["database"]["state"], told["database"]["is_outside"]) == ("up", False)
    assert told["redis"]["state"] == "not_configured"
    assert told[failing]["last_error"] == "ConnectionError"


def test_when_aptitude_rules_are_switched_then_both_lists_agree(desk: Desk) -> None:
    from app.api.routes import preferences_monitoring
    from core.alerts.rules import rule

    told = preferences_monitoring.toggle_rule("slow_processing", False, LOCAL_ANALYST)
    listed = {one["name"]: one["enabled"] for one in preferences_monitoring.get_rules(LOCAL_ANALYST)["rules"]}

    assert (told["enabled"], rule("slow_processing").is_on) == (False, False)
    assert listed == {**dict.fromkeys(listed, True), "slow_processing": False}
    preferences_monitoring.toggle_rule("slow_processing", True, LOCAL_ANALYST)
