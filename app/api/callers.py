"""Who asks, by the token that came with a request or a socket. What a caller may do is decided in `deps`.

Looked up once for each request and remembered nowhere: a logout counts for the next request in every process.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection

from core.errors import NotSignedIn
from core.security.policy import GUEST, LOCAL_ANALYST, Principal
from core.settings.current import get_settings
from core.telemetry.logs import bind

if TYPE_CHECKING:
    from core.accounts.sessions import Caller

COOKIE = "access_token"  # the chat frontend's own script sets it, for every port of its host


async def anybody(connection: HTTPConnection, *, by_query: bool = False) -> Principal:
    """The caller; without a token a guest, in local open mode the local analyst. Raises NotSignedIn for a bad token."""
    token = _sent_token(connection, by_query, by_cookie=False)
    if token is not None:
        return await _speaks_for(connection, token)
    if get_settings().disable_auth:
        connection.scope["user_id"] = LOCAL_ANALYST.id
        return LOCAL_ANALYST
    return _with_open_routes(GUEST)


async def somebody(connection: HTTPConnection, *, by_query: bool = False, by_cookie: bool = False) -> Principal:
    """A person who signed in, also in local open mode. Raises NotSignedIn.

    by_query: `?token=` counts as well, for event streams and sockets, which cannot send a header.
    by_cookie: so does the chat frontend's cookie. Every page on that host makes a browser send it, so ask only after
    the origin was checked.
    """
    token = _sent_token(connection, by_query, by_cookie)
    if token is None:
        raise NotSignedIn("security.not_signed_in")
    return await _speaks_for(connection, token)


async def _speaks_for(connection: HTTPConnection, token: str) -> Principal:
    caller = await run_in_threadpool(_caller_of, token)  # asks the database, which may be slow
    connection.scope["session_id"] = caller.session_id
    connection.scope["user_id"] = caller.principal.id
    bind(user_id=caller.principal.id)
    return _with_open_routes(caller.principal)


def _caller_of(token: str) -> Caller:
    from core.accounts.callers import caller_of

    return caller_of(token)


def _with_open_routes(principal: Principal) -> Principal:
    opened = get_settings().open_routes
    return replace(principal, granted=frozenset(opened)) if opened else principal


def bearer_of(connection: HTTPConnection) -> str | None:
    """The token of the Authorization header, not judged yet."""
    for name, value in connection.scope["headers"]:  # as they came: every request pays for a friendlier way
        if name == b"authorization":
            scheme, _, token = value.decode("latin-1").partition(" ")
            return token.strip() or None if scheme.lower() == "bearer" else None
    return None


def _sent_token(connection: HTTPConnection, by_query: bool, by_cookie: bool) -> str | None:
    if token := bearer_of(connection):
        return token
    if by_query and (asked := connection.query_params.get("token", "").strip()):
        return asked
    return connection.cookies.get(COOKIE) or None if by_cookie else None
