"""Organisations, whose people sign in with a session code beside their own name and password."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import uuid4

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from core.accounts.names import comparable, kept_name
from core.errors import Conflict, NotFound
from core.security.policy import Permission, Principal, require
from core.storage import audit, tables
from core.storage.database import reading, utc_now, writing

ORGANISATIONS = tables.organisations


@dataclass(frozen=True)
class Organisation:
    """One organisation. session_code: known to all its people, so it is no secret of any one of them."""

    id: str
    name: str
    session_code: str


def create_organisation(name: str, *, session_code: str, principal: Principal) -> Organisation:
    """A new organisation. Raises NotAllowed, BadInput, or Conflict when another one has that session code."""
    require(principal, Permission.ACCOUNTS_MANAGE)
    organisation = Organisation(str(uuid4()), kept_name(name), kept_name(session_code))
    row = {
        "id": organisation.id,
        "owner": principal.id,
        "name": organisation.name,
        "session_code": organisation.session_code,
        "session_key": comparable(organisation.session_code),
        "created_at": utc_now(),
    }
    try:
        with writing() as connection:
            connection.execute(insert(ORGANISATIONS).values(**row))
            audit.note(connection, principal, "organisation.created", organisation.id)
    except IntegrityError as error:
        raise Conflict("security.name_taken", name=organisation.session_code) from error
    return organisation


def find_organisation(organisation_id: str) -> Organisation:
    """Raises NotFound."""
    wanted = select(ORGANISATIONS.c.id, ORGANISATIONS.c.name, ORGANISATIONS.c.session_code)
    with reading() as connection:
        row = connection.execute(wanted.where(ORGANISATIONS.c.id == organisation_id)).mappings().first()
    if row is None:
        raise NotFound("security.no_such_organisation", id=organisation_id)
    return Organisation(**row)


def list_organisations(*, principal: Principal) -> tuple[Organisation, ...]:
    """Every organisation by name, for whoever invites people to one. Raises NotAllowed."""
    require(principal, Permission.ACCOUNTS_MANAGE)
    wanted = select(ORGANISATIONS.c.id, ORGANISATIONS.c.name, ORGANISATIONS.c.session_code)
    with reading() as connection:
        rows = connection.execute(wanted.order_by(ORGANISATIONS.c.name, ORGANISATIONS.c.id)).mappings().all()
    return tuple(Organisation(**row) for row in rows)
