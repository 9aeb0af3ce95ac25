"""The permission each route declares where it is defined, and the guard that holds callers to it:

    router = APIRouter(route_class=GuardedRoute)

    @router.get("/things")
    @needs(Permission.THINGS_READ)
    def list_things(principal: Principal = CALLER) -> Any: ...

A route without a permission cannot be defined. The check runs before the body is read. Who a token speaks for is
found in `callers`; a token that was sent counts in local open mode as well. With `signed_in=True` somebody must have
signed in, in local open mode too; with `by_query=True` (event streams) `?token=` counts beside the header. With
`by_setting="some_token"` the value of that setting, sent as a bearer token, opens this one endpoint: for machines that
have no account. With `by_admin_cookie=True` so does a sign-in to administration: its cookie and, repeated in
`X-CSRF-Token`, its token.

WebSockets are of two kinds, after what their client does with a refusal:
- `guarded_socket(router, "/ws/things")` is never refused: its client takes a refused handshake, or a closed socket,
  for a reason to show figures of its own making. Whoever may not listen is told so once and hears nothing else.
- `closing_socket(router, "/ws/things")` is closed with 4001 or 4003, which its client understands, and is never
  anybody's who did not sign in.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from fastapi import APIRouter, Depends, FastAPI, Request, Response, WebSocket
from fastapi.routing import APIRoute, APIWebSocketRoute, iter_route_contexts
from starlette.requests import HTTPConnection
from starlette.routing import WebSocketRoute
from starlette.types import Receive, Scope, Send

from app.api import admin_cookies, callers, rates
from app.api.languages import error_language
from app.api.live.sockets import FORBIDDEN, OVERLOADED, UNAUTHORISED, close_with, until_gone
from core.errors import NotAllowed, NotSignedIn, WorkbenchError
from core.operations.maintenance import require_open
from core.resilience.rate_limits import has_limit
from core.security.policy import GUEST, LOCAL_ANALYST, Permission, Principal, Role, is_allowed, require
from core.settings.current import get_settings

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


@dataclass(frozen=True)
class Needs:
    """What a caller of an endpoint must hold, and which proof of who asks counts."""

    permission: Permission
    signed_in: bool = False
    by_query: bool = False
    by_setting: str = ""
    by_admin_cookie: bool = False


def needs(
    permission: Permission, *, signed_in: bool = False, by_query: bool = False, by_setting: str = "",
    by_admin_cookie: bool = False,
) -> Callable[[Endpoint], Endpoint]:  # fmt: skip
    """Declare what a caller of the endpoint must hold."""

    def mark(endpoint: Endpoint) -> Endpoint:
        endpoint.needs = Needs(permission, signed_in, by_query, by_setting, by_admin_cookie)  # type: ignore[attr-defined]
        return endpoint

    return mark


class GuardedRoute(APIRoute):
    """Refuses with 401 without a valid token and with 403 without the permission of its endpoint.

    A wrapper rather than a FastAPI dependency: resolving one costs as much as a quarter of a cluster lookup.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        needed = _needs_of(self)
        answer = super().get_route_handler()

        async def admit_and_answer(request: Request) -> Response:
            group = rates.group_of(self)
            is_limited = bool(group) and has_limit(group)
            if is_limited and rates.counts_address(group):
                await rates.admit(request, group)
                is_limited = False
            principal = await _admitted(request, needed)
            if is_limited:
                await rates.admit(request, group, principal)
            request.scope["principal"] = principal
            return await answer(request)

        return admit_and_answer


class GuardedSocketRoute(APIWebSocketRoute):
    """Accepts everybody; its endpoint hears only those who hold its permission and come from a known origin."""

    def __init__(self, path: str, endpoint: Callable[..., Any], *, name: str | None = None) -> None:
        super().__init__(path, endpoint, name=name)
        self.needed = _needs_of(self)
        self._answer, self.app = self.app, self._admit_and_answer

    @property
    def permission(self) -> Permission:
        return self.needed.permission

    async def _admit_and_answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        websocket = WebSocket(scope, receive, send)
        try:
            require_open()
            _require_known_origin(websocket)
            scope["principal"] = await _admitted(websocket, self.needed)
        except WorkbenchError as refusal:
            await self._refuse(websocket, refusal)
        else:
            await self._answer(scope, receive, send)

    async def _refuse(self, websocket: WebSocket, refusal: WorkbenchError) -> None:
        message = refusal.text(error_language(websocket.scope))
        await websocket.accept()
        await websocket.send_json({"type": "log", "level": "error", "message": message})
        await until_gone(websocket)


class ClosingSocketRoute(GuardedSocketRoute):
    """Hears only people who signed in, by header, `?token=` or the chat frontend's cookie; closes on all others."""

    async def _admit_and_answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        websocket = WebSocket(scope, receive, send)
        try:
            scope["principal"] = await admitted_to_socket(websocket, self.needed.permission)
        except WorkbenchError as refusal:
            await websocket.accept()  # a handshake that is refused tells a browser no code
            await close_with(websocket, closing_code(refusal), refusal)
        else:
            await self._answer(scope, receive, send)


