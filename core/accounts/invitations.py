"""Invitations: a way in for one person, with the role and kind that whoever invites decides. Only a hash is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, Connection, insert, select, update

from core.accounts import letters
from core.accounts.accounts import AccountKind, find_account_by_id
from core.accounts.emails import kept_email
from core.accounts.organisations import Organisation, find_organisation
from core.accounts.ranks import is_above, require_within
from core.accounts.sessions import hash_of, new_secret
from core.errors import BadInput, NotFound
from core.messages import say
from core.security.policy import Permission, Principal, Role, require
from core.settings.current import get_settings
from core.storage import audit, operator_tables
from core.storage.database import reading, utc_now, writing

INVITATIONS = operator_tables.invitations


@dataclass(frozen=True)
class Invitation:
    """One invitation. email: "" where it is for whoever has the link. used_by: the account that came of it."""

    id: str
    owner: str
    email: str
    kind: AccountKind
    role: Role
    organisation: Organisation | None
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
    used_by: str | None = None
    revoked_at: datetime | None = None

    def is_open(self, now: datetime | None = None) -> bool:
        """Whether somebody may still sign up with it."""
        return self.used_at is None and self.revoked_at is None and self.expires_at > (now or utc_now())


@dataclass(frozen=True)
class Invited:
    """A new invitation with its token, told once. is_mailed: whether a letter with the link is on its way."""

    invitation: Invitation
    token: str
    is_mailed: bool = False

    @property
    def link(self) -> str:
        """Where the token is used, for whoever hands it over by other means."""
        return letters.link_to(invitation=self.token)


def invite(
    *, role: Role, kind: AccountKind = AccountKind.PERSONAL, email: str = "", organisation_id: str | None = None,
    language: str = "en", now: datetime | None = None, principal: Principal,
) -> Invited:  # fmt: skip
    """Invite somebody; a letter goes out where an address is given and a mail server is configured.

    Raises NotAllowed (also for a role above one's own), BadInput, NotFound for an unknown organisation.
    """
    require(principal, Permission.ACCOUNTS_MANAGE)
    require_within(principal, role)
    if (kind is AccountKind.PERSONAL) is not (organisation_id is None):
        raise BadInput("security.organisation_mismatch", kind=str(kind))
    organisation = find_organisation(organisation_id) if organisation_id is not None else None
    address = kept_email(email) if email.strip() else ""
    when, token = now or utc_now(), new_secret()
    expires_at = when + timedelta(days=get_settings().invitation_days)
    made = Invitation(str(uuid4()), principal.id, address, kind, role, organisation, when, expires_at)
    row = {
        "id": made.id, "owner": made.owner, "token_hash": hash_of(token), "email": address or None, "kind": str(kind),
        "role": str(role), "organisation_id": organisation_id, "created_at": when, "expires_at": expires_at,
    }  # fmt: skip
    with writing() as connection:
        connection.execute(insert(INVITATIONS).values(**row))
        audit.note(connection, principal, "invitation.made", made.id, role=str(role), kind=str(kind))
    invited = Invited(made, token)
    return Invited(made, token, is_mailed=_mail(invited, language))


def list_invitations(*, principal: Principal) -> tuple[Invitation, ...]:
    """Every invitation, newest first, used and revoked ones too. Raises NotAllowed."""
    require(principal, Permission.ACCOUNTS_MANAGE)
    with reading() as connection:
        rows = connection.execute(select(INVITATIONS).order_by(INVITATIONS.c.created_at.desc())).mappings().all()
    return tuple(_invitation(row) for row in rows)


def revoke(invitation_id: str, *, principal: Principal) -> None:
    """Nobody signs up with it any more. Raises NotAllowed, and NotFound for one that is not open."""
    require(principal, Permission.ACCOUNTS_MANAGE)
    now = utc_now()
    revoking = update(INVITATIONS).where(INVITATIONS.c.id == invitation_id, *_open(now)).values(revoked_at=now)
    with writing() as connection:
        if connection.execute(revoking).rowcount != 1:
            raise NotFound("security.no_such_invitation")
        audit.note(connection, principal, "invitation.revoked", invitation_id)


def open_invitation(token: str, *, now: datetime | None = None) -> Invitation:
    """What a token invites to. Raises NotFound in the same words for one that is unknown, used, revoked or over.

    Neither holds an invitation longer than whoever gave it: one by somebody who was disabled or has a lesser role
    by now is over.
    """
    when = now or utc_now()
    query = select(INVITATIONS).where(INVITATIONS.c.token_hash == hash_of(token), *_open(when))
    with reading() as connection:
        row = connection.execute(query).mappings().first()
    found = _invitation(row) if row is not None else None
    if found is None or not _still_stands_for(found):
        raise NotFound("security.no_such_invitation")
    return found


def use(connection: Connection, invitation: Invitation, principal: Principal, now: datetime) -> None:
    """Use it up for a new account, within the transaction that makes that. Raises NotFound when somebody was faster."""
    using = update(INVITATIONS).where(INVITATIONS.c.id == invitation.id, *_open(now))
    if connection.execute(using.values(used_at=now, used_by=principal.id)).rowcount != 1:
        raise NotFound("security.no_such_invitation")
    audit.note(connection, principal, "invitation.used", invitation.id)


def _open(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return INVITATIONS.c.used_at.is_(None), INVITATIONS.c.revoked_at.is_(None), INVITATIONS.c.expires_at > now


def _still_stands_for(invitation: Invitation) -> bool:
    giver = find_account_by_id(invitation.owner)
    if giver is None:  # made from the command line
        return True
    return giver.disabled_at is None and not is_above(invitation.role, giver.role)


def _mail(invited: Invited, language: str) -> bool:
    invitation = invited.invitation
    if not invitation.email:
        return False
    until = f"{invitation.expires_at:%Y-%m-%d %H:%M} UTC"
    text = say("security.invitation_letter", language, link=invited.link, until=until)
    return letters.post(invitation.email, say("security.invitation_subject", language), text)


def _invitation(row: Mapping[Any, Any]) -> Invitation:
    organisation_id = row["organisation_id"]
    return Invitation(
        id=row["id"],
        owner=row["owner"],
        email=row["email"] or "",
        kind=AccountKind(row["kind"]),
        role=Role(row["role"]),
        organisation=find_organisation(organisation_id) if organisation_id is not None else None,
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        used_at=row["used_at"],
        used_by=row["used_by"],
        revoked_at=row["revoked_at"],
    )
