"""Who asks, by the token that came with a request or a socket. What a caller may do is decided in `deps`.

Looked up once for each request and remembered nowhere: a logout counts for the next request in every process.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection

from app.api.admin_cookies import administrator_of
from core.errors import NotSignedIn
from core.security.policy import GUEST, LOCAL_ANALYST, Principal, opened
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


async def administrator(connection: HTTPConnection) -> Principal:
    """Whoever signed in to administration by cookie. Raises NotSignedIn, NotAllowed without the cookie's token."""
    found = await run_in_threadpool(administrator_of, connection)
    principal = found.account.principal
    connection.scope["session_id"] = found.session_id
    connection.scope["user_id"] = principal.id
    bind(user_id=principal.id)
    return _with_open_routes(principal)


async def _speaks_for(connection: HTTPConnection, token: str) -> Principal:
    caller_of, is_quick = _looking_up()
    if is_quick() and not get_settings().jwks_url:
        caller = caller_of(token)
    else:
        caller = await run_in_threadpool(caller_of, token)  # asks a server, of the database or of a provider's keys
    connection.scope["session_id"] = caller.session_id
    connection.scope["user_id"] = caller.principal.id
    bind(user_id=caller.principal.id)
    return _with_open_routes(caller.principal)


@cache
def _looking_up() -> tuple[Callable[[str], Caller], Callable[[], bool]]:
    """Loaded with the first token, named once: every request comes here."""
    from core.accounts.callers import caller_of
    from core.storage.quick_reading import is_quick

    return caller_of, is_quick


def _with_open_routes(principal: Principal) -> Principal:
    words = get_settings().open_routes
    return replace(principal, granted=opened(words)) if words else principal


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
