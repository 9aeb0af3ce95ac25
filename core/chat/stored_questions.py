"""A question as it is stored with the answer it will get: once for each request, in a conversation of its owner."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, func, insert, select, update

from core.chat.conversations import title_from
from core.chat.messages import CONVERSATIONS, MESSAGES
from core.chat.preferences import load_preferences
from core.errors import NotFound
from core.knowledge.rights import visible_collections
from core.security.policy import Principal
from core.storage.database import reading, utc_now

REPEATED_WITHIN = timedelta(minutes=5)  # the same request sent again is the same question


@dataclass(frozen=True)
class Asked:
    """is_repeated: the request was sent before, and these are the ids it got then."""

    conversation_id: str
    question_id: str
    answer_id: str
    is_repeated: bool = False


def looked_in(conversation_id: str | None, named: Sequence[str], principal: Principal) -> tuple[str, ...]:
    """The collections that a question is looked up in; empty for all that may be read.

    An empty choice means everything, so a choice that is gone must not become one. Raises NotFound.
    """
    readable = visible_collections(principal)
    chosen = tuple(dict.fromkeys(named))
    if missing := [one for one in chosen if one not in readable]:
        raise NotFound("knowledge.no_such_collection", id=missing[0][:80])
    if conversation_id is not None:
        wanted = select(CONVERSATIONS.c.collection_ids).where(
            CONVERSATIONS.c.id == conversation_id,
            CONVERSATIONS.c.owner == principal.id,
            CONVERSATIONS.c.removed_at.is_(None),
        )
        with reading() as connection:
            kept = connection.execute(wanted).scalar()
        if kept is None:
            raise NotFound("chat.no_such_conversation", id=conversation_id[:80])
        if chosen or not kept:
            return chosen
        if not (left := tuple(one for one in kept if one in readable)):
            raise NotFound("chat.collections_gone")
        return left
    return chosen or tuple(
        one for one in load_preferences(principal=principal).collection_ids if one in readable
    )  # fmt: skip


def owned_key(request_key: str, principal: Principal) -> str:
    """Two people may use the same key."""
    return f"{principal.id}:{hashlib.sha256(request_key.encode()).hexdigest()}"


def repeated(connection: Connection, key: str | None) -> Asked | None:
    """The question with this key, where it is young enough and still there; any other gives the key back."""
    if key is None:
        return None
    row = connection.execute(select(MESSAGES).where(MESSAGES.c.request_key == key)).mappings().first()
    if row is None:
        return None
    removed = select(CONVERSATIONS.c.removed_at).where(CONVERSATIONS.c.id == row["conversation_id"])
    is_removed = connection.execute(removed).scalar() is not None
    if is_removed or row["created_at"] < utc_now() - REPEATED_WITHIN:
        connection.execute(update(MESSAGES).where(MESSAGES.c.id == row["id"]).values(request_key=None))
        return None
    answer = select(MESSAGES.c.id).where(
        MESSAGES.c.conversation_id == row["conversation_id"], MESSAGES.c.number == row["number"] + 1
    )
    answer_id = connection.execute(answer).scalar_one()
    return Asked(row["conversation_id"], row["id"], answer_id, is_repeated=True)


def asked_in_last_minute(connection: Connection, principal: Principal) -> Sequence[datetime]:
    """When this person asked within the last 60 s, oldest first, whichever process was asked."""
    wanted = select(MESSAGES.c.created_at).where(
        MESSAGES.c.owner == principal.id,
        MESSAGES.c.role == "user",
        MESSAGES.c.created_at > utc_now() - timedelta(minutes=1),
    )
    return connection.execute(wanted.order_by(MESSAGES.c.created_at)).scalars().all()


def store(
    connection: Connection, text: str, conversation_id: str | None, chosen: tuple[str, ...], key: str | None,
    principal: Principal,
) -> Asked:  # fmt: skip
    """Question and answer as two rows, in a new conversation where none is named."""
    now = utc_now()
    place = conversation_id or str(uuid4())
    if conversation_id is None:
        connection.execute(insert(CONVERSATIONS).values(
            id=place, owner=principal.id, title=title_from(text), collection_ids=list(chosen), created_at=now,
            updated_at=now,
        ))  # fmt: skip
    else:
        mine = update(CONVERSATIONS).where(CONVERSATIONS.c.id == place, CONVERSATIONS.c.owner == principal.id)
        connection.execute(mine.values(updated_at=now, collection_ids=list(chosen)))
    last = connection.execute(select(func.max(MESSAGES.c.number)).where(MESSAGES.c.conversation_id == place)).scalar()
    number = 0 if last is None else last + 1
    asked = Asked(place, str(uuid4()), str(uuid4()))
    question = message_row(asked.question_id, place, number, "user", text, "done", principal)
    answer = message_row(asked.answer_id, place, number + 1, "assistant", "", "generating", principal)
    connection.execute(insert(MESSAGES).values(**question, request_key=key, finished_at=now))
    connection.execute(insert(MESSAGES).values(**answer))
    return asked


def message_row(
    message_id: str, conversation_id: str, number: int, role: str, text: str, state: str, principal: Principal
) -> dict[str, Any]:  # fmt: skip
    """One message as the table takes it."""
    now = utc_now()
    return {
        "id": message_id, "owner": principal.id, "conversation_id": conversation_id, "number": number, "role": role,
        "text": text, "state": state, "stop_requested": 0, "created_at": now, "updated_at": now,
    }  # fmt: skip
