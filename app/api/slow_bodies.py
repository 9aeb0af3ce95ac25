"""A request whose body comes too slowly is cut off, so that whoever drips bytes holds nobody's place."""

from __future__ import annotations

import asyncio
import time

from fastapi import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SLOWEST_BYTES_PER_S = 1000  # of a large body on a poor line; less is no upload but an attack
_CUT = {"Connection": "close"}  # the rest of the body would otherwise be waited for


class SlowBodies:
    """Answers 408 to a body that is not there `wait_s` seconds, and one more for each kB that came, after its head."""

    def __init__(self, app: ASGIApp, *, wait_s: float) -> None:
        self.app = app
        self.wait_s = wait_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in ("GET", "HEAD", "OPTIONS"):
            receive = self._timed(receive)
        await self.app(scope, receive, send)

    def _timed(self, receive: Receive) -> Receive:
        ends_at = time.monotonic() + self.wait_s
        is_whole = False

        async def receive_in_time() -> Message:
            nonlocal ends_at, is_whole
            if is_whole:
                return await receive()  # what comes now is only that the caller went away
            try:
                async with asyncio.timeout(max(0.0, ends_at - time.monotonic())):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(408, headers=_CUT) from None
            ends_at += len(message.get("body", b"")) / SLOWEST_BYTES_PER_S
            is_whole = message["type"] != "http.request" or not message.get("more_body", False)
            return message

        return receive_in_time
