"""What changes an account after it was made; a change of what signs in ends the sessions that rested on it.

A role needs no session to end: every request asks for it anew.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select, update

from core.accounts import mailboxes, resets, throttling
from core.accounts.accounts import (
    ACCOUNTS,
    Account,
    Credentials,
    find_account_by_id,
    find_credentials,
    inserting,
    may_touch,
    refuse_taken,
)
from core.accounts.emails import comparable_email, kept_email
from core.accounts.names import kept_name
from core.accounts.ranks import require_within
from core.accounts.sessions import SESSIONS, end_where
from core.errors import BadInput, Conflict, NotFound
from core.security.passwords import hash_password, verify_password
from core.security.policy import Permission, Principal, Role, require
from core.storage import audit
from core.storage.database import utc_now, writing


def change_password(
    account_id: str, new: str, *, current: str = "", keep_session: str = "", principal: Principal
) -> None:
    """A new password; all sessions of the account end but `keep_session`, the one the change was made in.

    current: needed for one's own account, throttled like a sign-in; somebody who manages accounts needs it for no
    other's. Raises NotFound, NotAllowed for somebody above oneself, BadInput for a wrong or guessable password,
    TooManyRequests.
    """
    found = _found(account_id, principal)
    _require_current(found, current, principal)
    hashed = hash_password(new, login_name=found.account.login_name)
    now = utc_now()
    with writing() as connection:
        _set(connection, account_id, password_hash=hashed, password_changed_at=now)
        resets.use_up(connection, account_id, now)
        others = (SESSIONS.c.owner == account_id) & (SESSIONS.c.id != keep_session)
        ended = end_where(connection, others, "password")
        audit.note(connection, principal, "account.password_changed", account_id, sessions=ended)


def change_email(account_id: str, email: str, *, current: str = "", principal: Principal) -> Account:
    """Another e-mail address, or none (""); links to a new password that were sent to the old one end.

    current: the password, needed for one's own account: whoever has the address can have a new password. An address
    that somebody gives to another's account counts as proven. Raises NotFound, NotAllowed, BadInput, Conflict when
    somebody else has it, TooManyRequests.
    """
    found = _found(account_id, principal)
    _require_current(found, current, principal)
    address = kept_email(email) if email.strip() else ""
    with inserting(found.account), writing() as connection:
        refuse_taken(connection, "", address, but=account_id)
        _set(connection, account_id, email=address or None, email_key=comparable_email(address))
        mailboxes.forget(connection, account_id)
        if principal.id != account_id:
            mailboxes.confirm(connection, account_id, address)
        resets.use_up(connection, account_id, utc_now())
        audit.note(connection, principal, "account.email_changed", account_id)
    return _now(found.account)


def rename(account_id: str, display_name: str, *, principal: Principal) -> Account:
    """Another name to be shown; the login name stays. Raises NotFound, NotAllowed, BadInput."""
    found = _found(account_id, principal)
    shown = kept_name(display_name)
    with writing() as connection:
        _set(connection, account_id, display_name=shown)
        audit.note(connection, principal, "account.renamed", account_id)
    return _now(found.account)


def change_role(account_id: str, role: Role, *, principal: Principal) -> Account:
    """Another role, which counts from the account's next request on.

    Raises NotAllowed (also for a role, or somebody, above oneself), NotFound, Conflict for the last administrator.
    """
    account = _managed(account_id, principal)
    require_within(principal, role)
    with writing() as connection:
        if role is not Role.ADMIN:
            _keep_an_administrator(connection, account_id)
        _set(connection, account_id, role=str(role))
        audit.note(connection, principal, "account.role_changed", account_id, before=str(account.role), role=str(role))
    return _now(account)


def disable_account(account_id: str, *, principal: Principal) -> None:
    """Nobody signs in with it any more, and its sessions end; what it owns stays.

    Raises NotAllowed, NotFound, Conflict for the last administrator.
    """
    _managed(account_id, principal)
    now = utc_now()
    with writing() as connection:
        _keep_an_administrator(connection, account_id)
        _set(connection, account_id, disabled_at=now)
        resets.use_up(connection, account_id, now)
        ended = end_where(connection, SESSIONS.c.owner == account_id, "disabled")
        audit.note(connection, principal, "account.disabled", account_id, sessions=ended)


def enable_account(account_id: str, *, principal: Principal) -> None:
    """Let a disabled account sign in again. Raises NotAllowed, NotFound."""
    _managed(account_id, principal)
    with writing() as connection:
        _set(connection, account_id, disabled_at=None)
        audit.note(connection, principal, "account.enabled", account_id)


def _found(account_id: str, principal: Principal) -> Credentials:
    found = find_credentials(ACCOUNTS.c.id == account_id)
    if found is None or not may_touch(account_id, principal):
        raise NotFound("security.no_such_account", name=account_id)
    if principal.id != account_id:
        require_within(principal, found.account.role)
    return found


def _managed(account_id: str, principal: Principal) -> Account:
    require(principal, Permission.ACCOUNTS_MANAGE)
    return _found(account_id, principal).account


def _require_current(found: Credentials, current: str, principal: Principal) -> None:
    if principal.id != found.account.id:
        return
    attempt = throttling.admit(found.account.login_name, "")
    if not verify_password(current, found.password_hash):
        raise BadInput("security.wrong_current_password")
    throttling.forgive(attempt)


def _keep_an_administrator(connection: Connection, account_id: str) -> None:
    """Raises Conflict when nobody but this account could look after the others."""
    admins = select(ACCOUNTS.c.id).where(ACCOUNTS.c.role == str(Role.ADMIN), ACCOUNTS.c.disabled_at.is_(None))
    # Locked where writers do not wait for each other (PostgreSQL): two administrators might step down at once.
    active = set(connection.execute(admins.with_for_update()).scalars())
    if active == {account_id}:
        raise Conflict("security.last_administrator")


def _set(connection: Connection, account_id: str, **values: Any) -> None:
    connection.execute(update(ACCOUNTS).where(ACCOUNTS.c.id == account_id).values(**values))


def _now(account: Account) -> Account:
    return find_account_by_id(account.id) or account
