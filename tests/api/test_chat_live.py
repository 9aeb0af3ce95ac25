"""The chat frontend's socket under a real server (contract chat 2.2, D20 to D22, 5: 17)."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from app.api import chat_asking
from app.api.routes import chat_live
from core.accounts.sessions import end_all_sessions
from core.chat import answering
from core.chat.conversations import list_conversations
from core.chat.messages import list_messages
from tests.api.chat_home import ChatHome, Person, answer_to, fails, gate, person
from tests.api.image_cases import PATIENCE_S, serving, wait_until
from tests.chat.conversations_home import REFUND, UNKNOWN

__all__ = ["gate"]
OURS = {"Origin": "http://localhost:3000"}


@pytest.fixture(scope="module")
def server(built_chat: ChatHome) -> Iterator[str]:
    with serving(built_chat.client) as address:
        yield address


@pytest.fixture
def talk(chat: ChatHome, server: str) -> Iterator[Callable[..., ClientConnection]]:
    """Opens sockets, ana's unless said otherwise."""
    with ExitStack() as opened:

        def begin(who: Person | None = None, **options: Any) -> ClientConnection:
            who = who or chat.ana
            path = options.pop("path", f"{who.id}?token={who.token}")
            return opened.enter_context(connect(f"ws://{server}/api/chat/ws/{path}", close_timeout=1, **options))

        yield begin
    wait_until(lambda: not chat.client.app.state.chat_sockets)  # type: ignore[attr-defined]


def say(socket: ClientConnection, kind: str, data: Any = None, **beside: Any) -> None:
    socket.send(json.dumps({"type": kind, "data": {} if data is None else data, "timestamp": "now", **beside}))


def ask(socket: ClientConnection, question: str = REFUND, **more: Any) -> None:
    say(socket, "question", {"question": question, **more})


def heard(socket: ClientConnection) -> dict[str, Any]:
    frame: dict[str, Any] = json.loads(socket.recv(timeout=PATIENCE_S))
    assert set(frame) == {"type", "data", "timestamp"} and datetime.fromisoformat(frame["timestamp"])
    if frame["type"] == "status":
        assert frame["data"]["status"] in {"processing", "generating", "complete"}
        assert 0 <= frame["data"]["progress"] <= 100 and frame["data"]["message"]
    if frame["type"] == "error":
        assert frame["data"]["message"] and frame["data"]["message"] == frame["data"]["error"]
    return frame


def kinds(frames: list[dict[str, Any]]) -> list[str]:
    return [one["data"].get("status", one["type"]) if one["type"] == "status" else one["type"] for one in frames]


def closed_with(socket: ClientConnection) -> int:
    with pytest.raises(ConnectionClosed):
        socket.recv(timeout=PATIENCE_S)
    return int(socket.close_code or 0)


def test_when_a_question_is_sent_then_processing_generating_and_one_response_come(
    chat: ChatHome, talk: Callable[..., ClientConnection]
) -> None:
    socket = talk()
    ask(socket)
    frames = [heard(socket) for _ in range(3)]
    say(socket, "ping")

    assert kinds(frames) == ["processing", "generating", "response"]
    assert heard(socket)["type"] == "pong"
    told = frames[-1]["data"]
    again = answer_to(chat)
    assert {name: told[name] for name in told} == {name: again[name] for name in told}
    assert {"conversation_id", "retrieved_documents", "confidence_score", "processing_time", "timestamp"} < set(told)


def test_when_the_question_stands_at_the_top_level_then_it_is_answered_as_well(
    talk: Callable[..., ClientConnection],
) -> None:
    socket = talk()
    socket.send(json.dumps({"type": "question", "question": REFUND}))

    assert kinds([heard(socket) for _ in range(3)])[-1] == "response"


def test_when_two_sockets_of_one_person_ask_then_each_gets_its_answer(talk: Callable[..., ClientConnection]) -> None:
    first, second = talk(), talk()
    ask(first, REFUND)
    ask(second, UNKNOWN)
    answers = [[heard(socket) for _ in range(3)][-1]["data"]["state"] for socket in (first, second)]

    assert answers == ["answered", "not_in_documents"]


def test_when_several_questions_are_sent_at_once_then_they_are_answered_in_turn(
    talk: Callable[..., ClientConnection], gate: threading.Event
) -> None:
    socket = talk()
    ask(socket, REFUND)
    ask(socket, UNKNOWN)
    first = heard(socket)
    say(socket, "ping")
    pong = heard(socket)
    gate.set()
    rest = [heard(socket) for _ in range(5)]

    assert kinds([first, pong]) == ["processing", "pong"]
    assert kinds(rest) == ["generating", "response", "processing", "generating", "response"]
    assert [one["data"]["state"] for one in (rest[1], rest[4])] == ["answered", "not_in_documents"]


