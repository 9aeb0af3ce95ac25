"""A socket that tells the verdict on each picture as it is done; `/ws/similarity?domain=...&top_k=...`.

The client sends a picture as a binary frame, or as JSON `{"id", "name", "url"}` or `{"id", "name", "content"}`, content
in base64. JSON `{"domain", "top_k"}` without a picture holds for those that follow. Each picture is answered once, with
its `id` and `number`, `{"type": "match", ...}` or `{"type": "error", "status", "code", "message", "detail"}`, in the
order in which they are done. While several are being looked at the server reads no further: a client that sends faster
than pictures are recognised is slowed down by its own connection.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import MutableMapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from starlette.concurrency import run_in_threadpool

from app.api.deps import guarded_socket, needs
from app.api.image_requests import question
from app.api.languages import error_language, label_language
from app.api.live.sockets import Frame, message_of
from app.api.routes.images_batch import problem_of
from app.api.served_images import Question, ServedImages
from app.api.wire.images import match_answer
from core.errors import BadInput, WorkbenchError
from core.security.policy import Permission

if TYPE_CHECKING:
    from core.images.matching import Recognition

router = APIRouter()

IN_FLIGHT = 4  # pictures of one socket that are being looked at
LONGEST_ID = 200  # characters


@dataclass(frozen=True)
class SentPicture:
    """One picture of the client, what it is asked, and where its content comes from."""

    about: Frame
    name: str
    asked: Question | WorkbenchError
    content: bytes | None = None
    encoded: str | None = None
    url: str | None = None


@guarded_socket(router, "/ws/similarity")
@needs(Permission.IMAGES_READ)
async def match_live(websocket: WebSocket) -> None:
    """Verdicts as pictures arrive, until the client leaves."""
    await websocket.accept()
    conversation = Conversation(websocket)
    answering: set[asyncio.Task[None]] = set()
    places = asyncio.Semaphore(IN_FLIGHT)

    def done(task: asyncio.Task[None]) -> None:
        answering.discard(task)
        places.release()

    try:
        async with asyncio.TaskGroup() as tasks:  # an error of ours ends the whole, and is logged
            while True:
                await places.acquire()
                message = await websocket.receive()
                if message["type"] == "websocket.disconnect":
                    for task in answering:
                        task.cancel()
                    return
                picture = await conversation.hear(message)
                if picture is None:
                    places.release()
                else:
                    task = tasks.create_task(conversation.answer(picture))
                    answering.add(task)
                    task.add_done_callback(done)
    except* WebSocketDisconnect:
        pass  # it left while something was being told


class Conversation:
    """One socket: what its pictures are asked, and how many have come."""

    def __init__(self, websocket: WebSocket) -> None:
        self.websocket = websocket
        self.images: ServedImages = websocket.app.state.images
        self.language, self.errors = label_language(websocket.scope), error_language(websocket.scope)
        self.asked = self._question(dict(websocket.query_params))
        self.count = 0

    async def hear(self, message: MutableMapping[str, Any]) -> SentPicture | None:
        """The picture of a message; None for settings, which are answered here and hold from now on."""
        given: Frame = {}
        content: bytes | None = message.get("bytes")
        if content is None:
            given = await run_in_threadpool(message_of, message.get("text") or "")
            if given.keys() & {"domain", "top_k"} and not given.keys() & {"url", "content"}:
                await self._change_settings(given)
                return None
        self.count += 1
        sent_id = given.get("id")
        sent_id = sent_id[:LONGEST_ID] if isinstance(sent_id, str) else sent_id if isinstance(sent_id, int) else None
        return SentPicture(
            {"id": sent_id, "number": self.count},
            str(given.get("name") or f"picture {self.count}"),
            self.asked,
            content,
            _text(given, "content"),
            _text(given, "url"),
        )

    async def answer(self, picture: SentPicture) -> None:
        """Tell the verdict on one picture, or why there is none."""
        try:
            found = await self._recognised(picture)
        except WorkbenchError as error:
            told = {"type": "error", **picture.about, **problem_of(error, self.errors)}
        else:
            told = {"type": "match", **picture.about, **match_answer(found, self.language)}
        await self.websocket.send_json(told)

    async def _recognised(self, picture: SentPicture) -> Recognition:
        if isinstance(picture.asked, WorkbenchError):
            raise picture.asked
        if picture.url is not None:
            return await self.images.recognise_address(picture.url, picture.asked)
        if picture.content is None and picture.encoded is None:
            raise BadInput("api.no_picture_in_message")
        return await self.images.recognise(partial(_content, picture), picture.name, picture.asked)

    async def _change_settings(self, given: Frame) -> None:
        self.asked = self._question(given)
        if isinstance(self.asked, WorkbenchError):
            told = {"type": "error", "id": None, "number": None, **problem_of(self.asked, self.errors)}
        else:
            told = {"type": "settings", "domain": self.asked.domain, "top_k": self.asked.top_k}
        await self.websocket.send_json(told)

    def _question(self, given: Frame) -> Question | WorkbenchError:
        """What the pictures that follow are asked, or why they cannot be."""
        try:
            return question(given, None, None, self.websocket.scope["principal"])
        except WorkbenchError as error:
            return error


def _text(given: Frame, name: str) -> str | None:
    return given[name] if isinstance(given.get(name), str) else None


def _content(picture: SentPicture) -> bytes:
    """The bytes as they came, or behind base64, with or without the beginning of a data: address."""
    if picture.content is not None:
        return picture.content
    encoded = picture.encoded or ""
    try:
        return base64.b64decode(encoded.partition(",")[2] if encoded.startswith("data:") else encoded, validate=True)
    except ValueError as error:
        raise BadInput("api.not_base64") from error
