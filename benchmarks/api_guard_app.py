"""The real application with three empty routes: without guard, with guard and token, and with a guarded outside call.

GUARD_BENCHMARK=bare leaves out what counts and measures requests, so that a second process shows what that costs.
"""

from __future__ import annotations

import os
from typing import Any

from fastapi.routing import APIRoute

from app.api.deps import GuardedRoute, needs
from app.api.main import app
from core.resilience.guarded_call import guarded_call
from core.security.policy import Permission

__all__ = ["app"]

ANSWER: dict[str, Any] = {}


async def empty() -> Any:
    return ANSWER


@needs(Permission.JOBS_READ)
async def empty_guarded() -> Any:
    return ANSWER


async def empty_call() -> Any:
    return guarded_call("benchmark", lambda _limit_s: ANSWER, failures=(OSError,))


def _leave_out_measures() -> None:
    """Neither noted nor told nor stored; id and headers of a request stay."""
    from core.telemetry.request_counts import RequestCounts

    RequestCounts.note = _nothing  # type: ignore[method-assign]
    RequestCounts.start = _nothing  # type: ignore[method-assign]
    RequestCounts.stop = _nothing  # type: ignore[method-assign]


def _nothing(*_arguments: Any, **_options: Any) -> None:
    return None


# First in the list: routes are tried in order.
app.router.routes[:0] = [
    APIRoute("/benchmark/empty", empty, methods=["GET"]),
    GuardedRoute("/benchmark/guarded", empty_guarded, methods=["GET"]),
    APIRoute("/benchmark/call", empty_call, methods=["GET"]),
]
if os.environ.get("GUARD_BENCHMARK") == "bare":
    _leave_out_measures()