def guarded_socket(router: APIRouter, path: str) -> Callable[[Endpoint], Endpoint]:
    """Declare a WebSocket; the endpoint accepts it and finds its caller in `websocket.scope["principal"]`."""
    return _socket(router, path, GuardedSocketRoute)


def closing_socket(router: APIRouter, path: str) -> Callable[[Endpoint], Endpoint]:
    """As `guarded_socket`, for clients that understand close codes; `admitted_to_socket` asks again later on."""
    return _socket(router, path, ClosingSocketRoute)


def _socket(router: APIRouter, path: str, kind: type[GuardedSocketRoute]) -> Callable[[Endpoint], Endpoint]:
    def add(endpoint: Endpoint) -> Endpoint:
        router.routes.append(kind(path, endpoint))
        return endpoint

    return add


async def admitted_to_socket(websocket: WebSocket, permission: Permission) -> Principal:
    """Who may talk on a closing socket. Raises NotSignedIn, NotAllowed, Unavailable.

    A socket can outlive its sign-in: ask again before each thing that is done for it.
    """
    require_open()
    _require_known_origin(websocket)
    principal = await callers.somebody(websocket, by_query=True, by_cookie=True)
    require(principal, permission)
    return principal


def closing_code(refusal: WorkbenchError) -> int:
    """4001 and 4003 stop the client from trying again, 1013 lets it."""
    if isinstance(refusal, NotSignedIn):
        return UNAUTHORISED
    return FORBIDDEN if isinstance(refusal, NotAllowed) else OVERLOADED


def _needs_of(route: APIRoute | APIWebSocketRoute) -> Needs:
    found: Needs | None = getattr(route.endpoint, "needs", None)
    if found is None:
        raise LookupError(f"{route.path} declares no permission; mark its endpoint with needs(...)")
    return found


def _require_known_origin(websocket: WebSocket) -> None:
    """Browsers ask nobody before they open a socket to another origin, so the list of CORS is kept to here."""
    origin = websocket.headers.get("origin")
    if origin is not None and origin not in get_settings().cors_origins:
        raise NotAllowed("api.origin_not_allowed", origin=origin[:200])


async def _caller(request: Request) -> Principal:
    principal: Principal = request.scope["principal"]
    return principal


CALLER = Depends(_caller)


async def _admitted(connection: HTTPConnection, needed: Needs) -> Principal:
    if needed.permission is Permission.PUBLIC and not needed.signed_in:
        # A token that has expired must not stand in the way of signing in again.
        return LOCAL_ANALYST if get_settings().disable_auth else GUEST
    if needed.by_setting and _sent_setting(connection, needed.by_setting):
        return Principal("machine", Role.GUEST, needed.by_setting, frozenset({str(needed.permission)}))
    if needed.by_admin_cookie and admin_cookies.is_sent(connection):
        principal = await callers.administrator(connection)
    elif needed.signed_in:
        principal = await callers.somebody(connection, by_query=needed.by_query)
    else:
        principal = await callers.anybody(connection, by_query=needed.by_query)
    if not is_allowed(principal, needed.permission):
        if principal.id == GUEST.id:
            raise NotSignedIn("security.not_signed_in")
        require(principal, needed.permission)
    return principal


def _sent_setting(connection: HTTPConnection, name: str) -> bool:
    """Whether the bearer token is the value of that setting; never where it is empty."""
    wanted = getattr(get_settings(), name).get_secret_value()
    sent = callers.bearer_of(connection)
    return bool(wanted) and sent is not None and hmac.compare_digest(sent.encode(), wanted.encode())


@dataclass(frozen=True)
class DeclaredRoute:
    """A route of ours and the permission it declares."""

    route: APIRoute
    needed: Needs

    @property
    def permission(self) -> Permission:
        return self.needed.permission

    @property
    def is_public(self) -> bool:
        """Whether nobody needs to be signed in, on any machine."""
        return self.permission is Permission.PUBLIC and not self.needed.signed_in

    @property
    def path(self) -> str:
        return self.route.path

    @property
    def methods(self) -> tuple[str, ...]:
        return tuple(sorted(self.route.methods or ()))


def declared_routes(app: FastAPI) -> tuple[DeclaredRoute, ...]:
    """Every HTTP route of ours. Raises LookupError for a route or WebSocket that goes round the guard."""
    routes = [context.original_route for context in iter_route_contexts(app.routes)]
    unguarded = (APIRoute, WebSocketRoute)
    guarded = (GuardedRoute, GuardedSocketRoute)
    careless = [route.path for route in routes if isinstance(route, unguarded) and not isinstance(route, guarded)]
    if careless:
        raise LookupError(f"{careless} are not guarded; use route_class=GuardedRoute, or guarded_socket")
    return tuple(DeclaredRoute(route, _needs_of(route)) for route in routes if isinstance(route, GuardedRoute))


def declared_sockets(app: FastAPI) -> dict[str, Permission]:
    """Path and permission of every WebSocket."""
    routes = [context.original_route for context in iter_route_contexts(app.routes)]
    return {route.path: route.permission for route in routes if isinstance(route, GuardedSocketRoute)}
