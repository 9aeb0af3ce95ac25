"""One table of error class to status, and the one body every handled error has:

    {"error_code", "message", "code", "details", "request_id"}

On the addresses of the chat frontend `success: false` stands beside these, `retry_after` in the body of a 429 as well,
and what cannot be used is 400 with `field_errors` (contract chat 1.1).

`message` is a sentence for a person, `code` names the problem, `error_code` is what the customer frontend's
former backend said. Requests that do not validate keep FastAPI's `detail` list beside these; where an endpoint is
marked with `says_detail`, `detail` is the sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from typing import Any, TypeVar

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.api import rates
from app.api.languages import error_language
from app.api.validation_errors import readable_detail, sentence
from core import errors
from core.messages import say
from core.telemetry.metrics import count_error

STATUS: dict[type[errors.WorkbenchError], int] = {
    errors.TooLarge: 413,
    errors.BadInput: 422,
    errors.NotSignedIn: 401,
    errors.NotAllowed: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.TooManyRequests: 429,
    errors.Unavailable: 503,
    errors.StorageFull: 507,
}
HTTP_KEYS = {
    404: "api.no_such_route",
    405: "api.method_not_allowed",
    408: "network.body_too_slow",
    413: "api.body_too_large",
}
CHAT_ADDRESSES = ("/api/auth/", "/api/chat/", "/api/etl/", "/api/users/")
HTTP_EXCEPTION = "HTTP_EXCEPTION"  # the former backend's name for 401, 403 and unknown addresses

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


def fails_as(error_code: str) -> Callable[[Endpoint], Endpoint]:
    """Name the `error_code` with which an endpoint says that it could not answer (413 and 5xx)."""

    def mark(endpoint: Endpoint) -> Endpoint:
        endpoint.failure_code = error_code  # type: ignore[attr-defined]
        return endpoint

    return mark


def says_detail(statuses: Mapping[str, int] | None = None) -> Callable[[Endpoint], Endpoint]:
    """For clients of APIs that answer with `detail`: the sentence is there as well, and unusable content is 400.

    statuses: by message key, where another status tells more.
    """

    def mark(endpoint: Endpoint) -> Endpoint:
        endpoint.detail_statuses = dict(statuses or {})  # type: ignore[attr-defined]
        return endpoint

    return mark


def install(app: FastAPI) -> None:
    """Let every handled error of `app` answer in this shape."""
    app.add_exception_handler(errors.WorkbenchError, _workbench_error)  # type: ignore[arg-type]
    app.add_exception_handler(HTTPException, _http_error)  # type: ignore[arg-type]
    app.add_exception_handler(RequestValidationError, _validation_error)  # type: ignore[arg-type]


def status_of(error: errors.WorkbenchError, endpoint: object = None) -> int:
    """The status of an error class, or of the nearest class it derives from; 500 for one nobody listed.

    endpoint: one marked with `says_detail` has its say.
    """
    status = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)
    statuses = getattr(endpoint, "detail_statuses", None)
    if statuses is None:
        return status
    # What the API says itself is about the form of a request, which stays 422; the rest is about its content.
    is_content = status == STATUS[errors.BadInput] and not error.key.startswith("api.")
    return int(statuses.get(error.key, 400 if is_content else status))


def unexpected(scope: Mapping[str, Any]) -> Response:
    """The answer to what nobody caught; says nothing about the error itself."""
    count_error("api", "Unexpected")
    message = say("api.unexpected", error_language(scope), request_id=scope["request_id"])
    # A route whose client prints `response` into a bubble says so by this mark; without it the bubble stays blank.
    spoken = _spoken(message) if getattr(scope.get("route"), "says_response", False) else {}
    return _answer(scope, 500, _failure_code(scope) or "INTERNAL_ERROR", "INTERNAL_ERROR", message, {}, more=spoken)


def refusal(scope: MutableMapping[str, Any], error: errors.WorkbenchError) -> Response:
    """The answer to a request that is refused before anybody knows whose client sent it: every way to say why."""
    return _refused(scope, error, more=_spoken(error.text(error_language(scope))))


def _spoken(message: str) -> dict[str, Any]:
    return {"success": False, "detail": message, "response": message}


async def _workbench_error(request: Request, error: errors.WorkbenchError) -> Response:
    return _refused(request.scope, error)


def _refused(
    scope: MutableMapping[str, Any], error: errors.WorkbenchError, *, more: Mapping[str, Any] | None = None
) -> Response:
    count_error(error.key.partition(".")[0], type(error).__name__)
    status = status_of(error, scope.get("endpoint"))
    if status == 422 and _is_chat(scope):
        status = 400
    error_code = error.code
    if status in (401, 403):
        error_code = HTTP_EXCEPTION
    elif status >= 500 or status == 413:
        error_code = _failure_code(scope) or error.code
    message = error.text(error_language(scope))
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    if "retry_after" in error.details:
        headers["Retry-After"] = str(error.details["retry_after"])
    if status == 429:
        # What clients of the perfume routes read (contract fragrance 3), beside what the others do.
        more = {"error": "Too Many Requests", "detail": message, **_wait(error), **(more or {})}
        if error.key == "api.too_many_questions":  # counted with the questions themselves, see chat_asking
            rates.tell(scope, error.details["limit"], 0, error.details["retry_after"])
    return _answer(scope, status, error_code, error.code, message, error.details, headers, more=more)


def _wait(error: errors.WorkbenchError) -> dict[str, Any]:
    return {"retry_after": error.details["retry_after"]} if "retry_after" in error.details else {}


async def https_only(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers what came over plain HTTP where only HTTPS is served."""
    await refusal(scope, errors.NotAllowed("network.https_only"))(scope, receive, send)


