"""The shape of every refusal, and the request id on every response (contract customers 6: 8)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest
from fastapi.testclient import TestClient

from app.api.error_responses import STATUS, status_of
from app.api.middleware import BODY_LIMIT_BYTES, LastResort
from core import errors
from tests.api.conftest import PROFILE, bearer

ORIGIN = {"Origin": "http://localhost:3000"}
PREFLIGHT = {**ORIGIN, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
SHAPE = {"error_code", "message", "code", "details", "request_id"}


async def broken() -> None:
    """A customer model that breaks in a way that nobody expects."""
    raise RuntimeError("password=hunter2 at /secret/path")


def test_when_responses_of_every_kind_are_sent_then_each_has_its_own_uuid4(
    guarded: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guarded.app.state.customers, "current", broken)  # type: ignore[attr-defined]
    signed_in = {**ORIGIN, **bearer()}
    responses = [
        guarded.get("/healthz", headers=ORIGIN),
        guarded.post("/api/rag/query", json={}, headers=signed_in),
        guarded.get("/nothing", headers=ORIGIN),
        guarded.put("/api/analysis", headers=ORIGIN),
        guarded.post("/api/analysis", json=PROFILE, headers=signed_in),
        guarded.options("/api/analysis", headers=PREFLIGHT),
        guarded.post("/api/analysis", json=PROFILE, headers=ORIGIN),
    ]

    assert [one.status_code for one in responses] == [200, 422, 404, 405, 500, 200, 401]
    ids = [one.headers["X-Request-ID"] for one in responses]
    assert all(UUID(one).version == 4 for one in ids)
    assert len(set(ids)) == len(ids)
    assert all(one.headers["Access-Control-Allow-Origin"] == ORIGIN["Origin"] for one in responses)
    read_by_scripts = [one for one in responses if one.request.method != "OPTIONS"]
    exposed = {one.headers["Access-Control-Expose-Headers"] for one in read_by_scripts}
    assert all({"X-Request-ID", "Retry-After"} <= set(one.split(", ")) for one in exposed)


def test_when_nobody_expected_the_error_then_its_kind_and_place_go_to_the_log_and_its_text_nowhere(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(client.app.state.customers, "current", broken)  # type: ignore[attr-defined]

    answer = client.post("/api/analysis", json=PROFILE)

    assert answer.status_code == 500
    assert set(answer.json()) == SHAPE
    assert answer.json()["error_code"] == "ANALYSIS_FAILED"
    assert answer.headers["X-Request-ID"] in answer.json()["message"]
    assert "hunter2" not in answer.text and "RuntimeError" not in answer.text
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    (logged,) = [line for line in lines if line["event"] == "unhandled error"]
    assert logged["request_id"] == answer.headers["X-Request-ID"]
    (told,) = logged["exception"]
    assert (told["type"], told["frames"][-1].rpartition(" ")[2]) == ("RuntimeError", "broken")
    assert "hunter2" not in json.dumps(lines)


def test_when_a_request_ends_then_one_line_tells_about_it(
    client: TestClient, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = client.post("/api/analysis", json=PROFILE)

    (line,) = [json.loads(text) for text in capsys.readouterr().err.splitlines() if '"request"' in text]
    assert (line["method"], line["path"], line["status"]) == ("POST", "/api/analysis", 200)
    assert (line["request_id"], line["user_id"]) == (answer.headers["X-Request-ID"], "local")


def test_when_an_address_is_unknown_then_the_answer_is_in_our_shape(client: TestClient) -> None:
    answer = client.get("/nothing", headers={"Accept-Language": "ko"})

    assert set(answer.json()) == SHAPE
    assert answer.json()["error_code"] == "HTTP_EXCEPTION"
    assert "주소가 없습니다" in answer.json()["message"]


def test_when_the_caller_prefers_korean_then_messages_are_korean_otherwise_english(client: TestClient) -> None:
    bad = {**PROFILE, "Age": 121}
    korean = client.post("/api/analysis", json=bad, headers={"Accept-Language": "ko-KR,ko;q=0.9,en;q=0.8"})
    other = client.post("/api/analysis", json=bad, headers={"Accept-Language": "fr"})

    assert korean.json()["message"] == "'Age' 항목에는 120 이하의 값이 필요합니다."
    assert other.json()["message"] == "The field 'Age' must be 120 or less."


def test_when_the_body_is_not_json_then_422_says_so(client: TestClient) -> None:
    answer = client.post("/api/analysis", content="{", headers={"Content-Type": "application/json"})

    assert answer.status_code == 422
    assert answer.json()["message"] == "The request body is not valid JSON."


def test_when_a_longer_body_is_announced_then_413_before_it_is_read(client: TestClient) -> None:
    headers = {"Content-Type": "application/json", "Content-Length": str(BODY_LIMIT_BYTES + 1)}
    answer = client.post("/api/analysis", content=b"{}", headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (413, "API_BODY_TOO_LARGE")


def test_when_an_unannounced_body_grows_too_long_then_413(client: TestClient) -> None:
    chunks = (b" " * 1024**2 for _ in range(BODY_LIMIT_BYTES // 1024**2 + 2))
    answer = client.post("/api/analysis", content=chunks, headers={"Content-Type": "application/json"})

    assert (answer.status_code, answer.json()["code"]) == (413, "API_BODY_TOO_LARGE")


@pytest.mark.parametrize("origin", ["http://localhost:3001", "https://evil.example", "null"])
def test_when_the_origin_is_not_listed_then_no_browser_may_read_the_answer(client: TestClient, origin: str) -> None:
    assert "Access-Control-Allow-Origin" not in client.get("/healthz", headers={"Origin": origin}).headers
    assert client.options("/api/analysis", headers={**PREFLIGHT, "Origin": origin}).status_code == 400


@pytest.mark.parametrize(
    "header", ["authorization", "content-type", "x-admin-token", "idempotency-key", "x-csrf-token"]
)
def test_when_a_browser_asks_to_send_our_headers_then_it_may(client: TestClient, header: str) -> None:
    answer = client.options("/api/jobs", headers={**PREFLIGHT, "Access-Control-Request-Headers": header})

    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"


def test_when_an_error_class_is_new_then_it_has_the_status_of_its_parent() -> None:
    class Special(errors.TooLarge):
        pass

    assert status_of(Special("api.unexpected", request_id="x")) == 413
    assert status_of(errors.ArtifactMissing("customers.no_model")) == 503


def test_when_the_core_raises_any_of_its_errors_then_a_status_is_listed() -> None:
    direct = errors.WorkbenchError.__subclasses__()

    assert [kind for kind in direct if kind not in STATUS] == []


def test_when_a_socket_fails_then_it_is_closed_and_the_log_does_not_hold_what_was_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    sent: list[dict[str, object]] = []

    async def failing(_scope: object, _receive: object, send: Callable[[dict[str, object]], Awaitable[None]]) -> None:
        await send({"type": "websocket.accept"})
        raise ValueError("my secret question")

    async def keep(message: dict[str, object]) -> None:
        sent.append(message)

    asyncio.run(LastResort(failing)({"type": "websocket", "path": "/ws/x"}, None, keep))  # type: ignore[arg-type]

    assert [one["type"] for one in sent] == ["websocket.accept", "websocket.close"]
    assert sent[1]["code"] == 1011
    written = capsys.readouterr().err
    assert "ValueError" in written
    assert "secret" not in written
