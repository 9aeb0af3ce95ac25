"""A home with two people, one of whom has a collection, and the chat over it; no model is ever loaded."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import delete

from core.accounts.accounts import Account
from core.accounts.token_pairs import open_client_session
from core.chat import answer_threads, answering
from core.errors import Unavailable
from core.security.policy import Role
from core.storage import knowledge_tables
from core.storage.database import writing
from tests.api.accounts import header_of, person_named
from tests.chat.conversations_home import REFUND
from tests.knowledge.collections_home import POLICY, filled

NUMBERS = "# 연락처\n\n고객 센터 전화번호는 1588-0000입니다.\n\n# 영업 시간\n\n평일 아홉 시에 문을 엽니다.\n".encode()
LIGHT = {
    "DISABLE_AUTH": "0", "WORKBENCH_ROUTES": "chat", "WORKBENCH_PRELOAD": "", "WORKBENCH_PASSWORD_MEMORY_MB": "1",
    "WORKBENCH_PASSWORD_PASSES": "1", "WORKBENCH_LOG_LEVEL": "warning",
}  # fmt: skip


@dataclass(frozen=True)
class Person:
    """Somebody who signed in. header: of their requests; token: for addresses."""

    account: Account
    token: str

    @property
    def id(self) -> str:
        return self.account.id

    @property
    def header(self) -> dict[str, str]:
        return header_of(self.token)


@dataclass(frozen=True)
class ChatHome:
    """ana has two documents, ben none; root is an administrator."""

    client: TestClient
    ana: Person
    ben: Person
    root: Person
    collection_id: str


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Answers begin, and wait here."""
    may_go, at_once = threading.Event(), answering.compose

    def slowly(asking: Any, live: Any) -> Any:
        assert may_go.wait(20)
        return at_once(asking, live)

    monkeypatch.setattr(answering, "compose", slowly)
    yield may_go
    may_go.set()


def fails(asking: Any, live: Any) -> Any:
    """In place of `answering.compose`."""
    raise Unavailable("chat.failed")


def build(client: TestClient) -> ChatHome:
    """The people and the collection, on the database of now."""
    ana, ben, root = person("ana"), person("ben"), person("root", role=Role.ADMIN)
    collection_id = filled(ana.account.principal, policy=POLICY, numbers=NUMBERS)
    return ChatHome(client, ana, ben, root, collection_id)


def forget_chats() -> None:
    """Nobody has asked anything; nothing is in the making any more."""
    for live in list(answer_threads._live.values()):
        live.stop.set()
    until = time.monotonic() + 20
    while answer_threads._live and time.monotonic() < until:
        time.sleep(0.01)
    with writing() as connection:
        for name in ("chat_messages", "conversations", "chat_feedback", "chat_hits"):
            connection.execute(delete(getattr(knowledge_tables, name)))


def person(name: str, **values: Any) -> Person:
    account = person_named(name, **values)
    return Person(account, open_client_session(account).access)


def asks(home: ChatHome, question: str = REFUND, *, who: Person | None = None, **more: Any) -> Any:
    """The response to a question; `more` are further fields of the body."""
    who = who or home.ana
    return home.client.post("/api/chat/question", json={"question": question, **more}, headers=who.header)


def answer_to(home: ChatHome, question: str = REFUND, **more: Any) -> dict[str, Any]:
    """The body of an answer that succeeds."""
    answer = asks(home, question, **more)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def events_of(text: str) -> list[dict[str, Any]]:
    """The JSON of an event stream."""
    return [json.loads(line.removeprefix("data: ")) for line in text.splitlines() if line.startswith("data: ")]
