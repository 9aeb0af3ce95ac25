"""The messages of a conversation as its owner may read them now: what every face shows goes through here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Column, Select, select

from core.chat.shown_answers import ShownAnswer, show
from core.chat.stored_answers import drafted_from, from_json
from core.errors import NotFound
from core.knowledge.notices import Notice
from core.knowledge.passages.stored import read_passages
from core.security.policy import Permission, Principal, require
from core.storage import knowledge_tables
from core.storage.database import reading, utc_now

MESSAGES, CONVERSATIONS = knowledge_tables.chat_messages, knowledge_tables.conversations
SILENT_S = 15.0  # an answer whose process has not said for so long that it lives was interrupted

Role = Literal["user", "assistant"]
MessageState = Literal["done", "generating", "stopped", "failed", "interrupted"]


@dataclass(frozen=True)
class Message:
    """One turn. text: of an answer what its reader may see, or what has been written so far.

    error: why it failed; answer is None until there is one.
    """

    id: str
    conversation_id: str
    number: int
    role: Role
    state: MessageState
    text: str
    at: datetime
    answer: ShownAnswer | None = None
    error: Notice | None = None


def list_messages(conversation_id: str, *, principal: Principal) -> tuple[Message, ...]:
    """All messages in their order. Raises NotFound for a conversation that is not one's own."""
    require(principal, Permission.CHAT_USE)
    mine = select(CONVERSATIONS.c.id).where(
        CONVERSATIONS.c.id == conversation_id,
        CONVERSATIONS.c.owner == principal.id,
        CONVERSATIONS.c.removed_at.is_(None),
    )
    with reading() as connection:
        if connection.execute(mine).first() is None:
            raise NotFound("chat.no_such_conversation", id=conversation_id[:80])
        wanted = select(MESSAGES).where(MESSAGES.c.conversation_id == conversation_id).order_by(MESSAGES.c.number)
        rows = connection.execute(wanted).mappings().all()
    return read_rows(rows, principal=principal)


def get_message(message_id: str, *, principal: Principal) -> Message:
    """Raises NotFound, also for somebody else's."""
    require(principal, Permission.CHAT_USE)
    with reading() as connection:
        row = connection.execute(_own(message_id, principal, *MESSAGES.c)).mappings().first()
    if row is None:
        raise NotFound("chat.no_such_message", id=message_id[:80])
    return read_rows([row], principal=principal)[0]


def answer_state(answer_id: str, *, principal: Principal) -> MessageState:
    """How far one's own answer is, without reading it. Raises NotFound, also for a question and somebody else's."""
    require(principal, Permission.CHAT_USE)
    wanted = _own(answer_id, principal, MESSAGES.c.state, MESSAGES.c.updated_at).where(MESSAGES.c.role == "assistant")
    with reading() as connection:
        row = connection.execute(wanted).mappings().first()
    if row is None:
        raise NotFound("chat.no_such_message", id=answer_id[:80])
    return _state(row)


def read_rows(rows: Sequence[Any], *, principal: Principal) -> tuple[Message, ...]:
    """Rows of one's own conversations as messages, with one look at the rights for all of them."""
    stored = [from_json(row["answer"]) for row in rows]
    answers = show(stored, principal=principal)
    drafts = {
        passage_id
        for row, one in zip(rows, stored, strict=True)
        if one is None and row["role"] == "assistant"
        for passage_id in drafted_from(row["answer"])
    }
    readable = set(read_passages(sorted(drafts), current_only=False, principal=principal)) if drafts else set()
    found = []
    for row, answer in zip(rows, answers, strict=True):
        text = row["text"]
        if row["role"] == "assistant" and answer is not None:
            text = answer.text
        elif row["role"] == "assistant" and not set(drafted_from(row["answer"])) <= readable:
            text = ""
        error = Notice(**row["error"]) if row["error"] else None
        found.append(Message(
            row["id"], row["conversation_id"], row["number"], row["role"], _state(row), text, row["created_at"], answer,
            error,
        ))  # fmt: skip
    return tuple(found)


def _own(message_id: str, principal: Principal, *columns: Column[Any]) -> Select[Any]:
    return (
        select(*columns)
        .join_from(MESSAGES, CONVERSATIONS, CONVERSATIONS.c.id == MESSAGES.c.conversation_id)
        .where(MESSAGES.c.id == message_id, MESSAGES.c.owner == principal.id, CONVERSATIONS.c.removed_at.is_(None))
    )


def _state(row: Mapping[Any, Any]) -> MessageState:
    is_silent = row["state"] == "generating" and row["updated_at"] < utc_now() - timedelta(seconds=SILENT_S)
    state: MessageState = "interrupted" if is_silent else row["state"]
    return state
