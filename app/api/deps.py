"""Who is asking, and the permission each route declares: `principal: Principal = needs(Permission.X)`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fastapi import Depends, Request
from fastapi.routing import APIRoute

from core.errors import NotSignedIn
from core.security.policy import GUEST, LOCAL_ANALYST, Permission, Principal, is_allowed, require
from core.settings import Settings, get_settings
from core.telemetry.logs import bind


class Needs:
    """A dependency that yields the principal, or refuses: 401 without a valid token, 403 without the permission."""

    def __init__(self, permission: Permission) -> None:
        self.permission = permission

    async def __call__(self, request: Request) -> Principal:
        settings = get_settings()
        if settings.disable_auth:
            request.scope["user_id"] = LOCAL_ANALYST.id
            return LOCAL_ANALYST
        principal = self._identified(request, settings)
        request.scope["user_id"] = principal.id
        bind(user_id=principal.id)
        return principal

    def _identified(self, request: Request, settings: Settings) -> Principal:
        open_to_all = frozenset(settings.open_routes)
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and token.strip():
            from core.security.tokens import principal_of

            principal = principal_of(token.strip())
            if not is_allowed(principal, self.permission, granted=open_to_all):
                require(principal, self.permission)
            return principal
        if not is_allowed(GUEST, self.permission, granted=open_to_all):
            raise NotSignedIn("security.not_signed_in")
        return GUEST


def needs(permission: Permission) -> Any:
    """Declare what a route needs, in the signature of its endpoint."""
    return Depends(Needs(permission))


def permissions_of(route: APIRoute) -> tuple[Permission, ...]:
    """The permissions a route declares: exactly one on a route that follows the rules."""
    return tuple(_declared(route.dependant.dependencies))


def _declared(dependencies: Iterable[Any]) -> Iterable[Permission]:
    for dependency in dependencies:
        if isinstance(dependency.call, Needs):
            yield dependency.call.permission
        yield from _declared(dependency.dependencies)
