"""Conversations and their turns as they are stored: with the composer, and with customer service.

Who may hold a conversation is asked by its room; whose it is, here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, func, insert, select, update

from core.errors import NotFound
from core.security.policy import Principal, may_see
from core.storage import perfumery_tables as tables
from core.storage.database import insert_new, reading, utc_now

CONVERSATIONS, TURNS = tables.fragrance_conversations, tables.fragrance_turns
Kind = Literal["composer", "service"]


@dataclass(frozen=True)
class KeptConversation:
    """state: what its room keeps of it. turns: how many there are."""

    id: str
    owner: str
    state: Mapping[str, Any]
    turns: int


@dataclass(frozen=True)
class Turn:
    """What was said and what was answered."""

    number: int
    asked: str
    answered: Mapping[str, Any]


def kept_conversation(
    connection: Connection, conversation_id: str, kind: Kind, principal: Principal
) -> KeptConversation:
    """Raises NotFound for one that is not the caller's."""
    chosen = select(CONVERSATIONS).where(CONVERSATIONS.c.id == conversation_id, CONVERSATIONS.c.kind == kind)
    row = connection.execute(chosen).first()
    if row is None or not may_see(principal, row.owner):
        raise NotFound("fragrance.not_there")
    return KeptConversation(row.id, row.owner, row.state, _turns_so_far(connection, conversation_id))


def turns_of(conversation_id: str, kind: Kind, principal: Principal) -> tuple[Turn, ...]:
    """In order. Raises NotFound for a conversation that is not the caller's."""
    with reading() as connection:
        kept_conversation(connection, conversation_id, kind, principal)
        rows = connection.execute(
            select(TURNS).where(TURNS.c.conversation_id == conversation_id).order_by(TURNS.c.number)
        )
        return tuple(Turn(row.number, row.asked, row.answered) for row in rows)


def begin(connection: Connection, conversation_id: str, kind: Kind, principal: Principal) -> None:
    """Nothing happens where another request has just begun it under the same id."""
    now = utc_now()
    row = {"id": conversation_id, "owner": principal.id, "kind": kind, "state": {}, "created_at": now}
    insert_new(connection, CONVERSATIONS, [{**row, "updated_at": now}])


def add_turn(
    connection: Connection, conversation_id: str, asked: str, answered: Mapping[str, Any], principal: Principal, *,
    state: Mapping[str, Any] | None = None,
) -> int:  # fmt: skip
    """Its number, from 1. state: what the room keeps from now on; None leaves it."""
    now = utc_now()
    changed = {"updated_at": now} if state is None else {"updated_at": now, "state": dict(state)}
    # First of all, so that others who add to this conversation wait here for their number.
    connection.execute(update(CONVERSATIONS).where(CONVERSATIONS.c.id == conversation_id).values(**changed))
    number = _turns_so_far(connection, conversation_id) + 1
    turn = {"conversation_id": conversation_id, "number": number, "owner": principal.id, "asked": asked}
    connection.execute(insert(TURNS).values(**turn, answered=dict(answered), created_at=now))
    return number


def _turns_so_far(connection: Connection, conversation_id: str) -> int:
    last = select(func.max(TURNS.c.number)).where(TURNS.c.conversation_id == conversation_id)
    return connection.execute(last).scalar() or 0
