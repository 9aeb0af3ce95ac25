"""Conversations with customers: kept by session, answered from the frequent questions, passed on to a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from sqlalchemy import func, insert, select, update

from core.errors import BadInput, NotFound
from core.fragrance.service.questions import meant
from core.fragrance.service.sentiment import Sentiment, sentiment
from core.messages import say
from core.security.policy import Permission, Principal, require
from core.storage import perfumery_tables as tables
from core.storage.database import reading, utc_now, writing

CONVERSATIONS, TURNS = tables.fragrance_conversations, tables.fragrance_turns
TICKETS, REMARKS = tables.fragrance_tickets, tables.fragrance_remarks
KIND = "service"
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


@dataclass(frozen=True)
class Turn:
    """What was said and answered, in order."""

    number: int
    asked: str
    answered: dict[str, Any]


@dataclass(frozen=True)
class Ticket:
    """What was passed on to a person. state: open or closed."""

    id: str
    session_id: str
    state: str


@dataclass(frozen=True)
class Rated:
    """How a recipe or perfume was rated: by how many, and the mean of 1 to 5."""

    subject_id: str
    count: int
    mean: float


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
    with reading() as connection:
        _require_own(connection, session_id, principal)
        rows = connection.execute(select(TURNS).where(TURNS.c.conversation_id == session_id).order_by(TURNS.c.number))
        return tuple(Turn(row.number, row.asked, row.answered) for row in rows)


def escalate(session_id: str, *, principal: Principal) -> Ticket:
    """Pass the conversation on; asking again gives the same ticket. Raises NotFound."""
    require(principal, Permission.FRAGRANCE_READ)
    with writing() as connection:
        _require_own(connection, session_id, principal)
        known = connection.execute(select(TICKETS).where(TICKETS.c.conversation_id == session_id)).first()
        if known is not None:
            return Ticket(known.id, session_id, known.state)
        made = Ticket(str(uuid4()), session_id, "open")
        row = {"id": made.id, "owner": principal.id, "conversation_id": session_id, "state": made.state}
        connection.execute(insert(TICKETS).values(**row, created_at=utc_now()))
    return made


def ticket(ticket_id: str, *, principal: Principal) -> Ticket:
    """Raises NotFound for a ticket that is not the caller's."""
    require(principal, Permission.FRAGRANCE_READ)
    with reading() as connection:
        row = connection.execute(select(TICKETS).where(TICKETS.c.id == ticket_id)).first()
    if row is None or not (principal.sees_everything or row.owner == principal.id):
        raise NotFound("fragrance.not_there")
    return Ticket(row.id, row.conversation_id, row.state)


def remark(subject: str, subject_id: str, *, rating: int | None, comment: str, principal: Principal) -> str:
    """Keep a remark on a recipe, a perfume or a service conversation; its id.

    rating: 1 to 5, None for words alone. Raises BadInput.
    """
    require(principal, Permission.FRAGRANCE_READ)
    if rating is not None and not 1 <= rating <= 5:
        raise BadInput("fragrance_service.rating_out_of_range", rating=rating)
    if rating is None and not comment.strip():
        raise BadInput("fragrance_service.empty_remark")
    made = str(uuid4())
    row = {"id": made, "owner": principal.id, "subject": subject, "subject_id": subject_id[:120], "rating": rating}
    with writing() as connection:
        connection.execute(insert(REMARKS).values(**row, comment=comment.strip()[:LONGEST], created_at=utc_now()))
    return made


def best_rated(subject: str, *, most: int, principal: Principal) -> tuple[Rated, ...]:
    """Those with the highest mean rating, more ratings first among equals; () where nobody rated any."""
    require(principal, Permission.FRAGRANCE_READ)
    mean, count = func.avg(REMARKS.c.rating), func.count(REMARKS.c.rating)
    rated = REMARKS.c.subject == subject, REMARKS.c.rating.is_not(None)
    chosen = select(REMARKS.c.subject_id, count, mean).where(*rated).group_by(REMARKS.c.subject_id)
    ordered = chosen.order_by(mean.desc(), count.desc(), REMARKS.c.subject_id).limit(most)
    with reading() as connection:
        return tuple(Rated(name, int(number), float(value)) for name, number, value in connection.execute(ordered))


def _keep(session_id: str | None, asked: str, answered: dict[str, Any], principal: Principal) -> str:
    now = utc_now()
    with writing() as connection:
        own = CONVERSATIONS.c.id == session_id, CONVERSATIONS.c.owner == principal.id, CONVERSATIONS.c.kind == KIND
        known = session_id and connection.execute(select(CONVERSATIONS.c.id).where(*own)).scalar()
        session = str(known or uuid4())
        if known:
            connection.execute(update(CONVERSATIONS).where(CONVERSATIONS.c.id == session).values(updated_at=now))
        else:
            row = {"id": session, "owner": principal.id, "kind": KIND, "state": {}, "created_at": now}
            connection.execute(insert(CONVERSATIONS).values(**row, updated_at=now))
        last = select(func.max(TURNS.c.number)).where(TURNS.c.conversation_id == session)
        number = (connection.execute(last).scalar() or 0) + 1
        turn = {"conversation_id": session, "number": number, "owner": principal.id, "asked": asked}
        connection.execute(insert(TURNS).values(**turn, answered=answered, created_at=now))
    return session


def _require_own(connection: Any, session_id: str, principal: Principal) -> None:
    chosen = select(CONVERSATIONS.c.owner).where(CONVERSATIONS.c.id == session_id, CONVERSATIONS.c.kind == KIND)
    owner = connection.execute(chosen).scalar()
    if owner is None or not (principal.sees_everything or owner == principal.id):
        raise NotFound("fragrance.not_there")
