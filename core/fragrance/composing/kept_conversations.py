"""Conversations with the composer as they are kept: the steps a formula went through, and every turn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4, uuid5

from core.errors import Conflict
from core.fragrance import conversations
from core.fragrance.conversations import Turn
from core.fragrance.formulas.formula import Formula, Line
from core.fragrance.generation.brief import Brief
from core.fragrance.generation.kept_briefs import brief_of, plain_brief
from core.security.policy import Permission, Principal, require
from core.storage.database import reading, writing

KIND: conversations.Kind = "composer"
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


def open_conversation(conversation_id: str, *, principal: Principal) -> Conversation:
    """Raises NotFound for one that is not the caller's."""
    require(principal, Permission.FRAGRANCE_COMPOSE)
    with reading() as connection:
        kept = conversations.kept_conversation(connection, conversation_id, KIND, principal)
    return Conversation(kept.id, kept.owner, tuple(_step(one) for one in kept.state.get("steps", ())), kept.turns)


def turns_of(conversation_id: str, *, principal: Principal) -> tuple[Turn, ...]:
    """In order. Raises NotFound."""
    require(principal, Permission.FRAGRANCE_COMPOSE)
    return conversations.turns_of(conversation_id, KIND, principal)


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
    state = {"steps": [_plain(one) for one in steps[-MOST_STEPS:]]}
    with writing() as connection:
        if conversation is None:
            conversation_id, turns = id_for(chosen, principal) if chosen else str(uuid4()), 0
            conversations.begin(connection, conversation_id, KIND, principal)
        else:
            conversation_id, turns = conversation.id, conversation.turns
        number = conversations.add_turn(connection, conversation_id, asked, answered, principal, state=state)
        if number != turns + 1:
            raise Conflict("fragrance_composing.meanwhile")
    return conversation_id


def _plain(step: Step) -> dict[str, Any]:
    lines = [[line.ingredient, line.amount_mg] for line in step.formula.lines]
    return {"brief": plain_brief(step.brief), "lines": lines, "name": dict(step.name)}


def _step(values: Mapping[str, Any]) -> Step:
    formula = Formula(tuple(Line(ingredient, amount_mg) for ingredient, amount_mg in values["lines"]))
    return Step(brief_of(values["brief"]), formula, values["name"])
