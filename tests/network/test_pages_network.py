"""What stands before the pages: plain HTTP is refused on a network, and proxies are heard as before the API."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from app.ui.network import guarded

NETWORK = {
    "APP_ENV": "production", "WORKBENCH_TOKEN_SECRET": "0123456789abcdef0123456789abcdef", "DISABLE_AUTH": "0",
    "WORKBENCH_TRUSTED_PROXIES": "10.0.0.1",
}  # fmt: skip
FROM_PROXY = {"X-Forwarded-For": "198.51.100.1", "X-Forwarded-Proto": "https"}


async def say_who(request: Request) -> JSONResponse:
    return JSONResponse({"client": request.client.host if request.client else "", "scheme": request.url.scheme})


async def open_socket(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text("here")
    await socket.close()


def pages(client: str = "testclient") -> TestClient:
    routes = [Route("/{path:path}", say_who), WebSocketRoute("/_stcore/stream", open_socket)]
    return TestClient(guarded(Starlette(routes=routes)), client=(client, 50_000))


def test_when_the_machine_is_ones_own_then_the_pages_are_served_as_they_are(
    settings_from: Callable[..., object],
) -> None:
    settings_from()

    answer = pages().get("/", headers=FROM_PROXY)

    assert answer.json() == {"client": "testclient", "scheme": "http"}
    assert "strict-transport-security" not in answer.headers


def test_when_a_page_is_asked_for_over_plain_http_on_a_network_then_it_is_refused_in_both_languages(
    settings_from: Callable[..., object],
) -> None:
    settings_from(**NETWORK)

    refused = pages().get("/", headers=FROM_PROXY)

    assert refused.status_code == 403
    assert "https://" in refused.text
    assert "HTTPS로만" in refused.text
    assert pages().get("/_stcore/health").status_code == 200


def test_when_a_trusted_proxy_passes_it_on_then_the_page_knows_who_asked_and_browsers_keep_to_https(
    settings_from: Callable[..., object],
) -> None:
    settings_from(**NETWORK)

    answer = pages("10.0.0.1").get("/", headers=FROM_PROXY)

    assert answer.json() == {"client": "198.51.100.1", "scheme": "https"}
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


def test_when_a_socket_of_the_pages_is_opened_then_it_must_have_come_by_https(
    settings_from: Callable[..., object],
) -> None:
    settings_from(**NETWORK)

    with pytest.raises(WebSocketDisconnect), pages().websocket_connect("/_stcore/stream", headers=FROM_PROXY):
        pass
    with pages("10.0.0.1").websocket_connect("/_stcore/stream", headers=FROM_PROXY) as socket:
        assert socket.receive_text() == "here"
