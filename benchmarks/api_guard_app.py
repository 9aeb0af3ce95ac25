"""The real application with one more route, /benchmark, of the kind that GUARD_BENCHMARK names.

empty: answers at once; guarded: with guard and token; call: with a guarded outside call that does nothing; bare: as
empty, without what counts and measures requests. One kind to a process, so that each stands first in the list.
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


KIND = os.environ.get("GUARD_BENCHMARK", "empty")
KINDS = {"empty": (APIRoute, empty), "bare": (APIRoute, empty), "guarded": (GuardedRoute, empty_guarded),
         "call": (APIRoute, empty_call)}  # fmt: skip
_route, _endpoint = KINDS[KIND]
app.router.routes.insert(0, _route("/benchmark", _endpoint, methods=["GET"]))
if KIND == "bare":
    _leave_out_measures()
