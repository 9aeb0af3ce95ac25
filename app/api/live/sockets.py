"""Talking to clients over WebSockets: those that the server never closes first, and those that it closes with a code.

The CTR frontend reconnects after every close, and shows a simulation of its own where it cannot connect; the chat
frontend understands the codes below (contract chat 2.2).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from fastapi import WebSocket, WebSocketDisconnect

from app.api.languages import error_language
from core.errors import WorkbenchError

Frame = dict[str, Any]
UNAUTHORISED, FORBIDDEN = 4001, 4003  # the chat frontend does not come back
OVERLOADED = 1013  # it does, later
LONGEST_REASON = 123  # bytes that a close frame has room for


async def talk(websocket: WebSocket, frames: AsyncIterator[Frame]) -> None:
    """Accept, send the frames as they come, and stay until the client leaves; what it says is not needed."""
    await websocket.accept()
    telling = asyncio.create_task(_send(websocket, frames))
    leaving = asyncio.create_task(until_gone(websocket))
    try:
        await asyncio.wait((telling, leaving), return_when=asyncio.FIRST_COMPLETED)
        if telling.done():
            telling.result()  # an error of ours is not kept quiet
            await leaving
    except WebSocketDisconnect:
        pass
    finally:
        for task in (telling, leaving):
            task.cancel()
        await asyncio.gather(telling, leaving, return_exceptions=True)


async def _send(websocket: WebSocket, frames: AsyncIterator[Frame]) -> None:
    async with aclosing(frames):  # type: ignore[type-var]
        async for frame in frames:
            await websocket.send_json(frame)


async def until_gone(websocket: WebSocket) -> None:
    """Hear the client out, whatever it sends, until it leaves."""
    while (await websocket.receive())["type"] != "websocket.disconnect":
        pass


def message_of(text: str) -> Frame:
    """What a client sent, or an empty frame where it is no JSON object."""
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return given if isinstance(given, dict) else {}


async def close_with(websocket: WebSocket, code: int, reason: WorkbenchError) -> None:
    """Close an accepted socket, with the sentence as its reason."""
    told = reason.text(error_language(websocket.scope)).encode()[:LONGEST_REASON].decode(errors="ignore")
    await websocket.close(code, told)