@pytest.mark.parametrize(
    "frame",
    [
        *("no json", "[1]", "{}", '{"type": "question"}', '{"type": "question", "data": {"question": " "}}'),
        *('{"type": "question", "data": 5}', '{"type": "feedback", "data": {}}', '{"type": "sing"}', b"\x00"),
        json.dumps({"type": "question", "data": {"question": "가" * 1001}}),
        json.dumps({"type": "question", "data": {"question": "x", "conversation_id": "nope"}}),
        json.dumps({"type": "question", "data": {"question": "x", "user_id": "nope"}}),
    ],
)
def test_when_a_message_cannot_be_used_then_it_is_told_and_the_next_is_answered(
    talk: Callable[..., ClientConnection], frame: str | bytes
) -> None:
    socket = talk()
    socket.send(frame)
    frames = [heard(socket)]
    if frames[0]["type"] == "status":
        frames.append(heard(socket))
    say(socket, "ping")

    assert kinds(frames)[-1] == "error"
    assert heard(socket)["type"] == "pong"


def test_when_the_rate_is_over_then_the_error_says_when_to_come_back(
    talk: Callable[..., ClientConnection], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat_asking, "PER_MINUTE", 1)
    socket = talk()
    ask(socket, REFUND)
    ask(socket, UNKNOWN)
    frames = [heard(socket) for _ in range(5)]

    assert kinds(frames)[-1] == "error"
    assert 1 <= frames[-1]["data"]["retry_after"] <= 60
    assert frames[-1]["data"]["code"] == "API_TOO_MANY_QUESTIONS"


def test_when_an_answer_fails_then_the_error_says_why(
    talk: Callable[..., ClientConnection], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answering, "compose", fails)
    socket = talk()
    ask(socket)
    frames = [heard(socket) for _ in range(3)]

    assert kinds(frames)[-1] == "error" and frames[-1]["data"]["code"] == "CHAT_FAILED"


def test_when_feedback_is_sent_then_it_is_stored_and_told_as_a_status(
    chat: ChatHome, talk: Callable[..., ClientConnection]
) -> None:
    asked = answer_to(chat)
    socket = talk()
    about = {"conversation_id": asked["conversation_id"], "message_id": asked["message_id"]}
    say(socket, "feedback", {**about, "feedback_type": "rating", "rating": 5})
    told = heard(socket)

    assert (told["type"], told["data"]["status"]) == ("status", "complete")
    assert told["data"]["feedback_id"]


def test_when_the_client_is_gone_then_its_answer_stands_in_the_history(
    chat: ChatHome, talk: Callable[..., ClientConnection], gate: threading.Event
) -> None:
    socket = talk()
    ask(socket)
    heard(socket)
    principal = chat.ana.account.principal
    wait_until(lambda: list_conversations(principal=principal).total == 1)
    socket.close()
    gate.set()
    conversation = list_conversations(principal=principal).conversations[0]

    wait_until(lambda: list_messages(conversation.id, principal=principal)[-1].state == "done")
    assert "30일" in list_messages(conversation.id, principal=principal)[-1].text


@pytest.mark.parametrize(("end", "code"), [("", 4001), ("?token=a.b.c", 4001)])
def test_when_nobody_is_signed_in_then_the_socket_closes(
    chat: ChatHome, talk: Callable[..., ClientConnection], end: str, code: int
) -> None:
    assert closed_with(talk(path=f"{chat.ana.id}{end}")) == code


def test_when_the_address_is_of_somebody_else_then_4003_for_admins_as_well(
    chat: ChatHome, talk: Callable[..., ClientConnection]
) -> None:
    for who in (chat.ben, chat.root):
        assert closed_with(talk(path=f"{chat.ana.id}?token={who.token}")) == 4003


def test_when_the_page_is_of_another_origin_then_4003(talk: Callable[..., ClientConnection]) -> None:
    assert closed_with(talk(additional_headers={"Origin": "https://evil.example"})) == 4003
    ask(ours := talk(additional_headers=OURS))
    assert heard(ours)["type"] == "status"


def test_when_too_many_sockets_are_open_then_1013_until_one_is_closed(
    chat: ChatHome, talk: Callable[..., ClientConnection]
) -> None:
    sockets = [talk() for _ in range(chat_live.MOST_SOCKETS)]
    for socket in sockets:
        say(socket, "ping")
        assert heard(socket)["type"] == "pong"
    refused = closed_with(talk())
    say(others := talk(chat.ben), "ping")
    sockets[0].close()
    wait_until(lambda: chat.client.app.state.chat_sockets[chat.ana.id] < chat_live.MOST_SOCKETS)  # type: ignore[attr-defined]
    say(again := talk(), "ping")

    assert refused == 1013
    assert heard(others)["type"] == heard(again)["type"] == "pong"


def test_when_the_person_signs_out_then_the_next_question_closes_the_socket(
    talk: Callable[..., ClientConnection],
) -> None:
    cho = person("cho")
    socket = talk(cho)
    say(socket, "ping")
    heard(socket)
    end_all_sessions(cho.id, principal=cho.account.principal)
    ask(socket)

    assert closed_with(socket) == 4001
    assert list_conversations(principal=cho.account.principal).total == 0
