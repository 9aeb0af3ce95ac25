"""Sign-ins to administration in a browser: a cookie that lasts two hours, and a token that requests repeat in a header.

They are sessions like all others, listed and ended with them; the cookie's prefix keeps that of the pages, which
lasts for days, from opening administration. The token is a hash of the cookie: who can send it must have been told it
at sign-in, because a page elsewhere makes a browser send the cookie but cannot read it.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from core.accounts.accounts import Account, find_account_by_id
from core.accounts.sessions import SESSIONS, add_session, caller_of_cookie, hash_of, new_secret
from core.errors import NotAllowed, NotSignedIn
from core.security.policy import Permission, Principal, is_allowed, require
from core.storage.database import reading, utc_now, writing

PREFIX = "admin."
LASTS = timedelta(hours=2)
OPENS = (Permission.SYSTEM_READ, Permission.ACCOUNTS_MANAGE)  # either is enough


@dataclass(frozen=True)
class AdminSession:
    """A new sign-in. cookie and csrf_token are told once and kept nowhere."""

    cookie: str
    csrf_token: str
    expires_at: datetime


@dataclass(frozen=True)
class Administrator:
    """Whose cookie came, and since when that sign-in stands."""

    account: Account
    session_id: str
    signed_in_at: datetime
    expires_at: datetime


def require_administrator(principal: Principal) -> None:
    """Raises NotAllowed for roles that have nothing to do in administration."""
    if not any(is_allowed(principal, one) for one in OPENS):
        require(principal, OPENS[0])


def open_admin_session(
    account: Account, *, address: str = "", user_agent: str = "", now: datetime | None = None
) -> AdminSession:
    """Raises NotAllowed by role, and NotSignedIn when the account changed since its password was compared."""
    require_administrator(account.principal)
    when = now or utc_now()
    cookie = PREFIX + new_secret()
    with writing() as connection:
        add_session(
            connection, account, "browser", when, when + LASTS, cookie_hash=hash_of(cookie), address=address,
            user_agent=user_agent,
        )  # fmt: skip
    return AdminSession(cookie, csrf_token_of(cookie), when + LASTS)


def administrator_of(cookie: str, csrf_token: str, *, now: datetime | None = None) -> Administrator:
    """Who a cookie of `open_admin_session` speaks for.

    Raises NotSignedIn once the session has ended, NotAllowed without its token or when the role has changed.
    """
    if not cookie.startswith(PREFIX):
        raise NotSignedIn("administration.not_signed_in")
    caller = caller_of_cookie(cookie, now=now)
    if not hmac.compare_digest(csrf_token_of(cookie).encode(), csrf_token.encode("utf-8", "replace")):
        raise NotAllowed("administration.csrf_wrong")
    require_administrator(caller.principal)
    times = select(SESSIONS.c.created_at, SESSIONS.c.expires_at).where(SESSIONS.c.id == caller.session_id)
    with reading() as connection:
        row = connection.execute(times).first()
    account = find_account_by_id(caller.principal.id)
    if row is None or account is None:
        raise NotSignedIn("security.session_ended")
    return Administrator(account, caller.session_id, row.created_at, row.expires_at)


def csrf_token_of(cookie: str) -> str:
    """The same for the same cookie, and no way back to it."""
    return hashlib.sha256(f"csrf\0{cookie}".encode("utf-8", "surrogatepass")).hexdigest()
