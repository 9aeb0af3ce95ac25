"""What changes an account after it was made; each ends the sessions that rested on how it was before."""

from __future__ import annotations

from typing import Any

from sqlalchemy import update

from core.accounts import throttling
from core.accounts.accounts import ACCOUNTS, find_credentials, may_touch
from core.accounts.sessions import SESSIONS, Because, end_where
from core.errors import BadInput, NotFound
from core.security.passwords import hash_password, verify_password
from core.security.policy import Permission, Principal, require
from core.storage.database import utc_now, writing


def change_password(
    account_id: str, new: str, *, current: str = "", keep_session: str = "", principal: Principal
) -> None:
    """A new password; all sessions of the account end but `keep_session`, the one the change was made in.

    current: needed for one's own account, throttled like a sign-in; somebody who manages accounts needs it for no
    other's. Raises NotFound, BadInput for a wrong or guessable password, TooManyRequests.
    """
    found = find_credentials(ACCOUNTS.c.id == account_id)
    if found is None or not may_touch(account_id, principal):
        raise NotFound("security.no_such_account", name=account_id)
    login_name = found.account.login_name
    if principal.id == account_id:
        attempt = throttling.admit(login_name, "")
        if not verify_password(current, found.password_hash):
            raise BadInput("security.wrong_current_password")
        throttling.forgive(attempt)
    hashed = hash_password(new, login_name=login_name)
    _change(account_id, {"password_hash": hashed, "password_changed_at": utc_now()}, "password", keep_session)


def disable_account(account_id: str, *, principal: Principal) -> None:
    """Nobody signs in with it any more, and its sessions end; what it owns stays. Raises NotAllowed, NotFound."""
    _require_managed(account_id, principal)
    _change(account_id, {"disabled_at": utc_now()}, "disabled", "")


def enable_account(account_id: str, *, principal: Principal) -> None:
    """Let a disabled account sign in again. Raises NotAllowed, NotFound."""
    _require_managed(account_id, principal)
    with writing() as connection:
        connection.execute(update(ACCOUNTS).where(ACCOUNTS.c.id == account_id).values(disabled_at=None))


def _require_managed(account_id: str, principal: Principal) -> None:
    require(principal, Permission.ACCOUNTS_MANAGE)
    if find_credentials(ACCOUNTS.c.id == account_id) is None:
        raise NotFound("security.no_such_account", name=account_id)


def _change(account_id: str, values: dict[str, Any], because: Because, keep_session: str) -> None:
    with writing() as connection:
        connection.execute(update(ACCOUNTS).where(ACCOUNTS.c.id == account_id).values(**values))
        end_where(connection, (SESSIONS.c.owner == account_id) & (SESSIONS.c.id != keep_session), because)
