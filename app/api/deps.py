"""Who is asking, and the permission each route declares where it is defined:

    router = APIRouter(route_class=GuardedRoute)

    @router.get("/things")
    @needs(Permission.THINGS_READ)
    def list_things(principal: Principal = CALLER) -> Any: ...

A route without a permission cannot be defined. The check runs before the body is read. WebSockets are declared
with `guarded_socket(router, "/ws/things")` and are never refused: their client takes a refused handshake, or a closed
socket, for a reason to show figures of its own making. Whoever may not listen is told so once and hears nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from fastapi import APIRouter, Depends, FastAPI, Request, Response, WebSocket
from fastapi.routing import APIRoute, APIWebSocketRoute, iter_route_contexts
from starlette.requests import HTTPConnection
from starlette.routing import WebSocketRoute
from starlette.types import Receive, Scope, Send

from app.api.languages import error_language
from app.api.sockets import until_gone
from core.errors import NotAllowed, NotSignedIn, WorkbenchError
from core.security.policy import GUEST, LOCAL_ANALYST, Permission, Principal, Role, is_allowed, require
from core.settings import get_settings
from core.telemetry.logs import bind

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


def needs(permission: Permission) -> Callable[[Endpoint], Endpoint]:
    """Declare what a caller of the endpoint must hold."""

    def mark(endpoint: Endpoint) -> Endpoint:
        endpoint.permission = permission  # type: ignore[attr-defined]
        return endpoint

    return mark


class GuardedRoute(APIRoute):
    """Refuses with 401 without a valid token and with 403 without the permission of its endpoint.

    A wrapper rather than a FastAPI dependency: resolving one costs as much as a quarter of a cluster lookup.
    """

    @property
    def permission(self) -> Permission:
        return _permission_of(self)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        permission = self.permission
        answer = super().get_route_handler()

        async def admit_and_answer(request: Request) -> Response:
            request.scope["principal"] = _admitted(request, permission)
            return await answer(request)

        return admit_and_answer


class GuardedSocketRoute(APIWebSocketRoute):
    """Accepts everybody; its endpoint hears only those who hold its permission and come from a known origin."""

    def __init__(self, path: str, endpoint: Callable[..., Any], *, name: str | None = None) -> None:
        super().__init__(path, endpoint, name=name)
        self.permission = _permission_of(self)
        self._answer, self.app = self.app, self._admit_and_answer

    async def _admit_and_answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        websocket = WebSocket(scope, receive, send)
        try:
            _require_known_origin(websocket)
            scope["principal"] = _admitted(websocket, self.permission)
        except WorkbenchError as refusal:
            await websocket.accept()
            await websocket.send_json({"type": "log", "level": "error", "message": refusal.text(error_language(scope))})
            await until_gone(websocket)
            return
        await self._answer(scope, receive, send)


def guarded_socket(router: APIRouter, path: str) -> Callable[[Endpoint], Endpoint]:
    """Declare a WebSocket; the endpoint accepts it and finds its caller in `websocket.scope["principal"]`."""

    def add(endpoint: Endpoint) -> Endpoint:
        router.routes.append(GuardedSocketRoute(path, endpoint))
        return endpoint

    return add


def _permission_of(route: APIRoute | APIWebSocketRoute) -> Permission:
    found: Permission | None = getattr(route.endpoint, "permission", None)
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


def _admitted(request: HTTPConnection, permission: Permission) -> Principal:
    settings = get_settings()
    if settings.disable_auth:
        request.scope["user_id"] = LOCAL_ANALYST.id
        return LOCAL_ANALYST
    principal = _identified(request)
    if settings.open_routes:
        principal = replace(principal, granted=frozenset(settings.open_routes))
    if not is_allowed(principal, permission):
        if principal.role is Role.GUEST:
            raise NotSignedIn("security.not_signed_in")
        require(principal, permission)
    request.scope["user_id"] = principal.id
    bind(user_id=principal.id)
    return principal


def _identified(request: HTTPConnection) -> Principal:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        return GUEST
    from core.security.tokens import principal_of

    return principal_of(token.strip())


@dataclass(frozen=True)
class DeclaredRoute:
    """A route of ours and the permission it declares."""

    route: APIRoute
    permission: Permission

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
    return tuple(DeclaredRoute(route, route.permission) for route in routes if isinstance(route, GuardedRoute))


def declared_sockets(app: FastAPI) -> dict[str, Permission]:
    """Path and permission of every WebSocket."""
    routes = [context.original_route for context in iter_route_contexts(app.routes)]
    return {route.path: route.permission for route in routes if isinstance(route, GuardedSocketRoute)}
