"""Conversations of one person: listed, searched, renamed, removed and brought back. Nobody else ever sees them."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, update

from core.chat.messages import CONVERSATIONS, MESSAGES, Message, read_rows
from core.errors import BadInput, NotFound
from core.security.policy import Permission, Principal, require
from core.storage.database import reading, utc_now, writing

LONGEST_TITLE, TITLE_FROM_QUESTION = 200, 60  # characters
PREVIEW = 120
MOST_AT_ONCE = 100


@dataclass(frozen=True)
class Conversation:
    """collection_ids: what is asked; empty means everything that may be read."""

    id: str
    owner: str
    title: str
    collection_ids: tuple[str, ...]
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class ConversationSummary(Conversation):
    """A row of a list. message_count: questions and answers.

    last_message_preview: of what its owner may read now; "" where there is nothing.
    """

    message_count: int
    last_message_preview: str


@dataclass(frozen=True)
class ConversationPage:
    """total: of all that match, not only of this page."""

    conversations: tuple[ConversationSummary, ...]
    total: int


def list_conversations(
    *, query: str = "", principal: Principal, limit: int = 20, offset: int = 0
) -> ConversationPage:  # fmt: skip
    """The last changed first. query: words of a title, of a question, or of an answer that may still be read."""
    require(principal, Permission.CHAT_USE)
    matching = _own(principal)
    words = " ".join(unicodedata.normalize("NFC", query).split())
    if words:
        matching = and_(matching, CONVERSATIONS.c.id.in_(_found_in(words, principal)))
    wanted = select(CONVERSATIONS).where(matching).order_by(CONVERSATIONS.c.updated_at.desc(), CONVERSATIONS.c.id)
    with reading() as connection:
        total = connection.execute(select(func.count()).select_from(CONVERSATIONS).where(matching)).scalar() or 0
        page = wanted.limit(max(1, min(limit, MOST_AT_ONCE))).offset(max(0, offset))
        rows = connection.execute(page).mappings().all()
    return ConversationPage(_summaries(rows, principal), total)


def get_conversation(conversation_id: str, *, principal: Principal) -> Conversation:
    """Raises NotFound, also for somebody else's and for a removed one."""
    row = _row(conversation_id, principal)
    return Conversation(
        row["id"], row["owner"], row["title"], tuple(row["collection_ids"]), row["created_at"], row["updated_at"]
    )


def summary_of(conversation_id: str, *, principal: Principal) -> ConversationSummary:
    """One conversation as lists show it. Raises NotFound."""
    return _summaries([_row(conversation_id, principal)], principal)[0]


def rename_conversation(conversation_id: str, title: str, *, principal: Principal) -> ConversationSummary:
    """Another title. Raises BadInput for an empty or long one."""
    require(principal, Permission.CHAT_USE)
    kept = " ".join(unicodedata.normalize("NFC", title).split())
    if not kept or len(kept) > LONGEST_TITLE or any(unicodedata.category(one).startswith("C") for one in kept):
        raise BadInput("chat.bad_title", limit=LONGEST_TITLE)
    _change(conversation_id, _own(principal), title=kept)
    return summary_of(conversation_id, principal=principal)


def remove_conversation(conversation_id: str, *, principal: Principal) -> None:
    """It is listed no more; `restore_conversation` takes that back."""
    require(principal, Permission.CHAT_USE)
    _change(conversation_id, _own(principal), removed_at=utc_now())


def restore_conversation(conversation_id: str, *, principal: Principal) -> ConversationSummary:
    """Undo a removal. Raises NotFound for one that was not removed."""
    require(principal, Permission.CHAT_USE)
    removed = and_(CONVERSATIONS.c.owner == principal.id, CONVERSATIONS.c.removed_at.is_not(None))
    _change(conversation_id, removed, removed_at=None)
    return summary_of(conversation_id, principal=principal)


def title_from(question: str) -> str:
    """The first words of a question."""
    plain = " ".join(question.split())
    if len(plain) <= TITLE_FROM_QUESTION:
        return plain
    cut = plain[: TITLE_FROM_QUESTION - 1]
    words = cut.rpartition(" ")[0]
    return f"{words if len(words) > TITLE_FROM_QUESTION // 2 else cut}…"


def _own(principal: Principal) -> ColumnElement[bool]:
    return and_(CONVERSATIONS.c.owner == principal.id, CONVERSATIONS.c.removed_at.is_(None))


def _change(conversation_id: str, condition: ColumnElement[bool], **values: object) -> None:
    with writing() as connection:
        wanted = update(CONVERSATIONS).where(CONVERSATIONS.c.id == conversation_id, condition)
        if connection.execute(wanted.values(**values)).rowcount != 1:
            raise NotFound("chat.no_such_conversation", id=conversation_id[:80])


def _found_in(words: str, principal: Principal) -> Sequence[str]:
    """Ids of conversations where the words stand. An answer counts only where its reader still sees them in it."""
    with reading() as connection:
        titles = select(CONVERSATIONS.c.id).where(
            _own(principal), CONVERSATIONS.c.title.icontains(words, autoescape=True)
        )
        mine = select(MESSAGES).where(
            MESSAGES.c.owner == principal.id,
            MESSAGES.c.text.icontains(words, autoescape=True),
        )
        found = set(connection.execute(titles).scalars())
        rows = connection.execute(mine).mappings().all()
    folded = words.casefold()
    found.update(one.conversation_id for one in read_rows(rows, principal=principal) if folded in one.text.casefold())
    return sorted(found)


def _row(conversation_id: str, principal: Principal) -> Mapping[Any, Any]:
    require(principal, Permission.CHAT_USE)
    with reading() as connection:
        wanted = select(CONVERSATIONS).where(_own(principal), CONVERSATIONS.c.id == conversation_id)
        row = connection.execute(wanted).mappings().first()
    if row is None:
        raise NotFound("chat.no_such_conversation", id=conversation_id[:80])
    return row


def _summaries(rows: Sequence[Any], principal: Principal) -> tuple[ConversationSummary, ...]:
    ids = [row["id"] for row in rows]
    with reading() as connection:
        counted = select(MESSAGES.c.conversation_id, func.count(), func.max(MESSAGES.c.number))
        counted = counted.where(MESSAGES.c.conversation_id.in_(ids)).group_by(MESSAGES.c.conversation_id)
        counts = {one: (count, last) for one, count, last in connection.execute(counted)}
        ends = [and_(MESSAGES.c.conversation_id == one, MESSAGES.c.number == last) for one, (_, last) in counts.items()]
        last_rows = connection.execute(select(MESSAGES).where(or_(*ends))).mappings().all() if ends else []
    last = {one.conversation_id: one for one in read_rows(last_rows, principal=principal)}
    return tuple(
        ConversationSummary(
            row["id"], row["owner"], row["title"], tuple(row["collection_ids"]), row["created_at"], row["updated_at"],
            counts.get(row["id"], (0, 0))[0], _preview(last.get(row["id"])),
        )
        for row in rows
    )  # fmt: skip


def _preview(message: Message | None) -> str:
    plain = " ".join(message.text.split()) if message is not None else ""
    return plain if len(plain) <= PREVIEW else plain[: PREVIEW - 1] + "…"
