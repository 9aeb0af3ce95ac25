"""A new password for somebody who forgot the old one: by a link in a letter, or one that an administrator hands over.

Asking answers the same whether or not somebody has the name, and takes the same work: the same rows are written, and
letters are sent beside the answer. Only hashes of the tokens are kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from core.accounts import letters, mailboxes, throttling
from core.accounts.accounts import ACCOUNTS, Account, credentials_of, find_account_by_id
from core.accounts.ranks import require_within
from core.accounts.sessions import SESSIONS, end_where, hash_of, new_secret
from core.accounts.throttling import NOBODY, Purpose
from core.errors import NotFound
from core.messages import say
from core.security.passwords import hash_password
from core.security.policy import Permission, Principal, require
from core.settings.current import get_settings
from core.storage import audit, operator_tables
from core.storage.database import reading, utc_now, writing

RESETS = operator_tables.password_resets
KEPT = timedelta(days=30)
ASKING = Purpose("reset", "security.too_many_resets", most=2, most_by_address=20)
USING = Purpose("reset token", "security.too_many_resets", most_by_address=20)


@dataclass(frozen=True)
class ResetLink:
    """A way to a new password, told once."""

    token: str
    expires_at: datetime

    @property
    def link(self) -> str:
        """Where the token is used, for whoever hands it over."""
        return letters.link_to(reset=self.token)


def ask_reset(name_or_email: str, *, language: str = "en", address: str = "", now: datetime | None = None) -> None:
    """A letter with a link goes to the address of that account, where there are both and a mail server.

    Never tells whether somebody has the name. Raises TooManyRequests, by network address and by what was typed: a
    count of the account would tell that a name and an address are one person's.
    """
    when = now or utc_now()
    throttling.admit(name_or_email, address, purpose=ASKING, now=when)
    found = credentials_of(name_or_email)
    account = found.account if found is not None and found.account.disabled_at is None else None
    owner = account.id if account is not None and account.email else NOBODY
    with writing() as connection:
        _forget_old(connection, when)
        throttling.forget_old(connection, when)
        made = _add(connection, owner, mailboxes.MAILBOX, when)
    if account is None or not account.email:
        return
    minutes = f"{get_settings().reset_minutes:g}"
    text = say("security.reset_letter", language, name=account.login_name, link=made.link, minutes=minutes)
    letters.post(account.email, say("security.reset_subject", language), text)


def make_reset(account_id: str, *, now: datetime | None = None, principal: Principal) -> ResetLink:
    """A link for an administrator to hand over. Raises NotAllowed (also for somebody above oneself), NotFound."""
    require(principal, Permission.ACCOUNTS_MANAGE)
    account = find_account_by_id(account_id)
    if account is None:
        raise NotFound("security.no_such_account", name=account_id)
    require_within(principal, account.role)
    with writing() as connection:
        made = _add(connection, account_id, principal.id, now or utc_now())
        audit.note(connection, principal, "account.reset_made", account_id)
    return made


def reset_password(token: str, new: str, *, address: str = "", now: datetime | None = None) -> Account:
    """Set the password; every session of the account ends, and no other link to it works any more.

    Raises NotFound in the same words for a link that is unknown, used or over; BadInput for a password that is no
    good, and the link stays good; TooManyRequests.
    """
    when = now or utc_now()
    attempt = throttling.admit(hash_of(token), address, purpose=USING, now=when)
    account, is_by_mail = _owner_of(token, when)
    hashed = hash_password(new, login_name=account.login_name)
    with writing() as connection:
        using = update(RESETS).where(RESETS.c.token_hash == hash_of(token), *_open(when)).values(used_at=when)
        if connection.execute(using).rowcount != 1:  # used at the same moment
            raise NotFound("security.no_such_reset")
        use_up(connection, account.id, when)
        values = {"password_hash": hashed, "password_changed_at": utc_now()}
        connection.execute(update(ACCOUNTS).where(ACCOUNTS.c.id == account.id).values(**values))
        ended = end_where(connection, SESSIONS.c.owner == account.id, "password")
        if is_by_mail:
            mailboxes.confirm(connection, account.id, account.email)
        audit.note(connection, account.principal, "account.password_reset", account.id, sessions=ended)
    throttling.forgive(attempt)
    return find_account_by_id(account.id) or account


def use_up(connection: Connection, account_id: str, now: datetime) -> None:
    """Let no link to the account's password work any more, within the transaction that changed what it rested on."""
    waiting = (RESETS.c.owner == account_id, RESETS.c.used_at.is_(None))
    connection.execute(update(RESETS).where(*waiting).values(used_at=now))


def _owner_of(token: str, now: datetime) -> tuple[Account, bool]:
    """Whose password a token sets, and whether it came by mail."""
    query = select(RESETS.c.owner, RESETS.c.made_by).where(RESETS.c.token_hash == hash_of(token), *_open(now))
    with reading() as connection:
        row = connection.execute(query).first()
    account = find_account_by_id(row.owner) if row is not None else None
    if row is None or account is None or account.disabled_at is not None:
        raise NotFound("security.no_such_reset")
    return account, row.made_by == mailboxes.MAILBOX


def _open(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return RESETS.c.used_at.is_(None), RESETS.c.expires_at > now


def _add(connection: Connection, owner: str, made_by: str, now: datetime) -> ResetLink:
    made = ResetLink(new_secret(), now + timedelta(minutes=get_settings().reset_minutes))
    row = {"token_hash": hash_of(made.token), "owner": owner, "made_by": made_by, "created_at": now}
    connection.execute(insert(RESETS).values(**row, expires_at=made.expires_at))
    return made


def _forget_old(connection: Connection, now: datetime) -> None:
    connection.execute(delete(RESETS).where(RESETS.c.expires_at < now - KEPT))
