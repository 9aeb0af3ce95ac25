"""Conversations with the composer as they are stored: the steps a formula went through, and every turn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4, uuid5

from sqlalchemy import func, insert, select, update

from core.errors import Conflict, NotFound
from core.fragrance.formulas.formula import Formula, Line
from core.fragrance.generation.brief import Brief
from core.fragrance.generation.kept_briefs import brief_of, plain_brief
from core.security.policy import Permission, Principal, require
from core.storage import perfumery_tables as tables
from core.storage.database import reading, utc_now, writing

CONVERSATIONS, TURNS = tables.fragrance_conversations, tables.fragrance_turns
KIND = "composer"
MOST_STEPS = 50  # that can be gone back


@dataclass(frozen=True)
class Step:
    """A brief with the formula composed of it. name: of the perfume, by language."""

    brief: Brief
    formula: Formula
    name: Mapping[str, str]


@dataclass(frozen=True)
class Conversation:
    """steps: oldest first, the last is at hand. turns: how many were kept."""

    id: str
    owner: str
    steps: tuple[Step, ...]
    turns: int


@dataclass(frozen=True)
class Turn:
    """What was said and what was answered."""

    number: int
    asked: str
    answered: Mapping[str, Any]


def open_conversation(conversation_id: str, *, principal: Principal) -> Conversation:
    """Raises NotFound for one that is not the caller's."""
    require(principal, Permission.FRAGRANCE_COMPOSE)
    with reading() as connection:
        chosen = select(CONVERSATIONS).where(CONVERSATIONS.c.id == conversation_id, CONVERSATIONS.c.kind == KIND)
        row = connection.execute(chosen).first()
        if row is None or not (principal.sees_everything or row.owner == principal.id):
            raise NotFound("fragrance.not_there")
        turns = connection.execute(_last_turn(conversation_id)).scalar() or 0
    return Conversation(row.id, row.owner, tuple(_step(one) for one in row.state.get("steps", ())), turns)


def turns_of(conversation_id: str, *, principal: Principal) -> tuple[Turn, ...]:
    """In order. Raises NotFound."""
    open_conversation(conversation_id, principal=principal)
    with reading() as connection:
        rows = connection.execute(
            select(TURNS).where(TURNS.c.conversation_id == conversation_id).order_by(TURNS.c.number)
        )
        return tuple(Turn(row.number, row.asked, row.answered) for row in rows)


def id_for(chosen: str, principal: Principal) -> str:
    """Our id of a conversation that a client named by itself: the same for one person, another for anybody else."""
    return str(uuid5(UUID(int=0), f"{KIND}\n{principal.id}\n{chosen}"))


def keep_turn(
    conversation: Conversation | None, steps: Sequence[Step], asked: str, answered: Mapping[str, Any], *,
    chosen: str = "", principal: Principal,
) -> str:  # fmt: skip
    """Store what was said and where the formula stands now; the conversation's id.

    chosen: how the client names a new conversation; "" where it has no name for it.

    Raises Conflict where another turn was kept meanwhile: its formula would be lost.
    """
    now = utc_now()
    state = {"steps": [_plain(one) for one in steps[-MOST_STEPS:]]}
    with writing() as connection:
        if conversation is None:
            conversation_id, number = id_for(chosen, principal) if chosen else str(uuid4()), 1
            row = {"id": conversation_id, "owner": principal.id, "kind": KIND, "state": state, "created_at": now}
            connection.execute(insert(CONVERSATIONS).values(**row, updated_at=now))
        else:
            conversation_id, number = conversation.id, conversation.turns + 1
            if (connection.execute(_last_turn(conversation_id)).scalar() or 0) != conversation.turns:
                raise Conflict("fragrance_composing.meanwhile")
            mine = CONVERSATIONS.c.id == conversation_id
            connection.execute(update(CONVERSATIONS).where(mine).values(state=state, updated_at=now))
        turn = {"conversation_id": conversation_id, "number": number, "owner": principal.id, "asked": asked}
        connection.execute(insert(TURNS).values(**turn, answered=dict(answered), created_at=now))
    return conversation_id


def _last_turn(conversation_id: str) -> Any:
    return select(func.max(TURNS.c.number)).where(TURNS.c.conversation_id == conversation_id)


def _plain(step: Step) -> dict[str, Any]:
    lines = [[line.ingredient, line.amount_mg] for line in step.formula.lines]
    return {"brief": plain_brief(step.brief), "lines": lines, "name": dict(step.name)}


def _step(values: Mapping[str, Any]) -> Step:
    formula = Formula(tuple(Line(ingredient, amount_mg) for ingredient, amount_mg in values["lines"]))
    return Step(brief_of(values["brief"]), formula, values["name"])
