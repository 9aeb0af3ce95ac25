"""How the addresses of perfumery say that they cannot answer, for clients of the service that stood here before.

What cannot be used is 400 there; a brief that can be read but not met stays 422. `detail` and `response` hold the
sentence beside `message`: one client prints `response` into a bubble of its chat, whatever the status.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.responses import JSONResponse

from app.api.deps import GuardedRoute
from app.api.languages import label_language
from core.errors import WorkbenchError
from core.messages import Language

NOT_MET = {
    "fragrance_generation.brief_infeasible", "fragrance_generation.catalogue_too_small",
    "fragrance_generation.none_found", "fragrance_generation.only_near_duplicates",
    "fragrance_generation.prohibited_wanted", "fragrance_generation.wanted_and_excluded",
}  # fmt: skip
BESIDE = "said_beside"


class PerfumeryRoute(GuardedRoute):
    """A guarded route whose refusals speak in the ways that clients of perfumery look for."""

    says_response = True  # read by `error_responses.unexpected`

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()

        async def answer_or_say_why(request: Request) -> Response:
            try:
                return await answer(request)
            except (WorkbenchError, RequestValidationError) as problem:
                kind = WorkbenchError if isinstance(problem, WorkbenchError) else RequestValidationError
                said: Response = await request.app.exception_handlers[kind](request, problem)
                return _spoken(said, problem, request.scope.get(BESIDE, {}))

        return answer_or_say_why


def say_beside(request: Request, **fields: str) -> None:
    """Fields that a refusal of this request carries as well."""
    request.scope[BESIDE] = fields


def language_of(request: Request) -> Language:
    """Of all that is told: Korean unless the caller prefers English."""
    return "en" if label_language(request.scope) == "en" else "ko"


def _spoken(said: Response, problem: Exception, beside: dict[str, str]) -> Response:
    body = json.loads(bytes(said.body))
    body |= {**beside, "success": False, "detail": body["message"], "response": body["message"]}
    is_not_met = isinstance(problem, WorkbenchError) and problem.key in NOT_MET
    status = 400 if said.status_code == 422 and not is_not_met else said.status_code
    kept = {name: value for name, value in said.headers.items() if name not in ("content-length", "content-type")}
    return JSONResponse(body, status, kept)
