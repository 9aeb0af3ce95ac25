"""Who is asking, and the permission each route declares where it is defined:

    router = APIRouter(route_class=GuardedRoute)

    @router.get("/things")
    @needs(Permission.THINGS_READ)
    def list_things(principal: Principal = CALLER) -> Any: ...

A route without a permission cannot be defined. The check runs before the body is read.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from fastapi import Depends, FastAPI, Request, Response
from fastapi.routing import APIRoute, iter_route_contexts

from core.errors import NotSignedIn
from core.security.policy import GUEST, LOCAL_ANALYST, Permission, Principal, is_allowed, require
from core.settings import Settings, get_settings
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
        found: Permission | None = getattr(self.endpoint, "permission", None)
        if found is None:
            raise LookupError(f"{self.path} declares no permission; mark its endpoint with needs(...)")
        return found

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        permission = self.permission
        answer = super().get_route_handler()

        async def admit_and_answer(request: Request) -> Response:
            request.scope["principal"] = _admitted(request, permission)
            return await answer(request)

        return admit_and_answer


async def _caller(request: Request) -> Principal:
    principal: Principal = request.scope["principal"]
    return principal


CALLER = Depends(_caller)


def _admitted(request: Request, permission: Permission) -> Principal:
    settings = get_settings()
    if settings.disable_auth:
        request.scope["user_id"] = LOCAL_ANALYST.id
        return LOCAL_ANALYST
    principal = _identified(request)
    if not is_allowed(principal, permission, granted=_granted(settings)):
        if principal is GUEST:
            raise NotSignedIn("security.not_signed_in")
        require(principal, permission)
    request.scope["user_id"] = principal.id
    bind(user_id=principal.id)
    return principal


def _identified(request: Request) -> Principal:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        return GUEST
    from core.security.tokens import principal_of

    return principal_of(token.strip())


def _granted(settings: Settings) -> frozenset[str]:
    return frozenset(settings.open_routes)


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
    """Every route of ours. Raises LookupError for one that goes round the guard."""
    routes = [context.original_route for context in iter_route_contexts(app.routes)]
    careless = [route.path for route in routes if isinstance(route, APIRoute) and not isinstance(route, GuardedRoute)]
    if careless:
        raise LookupError(f"{careless} are not guarded; give their router route_class=GuardedRoute")
    return tuple(DeclaredRoute(route, route.permission) for route in routes if isinstance(route, GuardedRoute))
