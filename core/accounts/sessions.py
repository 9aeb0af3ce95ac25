"""Sessions in the database: one for each sign-in, of the pages (a cookie) or of an API client (a pair of tokens).

Every request asks the database whether its session stands, so a logout, a disabled account or a new role counts for
the very next request in every process. The question is one look-up by primary key; on SQLite it is first asked
whether anything in the file changed at all, and if not, the answer of the request before is still the one.
At rest there are only hashes of cookies and refresh tokens.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import uuid4

from sqlalchemy import ColumnElement, Connection, bindparam, delete, insert, select, update

from core.accounts import last_seen
from core.accounts.accounts import ACCOUNTS, Account, may_touch
from core.errors import NotFound, NotSignedIn
from core.security.access_tokens import read_access_token
from core.security.policy import Principal, Role
from core.settings.current import Settings, get_settings
from core.storage import audit, quick_reading, tables
from core.storage.database import reading, utc_now, writing
from core.storage.quick_reading import QuickQuestion

SESSIONS = tables.sessions
Kind = Literal["browser", "client"]
Because = Literal["logout", "reuse", "password", "disabled", "everywhere"]
KEPT_DAYS = 30  # how long an ended session stays to be looked up
MOST_KNOWN = 4096  # callers
LONGEST_ADDRESS = 64
LONGEST_USER_AGENT = 300

_JOINED = select(
    SESSIONS.c.id, SESSIONS.c.kind, SESSIONS.c.expires_at, SESSIONS.c.ended_at,
    SESSIONS.c.last_seen_at, SESSIONS.c.owner, ACCOUNTS.c.role, ACCOUNTS.c.display_name, ACCOUNTS.c.disabled_at,
).join(ACCOUNTS, ACCOUNTS.c.id == SESSIONS.c.owner)  # fmt: skip
# Built once: every request asks one of them.
_BY_ID = QuickQuestion(_JOINED.where(SESSIONS.c.id == bindparam("wanted")))
_BY_COOKIE = QuickQuestion(_JOINED.where(SESSIONS.c.cookie_hash == bindparam("wanted")))


@dataclass(frozen=True)
class Caller:
    """Who asks, and through which session."""

    principal: Principal
    session_id: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class _Known:
    """A caller as the database told at `version`: while nothing at all was changed there, nothing of it was."""

    caller: Caller
    until: datetime
    last_seen_at: datetime | None
    version: tuple[int, int]
    settings: Settings

    def still_holds(self, version: tuple[int, int] | None, now: datetime) -> bool:
        return self.version == version and now < self.until and self.settings is get_settings()


_known: dict[str, _Known] = {}  # by access token


@dataclass(frozen=True)
class BrowserSession:
    """What the pages put into their cookie; `cookie` is told once and kept nowhere."""

    id: str
    cookie: str
    expires_at: datetime


@dataclass(frozen=True)
class SessionSeen:
    """A session that stands, as its owner sees it. address, user_agent: where and by what it was opened, if known."""

    id: str
    kind: Kind
    created_at: datetime
    last_seen_at: datetime | None
    expires_at: datetime
    address: str | None
    user_agent: str | None


def open_browser_session(
    account: Account, *, address: str = "", user_agent: str = "", now: datetime | None = None
) -> BrowserSession:
    """A session for the pages. Raises NotSignedIn when the account changed since its password was compared."""
    when = now or utc_now()
    cookie = new_secret()
    settings = get_settings()
    expires_at = when + timedelta(days=min(settings.refresh_token_days, settings.session_days))
    with writing() as connection:
        session_id = add_session(
            connection, account, "browser", when, expires_at, cookie_hash=hash_of(cookie), address=address,
            user_agent=user_agent,
        )  # fmt: skip
    return BrowserSession(session_id, cookie, expires_at)


def caller_of_token(token: str, *, now: datetime | None = None) -> Caller:
    """Who an access token of ours speaks for. Raises NotSignedIn once its session has ended, at once everywhere."""
    when = now or utc_now()
    version = quick_reading.version()
    if (known := known_caller(token, version, when)) is not None:
        return known
    claims = read_access_token(token, now=when)
    caller, row = _found(_BY_ID, claims.session_id, when)
    if caller.kind != "client":
        raise NotSignedIn("security.token_invalid")
    if version is not None:
        if len(_known) >= MOST_KNOWN:
            _known.clear()
        until = min(claims.expires_at, row["expires_at"])
        _known[token] = _Known(caller, until, row["last_seen_at"], version, get_settings())
    return caller


def known_caller(token: str, version: tuple[int, int] | None, now: datetime) -> Caller | None:
    """Who the token spoke for when it came last, where nothing in the database was changed since; else None.

    version: of `quick_reading`, read just now.
    """
    known = _known.get(token)
    if known is None or not known.still_holds(version, now):
        return None
    last_seen.remember(known.caller.session_id, known.last_seen_at, now)
    return known.caller


def caller_of_cookie(cookie: str, *, now: datetime | None = None) -> Caller:
    """Who a browser's cookie speaks for. Raises NotSignedIn."""
    return _found(_BY_COOKIE, hash_of(cookie), now or utc_now())[0]


