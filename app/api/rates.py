"""Which routes are counted against a rate, for whom, and the headers that tell callers how much is left.

A route belongs to the group named like its capability (`main.CAPABILITIES`) unless its endpoint names another:

    @router.post("/login")
    @limited("sign_in")
    @needs(Permission.PUBLIC)
    async def login(...): ...

Only groups that the setting `rate_limits` names are counted; for the others a request pays for one look-up.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, MutableMapping
from typing import Any, TypeVar

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import APIRouter
from starlette.requests import Request

from core.errors import TooManyRequests
from core.resilience import rate_limits
from core.security.forwarding import network_of
from core.security.policy import GUEST, LOCAL_ANALYST, Principal

RATE_HEADERS = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")
COUNTS_AT_ONCE = 8  # threads that wait for the server which counts for several machines
_NAMES = tuple(name.lower().encode() for name in RATE_HEADERS)

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


def limited(group: str) -> Callable[[Endpoint], Endpoint]:
    """Count requests to an endpoint with `group` instead of with its capability."""

    def mark(endpoint: Endpoint) -> Endpoint:
        endpoint.rate_group = group  # type: ignore[attr-defined]
        return endpoint

    return mark


def count_as(group: str, routers: Iterable[APIRouter]) -> None:
    """Put the routes of a capability into its group, except those that name their own."""
    for router in routers:
        for route in router.routes:
            endpoint = getattr(route, "endpoint", None)
            route.rate_group = getattr(endpoint, "rate_group", group)  # type: ignore[attr-defined]


def group_of(route: Any) -> str:
    """The group a route is counted in; "" for one of none."""
    found: str = getattr(route, "rate_group", "") or getattr(route.endpoint, "rate_group", "")
    return found


def counts_address(group: str) -> bool:
    """Whether a group counts network addresses, whoever signed in: before anybody is asked who they are."""
    return group in rate_limits.BY_ADDRESS


async def admit(request: Request, group: str, principal: Principal | None = None) -> None:
    """Count a request to a limited group. Raises TooManyRequests.

    principal: who asks, for groups that count people; nobody in particular counts by network address.
    """
    address = request.client.host if request.client is not None else ""
    if rate_limits.is_free(address):
        return
    is_person = principal is not None and principal.id not in (GUEST.id, LOCAL_ANALYST.id)
    key = f"id:{principal.id}" if is_person and principal is not None else f"at:{network_of(address)}"
    try:
        if rate_limits.waits_for_network():
            admitted = await run_sync(rate_limits.check, group, key, limiter=_places())
        else:
            admitted = rate_limits.check(group, key)  # a tenth of a millisecond, less than a thread takes
    except TooManyRequests as refusal:
        wait_s = int(str(refusal.details["retry_after"]))
        tell(request.scope, int(str(refusal.details["limit"])), 0, wait_s)
        raise
    tell(request.scope, admitted.limit, admitted.remaining, admitted.reset_s)


def tell(scope: MutableMapping[str, Any], limit: int, remaining: int, reset_s: float) -> None:
    """Put the headers on whatever this request is answered with. reset_s: until the next window [s]."""
    values = (limit, remaining, round(time.time() + reset_s))
    scope["answer_headers"] = [(name, str(value).encode()) for name, value in zip(_NAMES, values, strict=True)]


_limiter: CapacityLimiter | None = None


def _places() -> CapacityLimiter:
    global _limiter  # noqa: PLW0603 - it belongs to the running loop, of which a process has one
    if _limiter is None:
        _limiter = CapacityLimiter(COUNTS_AT_ONCE)
    return _limiter
