"""What happens around every request: an id, a log line, a body limit and an answer to what nobody caught.

Plain ASGI, because every request pays for it.
"""

from __future__ import annotations

import time
from contextlib import suppress
from uuid import uuid4

from fastapi import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketDisconnect

from app.api.request_lines import shown_path, write_line
from core.telemetry.logs import LEVELS, bind, get_logger
from core.telemetry.request_counts import RequestCounts

REQUEST_ID = "X-Request-ID"
BODY_LIMIT_BYTES = 32 * 1024 * 1024  # of everything but uploaded files, which have a limit of their own
INTERNAL_ERROR = 1011  # RFC 6455, section 7.4.1
_HEADER = REQUEST_ID.lower().encode()


class RequestRecord:
    """Gives every response a fresh UUID4, counts it and writes one structured line about it.

    The outermost of ours, so that preflights, refusals and crashes carry the id as well. Requests are counted
    while the server lives, not for applications that are only called by tests.
    """

    def __init__(self, app: ASGIApp, *, log_level: str = "info") -> None:
        self.app = app
        self.writes_lines = LEVELS[log_level] <= LEVELS["info"]
        self.counts = RequestCounts()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._count_while_serving(scope, receive, send)
            return
        if scope["type"] != "http":
            with self.counts.socket():
                await self.app(scope, receive, send)
            return
        self.counts.open_requests += 1
        started = time.perf_counter()
        request_id = str(uuid4())
        scope["request_id"] = request_id
        bind(request_id=request_id)

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                scope["status"] = message["status"]
                own = scope.get("answer_headers", ())  # what a route wants on whatever it is answered with
                message["headers"] = [*message.get("headers", ()), (_HEADER, request_id.encode()), *own]
            await send(message)

        try:
            await self.app(scope, receive, send_with_id)
        finally:
            seconds = time.perf_counter() - started
            self.counts.open_requests -= 1
            told = {"route": scope.get("route"), "method": scope["method"]}
            self.counts.note(scope["path"], scope.get("status", 0), seconds, **told)
            if self.writes_lines:
                write_line(scope, seconds)

    async def _count_while_serving(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.counts.start()
        try:
            await self.app(scope, receive, send)
        finally:
            self.counts.stop()


class BodyLimit:
    """Refuses a larger body with 413: before reading where its length is announced, else while reading.

    Uploaded files are left to their route, which counts against `upload_limit_mb`.
    """

    def __init__(self, app: ASGIApp, *, limit_bytes: int = BODY_LIMIT_BYTES) -> None:
        self.app = app
        self.limit_bytes = limit_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in ("GET", "HEAD", "OPTIONS"):
            length, content_type = _body_headers(scope)
            if not content_type.startswith(b"multipart/") and (length is None or length > self.limit_bytes):
                receive = self._counted(receive, length or 0)
        await self.app(scope, receive, send)

    def _counted(self, receive: Receive, announced: int) -> Receive:
        received = 0

        async def receive_within_limit() -> Message:
            nonlocal received
            if announced <= self.limit_bytes:
                message = await receive()
                received += len(message.get("body", b""))
                if received <= self.limit_bytes:
                    return message
            raise HTTPException(413, detail={"limit_mb": self.limit_bytes // 1024**2})

        return receive_within_limit


def _body_headers(scope: Scope) -> tuple[int | None, bytes]:
    length, content_type = None, b""
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            length = int(value)
        elif name == b"content-type":
            content_type = value
    return length, content_type


class LastResort:
    """Answers what nobody caught with the same error shape, inside CORS so that browsers can read it.

    What error it was and where it arose goes to the log with the request id, never to the caller.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.log = get_logger("api")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._talk(scope, receive, send)
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        try:
            await self.app(scope, receive, send)
        except Exception as error:
            from app.api.error_responses import unexpected

            values = {"request_id": scope["request_id"], "path": shown_path(scope), "method": scope["method"]}
            self.log.error("unhandled error", exc_info=error, **values)
            if "status" in scope:
                raise  # half an answer is on its way; only closing the connection tells the caller
            await unexpected(scope)(scope, receive, send)

    async def _talk(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A socket whose endpoint fails is closed; left to the server, the text of the error would be in its log."""
        try:
            await self.app(scope, receive, send)
        except WebSocketDisconnect:
            return
        except Exception as error:
            self.log.error("unhandled error", exc_info=error, path=shown_path(scope), method="WEBSOCKET")
            with suppress(Exception):  # the other end may be gone already
                await send({"type": "websocket.close", "code": INTERNAL_ERROR})
