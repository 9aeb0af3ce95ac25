"""Sockets that hear only people who signed in, and tell everybody else why with a code (contract chat 2.2)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi import APIRouter, FastAPI, WebSocket
from fastapi.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from app.api.deps import admitted_to_socket, closing_code, closing_socket, declared_sockets, needs
from app.api.live.sockets import close_with
from core.accounts.accounts import Account
from core.accounts.sessions import end_all_sessions
from core.accounts.token_pairs import open_client_session
from core.errors import WorkbenchError
from core.security.policy import Permission, Role
from tests.api.accounts import header_of, person_named

OURS = {"Origin": "http://localhost:3000"}
router = APIRouter()


@closing_socket(router, "/talk")
@needs(Permission.CHAT_USE)
async def talk(websocket: WebSocket) -> None:
    """Says who listens, then answers each message while the sign-in stands."""
    await websocket.accept()
    await websocket.send_text(websocket.scope["principal"].id)
    while (await websocket.receive())["type"] != "websocket.disconnect":
        try:
            await admitted_to_socket(websocket, Permission.CHAT_USE)
        except WorkbenchError as error:
            await close_with(websocket, closing_code(error), error)
            return
        await websocket.send_text("heard")


app = FastAPI()
app.router.routes.extend(router.routes)


@pytest.fixture(params=["1", "0"], ids=["open", "guarded"])
def client(home: Path, settings_from: Callable[..., object], request: pytest.FixtureRequest) -> TestClient:
    """Both modes: a socket is nobody's in local open mode either."""
    settings_from(DISABLE_AUTH=request.param, WORKBENCH_PASSWORD_MEMORY_MB="1", WORKBENCH_PASSWORD_PASSES="1")
    return TestClient(app)


@pytest.fixture
def person(client: TestClient) -> Account:
    return person_named("minji")


def code_of(client: TestClient, path: str, headers: dict[str, str] | None = None) -> int:
    with client.websocket_connect(path, headers=headers or {}) as socket, pytest.raises(WebSocketDisconnect) as closed:
        socket.receive_text()
    assert closed.value.reason
    return closed.value.code


@pytest.mark.parametrize("way", ["query", "header", "cookie"])
def test_when_the_token_is_good_then_the_socket_is_its_owners(client: TestClient, person: Account, way: str) -> None:
    access = open_client_session(person).access
    path = f"/talk?token={access}" if way == "query" else "/talk"
    sent = {"header": header_of(access), "cookie": {"Cookie": f"access_token={access}"}}.get(way, {})

    with client.websocket_connect(path, headers={**OURS, **sent}) as socket:
        assert socket.receive_text() == person.id


@pytest.mark.parametrize("path", ["/talk", "/talk?token=", "/talk?token=a.b.c"])
def test_when_there_is_no_valid_token_then_4001(client: TestClient, path: str) -> None:
    assert code_of(client, path, OURS) == 4001


def test_when_the_origin_is_not_known_then_4003_whatever_the_token(client: TestClient, person: Account) -> None:
    path = f"/talk?token={open_client_session(person).access}"

    assert code_of(client, path, {"Origin": "https://evil.example"}) == 4003


def test_when_the_role_may_not_then_4003(client: TestClient) -> None:
    guest = person_named("guest", role=Role.GUEST)

    assert code_of(client, f"/talk?token={open_client_session(guest).access}") == 4003


def test_when_somebody_logs_out_then_the_open_socket_closes_at_the_next_message(
    client: TestClient, person: Account
) -> None:
    with client.websocket_connect(f"/talk?token={open_client_session(person).access}") as socket:
        socket.receive_text()
        socket.send_text("one")
        assert socket.receive_text() == "heard"
        end_all_sessions(person.id, principal=person.principal)
        socket.send_text("two")
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_text()
    assert closed.value.code == 4001


def test_when_accounts_cannot_be_read_then_the_client_may_come_back(client: TestClient, person: Account) -> None:
    from core.storage.database import engine, writing

    access = open_client_session(person).access
    with writing() as connection:
        connection.exec_driver_sql("ALTER TABLE sessions RENAME TO gone")
    engine().dispose()

    assert code_of(client, f"/talk?token={access}") == 1013


def test_when_a_closing_socket_is_declared_then_the_enumeration_holds_it() -> None:
    assert declared_sockets(app) == {"/talk": Permission.CHAT_USE}