def list_sessions(account_id: str, *, principal: Principal, now: datetime | None = None) -> tuple[SessionSeen, ...]:
    """The sessions of an account that stand, last seen first. Raises NotFound for another's account."""
    if not may_touch(account_id, principal):
        raise NotFound("security.no_such_account", name=account_id)
    columns = [SESSIONS.c[name] for name in SessionSeen.__dataclass_fields__]
    standing = (
        SESSIONS.c.owner == account_id,
        SESSIONS.c.ended_at.is_(None),
        SESSIONS.c.expires_at > (now or utc_now()),
    )
    query = select(*columns).where(*standing).order_by(SESSIONS.c.last_seen_at.desc(), SESSIONS.c.created_at.desc())
    with reading() as connection:
        return tuple(SessionSeen(**row) for row in connection.execute(query).mappings())


def end_session(session_id: str, *, principal: Principal) -> None:
    """Log out: the session, its access tokens and its refresh tokens work no more. Raises NotFound for another's."""
    with writing() as connection:
        owner = connection.execute(select(SESSIONS.c.owner).where(SESSIONS.c.id == session_id)).scalar()
        if owner is None or not may_touch(owner, principal):
            raise NotFound("security.no_such_session", id=session_id)
        if end_where(connection, SESSIONS.c.id == session_id, "logout"):
            audit.note(connection, principal, "session.ended", owner, session=session_id)


def end_all_sessions(account_id: str, *, principal: Principal, except_id: str = "") -> int:
    """Log an account out everywhere, or everywhere else (`except_id`); how many sessions that were."""
    if not may_touch(account_id, principal):
        raise NotFound("security.no_such_account", name=account_id)
    with writing() as connection:
        ended = end_where(connection, (SESSIONS.c.owner == account_id) & (SESSIONS.c.id != except_id), "everywhere")
        if ended:
            audit.note(connection, principal, "session.ended", account_id, sessions=ended)
    return ended


def forget_old(connection: Connection, now: datetime) -> None:
    """Remove sessions that are long over."""
    connection.execute(delete(SESSIONS).where(SESSIONS.c.expires_at < now - timedelta(days=KEPT_DAYS)))


def add_session(
    connection: Connection, account: Account, kind: Kind, now: datetime, expires_at: datetime, *,
    cookie_hash: str | None = None, address: str = "", user_agent: str = "",
) -> str:  # fmt: skip
    """The id of a new session. Raises NotSignedIn when the account was disabled or its password changed meanwhile."""
    state = select(ACCOUNTS.c.password_changed_at, ACCOUNTS.c.disabled_at).where(ACCOUNTS.c.id == account.id)
    row = connection.execute(state.with_for_update()).first()
    if row is None or row.disabled_at is not None or row.password_changed_at != account.password_changed_at:
        raise NotSignedIn("security.session_ended")
    session_id = str(uuid4())
    values = {
        "id": session_id, "owner": account.id, "kind": kind, "cookie_hash": cookie_hash,
        "created_at": now, "expires_at": expires_at, "last_seen_at": now,
        "address": _printable(address, LONGEST_ADDRESS), "user_agent": _printable(user_agent, LONGEST_USER_AGENT),
    }  # fmt: skip
    connection.execute(insert(SESSIONS).values(**values))
    audit.note(connection, account.principal, "session.opened", account.id, session=session_id, kind=kind)
    return session_id


def end_where(connection: Connection, condition: ColumnElement[bool], because: Because) -> int:
    """End the sessions that still stand among those meant; how many."""
    ending = update(SESSIONS).where(condition, SESSIONS.c.ended_at.is_(None))
    return connection.execute(ending.values(ended_at=utc_now(), ended_because=because)).rowcount


def require_standing(row: Mapping[Any, Any], now: datetime) -> None:
    """Raises NotSignedIn unless the session of a joined row stands and its account may sign in."""
    if row["ended_at"] is not None or row["disabled_at"] is not None:
        raise NotSignedIn("security.session_ended")
    if row["expires_at"] <= now:
        raise NotSignedIn("security.token_expired")


def new_secret() -> str:
    """256 random bits as text."""
    return secrets.token_urlsafe(32)


def hash_of(secret: str) -> str:
    """What is kept of a random secret; one round is enough where nobody can guess."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _found(question: QuickQuestion, wanted: str, now: datetime) -> tuple[Caller, Mapping[Any, Any]]:
    row = question.first(wanted)
    if row is None:
        raise NotSignedIn("security.session_ended")
    require_standing(row, now)
    last_seen.remember(row["id"], row["last_seen_at"], now)
    return Caller(Principal(row["owner"], Role(row["role"]), row["display_name"]), row["id"], row["kind"]), row


def _printable(text: str, longest: int) -> str | None:
    return "".join(character for character in text if character.isprintable())[:longest].strip() or None
