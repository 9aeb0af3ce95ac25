"""While the workbench is being worked on, everything but probes, signing in and administration answers 503."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from core.operations import maintenance
from core.security.policy import Role
from core.settings.current import get_settings
from core.storage.audit import search_entries
from tests.api.accounts import PASSWORD
from tests.api.conftest import make_client
from tests.api.desk import Desk, desk

__all__ = ["desk"]

MODE = "/api/v1/admin/maintenance/mode"


@pytest.fixture
def closed(desk: Desk) -> Iterator[Desk]:
    desk.answer("POST", f"{MODE}?enabled=true&reason=disk", who=Role.DEVELOPER)
    yield desk
    desk.answer("POST", f"{MODE}?enabled=false", who=Role.DEVELOPER)


@pytest.mark.parametrize("path", ["/api/jobs", "/api/datasets", "/nothing"])
def test_when_maintenance_is_on_then_ordinary_routes_say_when_to_come_back(closed: Desk, path: str) -> None:
    answer = closed.asks("GET", path)
    told = answer.json()

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert told["code"] == "ADMINISTRATION_IN_MAINTENANCE"
    assert told["message"] == told["detail"] == told["response"]
    assert answer.headers["X-Request-ID"] == told["request_id"]


@pytest.mark.parametrize("path", ["/health", "/healthz", "/livez", "/readyz", "/monitoring/health", "/api/auth/health"])
def test_when_maintenance_is_on_then_probes_answer(closed: Desk, path: str) -> None:
    assert closed.asks("GET", path, who=None).status_code == 200


def test_when_maintenance_is_on_then_people_sign_in_and_administrators_see_why(closed: Desk) -> None:
    signed_in = closed.asks("POST", "/api/auth/login", who=None, json={"username": "mina", "password": PASSWORD})
    status = closed.answer("GET", "/api/v1/admin/system/status")

    assert signed_in.status_code == 200
    assert (status["maintenance"]["enabled"], status["maintenance"]["reason"]) == (True, "disk")
    assert closed.asks("GET", "/api/v1/circuit-breaker/status").status_code == 200


def test_when_maintenance_is_on_then_every_application_of_this_home_knows_and_browsers_may_read_it(
    closed: Desk,
) -> None:
    other = make_client()
    answer = other.get("/api/jobs", headers={"Origin": "http://localhost:3000"})

    assert answer.status_code == 503
    assert answer.headers["Access-Control-Allow-Origin"] == "http://localhost:3000"
    assert "Retry-After" in answer.headers["Access-Control-Expose-Headers"]


def test_when_maintenance_ends_then_routes_answer_and_both_are_in_the_audit_log(desk: Desk) -> None:
    desk.answer("POST", f"{MODE}?enabled=true")
    refused = desk.asks("GET", "/api/jobs").status_code
    told = desk.answer("POST", f"{MODE}?enabled=false")

    assert (refused, told["enabled"], desk.asks("GET", "/api/jobs").status_code) == (503, False, 200)
    entries = search_entries(action="maintenance", principal=desk.principal(Role.ADMIN))
    assert [one.action for one in entries][:2] == ["maintenance.ended", "maintenance.begun"]


def test_when_the_file_cannot_be_read_then_the_workbench_is_closed_all_the_same(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maintenance, "LOOK_EVERY_S", -1.0)  # another process wrote it a moment ago
    path = get_settings().data_dir / maintenance.FILE
    path.write_text("{", "utf-8")
    try:
        assert desk.asks("GET", "/api/jobs").status_code == 503
        assert maintenance.current() == maintenance.Maintenance(None)
    finally:
        path.unlink()
    assert desk.asks("GET", "/api/jobs").status_code == 200


def test_when_maintenance_is_on_then_a_chat_socket_is_closed_with_the_code_for_later(
    closed: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_ROUTES", "chat")
    get_settings.cache_clear()
    token = closed.headers[Role.ANALYST]["Authorization"].removeprefix("Bearer ")
    client: TestClient = make_client()
    path = f"/api/chat/ws/{closed.people[Role.ANALYST].id}?token={token}"
    with client.websocket_connect(path) as socket, pytest.raises(WebSocketDisconnect) as left:
        while True:
            socket.receive_json()
    monkeypatch.undo()
    get_settings.cache_clear()

    assert left.value.code == 1013
