"""Conversations with customers: kept by session, answered from the frequent questions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from core.errors import BadInput, NotFound
from core.fragrance.conversations import Kind, Turn, add_turn, begin, kept_conversation, turns_of
from core.fragrance.service.questions import meant
from core.fragrance.service.sentiment import Sentiment, sentiment
from core.messages import say
from core.security.policy import Permission, Principal, require
from core.storage.database import writing

KIND: Kind = "service"
LONGEST = 2000  # letters of a message
GENERAL = "general"  # the category of what is not recognised


@dataclass(frozen=True)
class ServiceAnswer:
    """category: id of `questions`, or general. is_known: whether a frequent question answered. redirect: a page."""

    session_id: str
    text: str
    category: str
    sentiment: Sentiment
    is_known: bool
    redirect: str = ""


def answer(message: str, *, session_id: str | None, language: str, principal: Principal) -> ServiceAnswer:
    """Answer and keep the turn. An unknown session id begins a new session under an id of ours.

    Raises BadInput for a message that is empty or too long, NotAllowed.
    """
    require(principal, Permission.FRAGRANCE_READ)
    asked = message.strip()
    if not asked:
        raise BadInput("fragrance_service.empty_message")
    if len(asked) > LONGEST:
        raise BadInput("fragrance_service.long_message", letters=len(asked), longest=LONGEST)
    question = meant(asked)
    felt = sentiment(asked)
    text = question.a[language] if question else say("fragrance_service.not_known", language)
    category, redirect = (question.category, question.redirect) if question else (GENERAL, "")
    session = _keep(session_id, asked, {"text": text, "category": category, "sentiment": felt}, principal)
    return ServiceAnswer(session, text, category, felt, question is not None, redirect)


def turns(session_id: str, *, principal: Principal) -> tuple[Turn, ...]:
    """What was said so far. Raises NotFound for a session that is not the caller's."""
    require(principal, Permission.FRAGRANCE_READ)
    return turns_of(session_id, KIND, principal)


def _keep(session_id: str | None, asked: str, answered: Mapping[str, Any], principal: Principal) -> str:
    """The session's id: of a new one, unless the caller's own was named."""
    with writing() as connection:
        session = session_id or ""
        try:
            is_own = kept_conversation(connection, session, KIND, principal).owner == principal.id
        except NotFound:
            is_own = False
        if not is_own:
            session = str(uuid4())
            begin(connection, session, KIND, principal)
        add_turn(connection, session, asked, answered, principal)
    return session