async def _http_error(request: Request, error: HTTPException) -> Response:
    given: Mapping[str, Any] = error.detail if isinstance(error.detail, dict) else {}
    details = {**given, "method": request.method, "path": request.url.path, "status": error.status_code}
    if error.status_code == 400:
        key, details["expected"] = "api.body_unreadable", "application/json"
    else:
        key = HTTP_KEYS.get(error.status_code, "api.refused")
    message = say(key, error_language(request.scope), **details)
    code = key.upper().replace(".", "_")
    return _answer(request.scope, error.status_code, HTTP_EXCEPTION, code, message, details, dict(error.headers or {}))


async def _validation_error(request: Request, error: RequestValidationError) -> Response:
    problems = error.errors()
    language = error_language(request.scope)
    body = {
        "detail": [readable_detail(problem) for problem in problems],
        "field_errors": {".".join(map(str, one["loc"][1:])): sentence(one, language) for one in problems[:50]},
    }
    message = sentence(problems[0], language)
    status = 400 if _is_chat(request.scope) else 422
    return _answer(request.scope, status, "VALIDATION_FAILED", "VALIDATION_FAILED", message, {}, more=body)


def _is_chat(scope: Mapping[str, Any]) -> bool:
    return str(scope["path"]).startswith(CHAT_ADDRESSES)


def _for_chat(status: int, message: str, details: Mapping[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = {"success": False}
    if status == 400:
        body["field_errors"] = {str(details["field"]): message} if "field" in details else {}
    if "retry_after" in details:
        body["retry_after"] = details["retry_after"]
    return body


def _failure_code(scope: Mapping[str, Any]) -> str | None:
    return getattr(scope.get("endpoint"), "failure_code", None)


def _answer(
    scope: Mapping[str, Any],
    status: int,
    error_code: str,
    code: str,
    message: str,
    details: Mapping[str, Any],
    headers: Mapping[str, str] | None = None,
    *,
    more: Mapping[str, Any] | None = None,
) -> Response:
    from pydantic_core import to_json

    body = {
        **(_for_chat(status, message, details) if _is_chat(scope) else {}),
        **(more or {}),
        "error_code": error_code,
        "message": message,
        "code": code,
        "details": details,
        "request_id": scope["request_id"],
    }
    if hasattr(scope.get("endpoint"), "detail_statuses"):
        body["detail"] = message
    # Details may hold what a caller sent: numbers JSON has no word for become null, other objects their text.
    content = to_json(body, inf_nan_mode="null", fallback=str)
    return Response(content, status, headers, "application/json")
