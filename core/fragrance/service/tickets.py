"""What customers had passed on to a person."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import uuid4

from sqlalchemy import insert, select

from core.errors import NotFound
from core.fragrance.conversations import kept_conversation
from core.fragrance.service.conversations import KIND
from core.security.policy import Permission, Principal, may_see, require
from core.storage.database import reading, utc_now, writing
from core.storage.perfumery_tables import fragrance_tickets as tickets


@dataclass(frozen=True)
class Ticket:
    """What was passed on to a person. state: open or closed."""

    id: str
    session_id: str
    state: str


def escalate(session_id: str, *, principal: Principal) -> Ticket:
    """Pass the conversation on; asking again gives the same ticket. Raises NotFound."""
    require(principal, Permission.FRAGRANCE_READ)
    with writing() as connection:
        kept_conversation(connection, session_id, KIND, principal)
        known = connection.execute(select(tickets).where(tickets.c.conversation_id == session_id)).first()
        if known is not None:
            return Ticket(known.id, session_id, known.state)
        made = Ticket(str(uuid4()), session_id, "open")
        row = {"id": made.id, "owner": principal.id, "conversation_id": session_id, "state": made.state}
        connection.execute(insert(tickets).values(**row, created_at=utc_now()))
    return made


def ticket(ticket_id: str, *, principal: Principal) -> Ticket:
    """Raises NotFound for a ticket that is not the caller's."""
    require(principal, Permission.FRAGRANCE_READ)
    with reading() as connection:
        row = connection.execute(select(tickets).where(tickets.c.id == ticket_id)).first()
    if row is None or not may_see(principal, row.owner):
        raise NotFound("fragrance.not_there")
    return Ticket(row.id, row.conversation_id, row.state)
