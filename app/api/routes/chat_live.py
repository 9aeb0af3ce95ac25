"""The chat frontend's socket, `/api/chat/ws/{user_id}?token=...` (contract chat 2.2).

A question is answered by the frames status(processing), status(generating) and response, in this order and one
question after the other; ping by pong; feedback by a status. Every frame has `type`, `data` and `timestamp`. Who leaves
stops nothing: the answer is made all the same and stands in the history.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool

from app.api import chat_asking
from app.api.deps import admitted_to_socket, closing_code, closing_socket, needs
from app.api.languages import error_language, label_language
from app.api.live.answers import AnswerFollowing
from app.api.live.sockets import FORBIDDEN, OVERLOADED, Frame, close_with, message_of
from app.api.routes.chat import QuestionBody
from app.api.routes.chat_feedback import FeedbackBody, store_feedback
from app.api.validation_errors import sentence
from app.api.wire.chat import WholeAnswer, whole_answer
from core.errors import BadInput, NotAllowed, NotSignedIn, TooManyRequests, WorkbenchError
from core.messages import say
from core.security.policy import Permission, Principal

if TYPE_CHECKING:
    from core.chat.answering import Update

router = APIRouter()

MOST_SOCKETS = 5  # of one person in one process: pages that are open side by side
MOST_WAITING = 30  # questions of one socket: what a client sent while it was offline comes at once
PROGRESS = {"processing": 10, "generating": 50, "complete": 100}


@closing_socket(router, "/api/chat/ws/{user_id}")
@needs(Permission.CHAT_USE)
async def chat_live(websocket: WebSocket, user_id: str) -> None:
    """Answers as questions come, until the client leaves."""
    principal: Principal = websocket.scope["principal"]
    open_sockets: Counter[str] = websocket.app.state.chat_sockets
    await websocket.accept()
    if user_id != principal.id:
        await close_with(websocket, FORBIDDEN, NotAllowed("api.only_yourself"))
        return
    if open_sockets[principal.id] >= MOST_SOCKETS:
        await close_with(websocket, OVERLOADED, TooManyRequests("api.too_many_sockets", limit=MOST_SOCKETS))
        return
    open_sockets[principal.id] += 1
    try:
        await _talk(ChatSocket(websocket))
    finally:
        open_sockets[principal.id] -= 1
        open_sockets += Counter()  # forgets those with none


async def _talk(chat: ChatSocket) -> None:
    answering = asyncio.create_task(chat.answer_in_turn())
    hearing = asyncio.create_task(chat.hear())
    try:
        await asyncio.wait((answering, hearing), return_when=asyncio.FIRST_COMPLETED)
        for task in (answering, hearing):
            if task.done():
                task.result()  # an error of ours is not kept quiet
    except WebSocketDisconnect:
        pass  # it left while something was being told
    except SignInEnded as ended:
        await close_with(chat.websocket, closing_code(ended.refusal), ended.refusal)
    finally:
        for task in (answering, hearing):
            task.cancel()
        await asyncio.gather(answering, hearing, return_exceptions=True)


class SignInEnded(Exception):
    """The socket outlived the sign-in of its owner, or their permission."""

    def __init__(self, refusal: WorkbenchError) -> None:
        super().__init__(refusal.key)
        self.refusal = refusal


class ChatSocket:
    """One open socket and the questions that wait on it."""

    def __init__(self, websocket: WebSocket) -> None:
        self.websocket = websocket
        self.language, self.errors = label_language(websocket.scope), error_language(websocket.scope)
        self.questions: asyncio.Queue[Frame] = asyncio.Queue(MOST_WAITING)

    async def hear(self) -> None:
        """Take what comes until the client leaves; what can be answered at once is."""
        while True:
            message = await self.websocket.receive()
            if message["type"] == "websocket.disconnect":
                return
            given = await run_in_threadpool(message_of, message.get("text") or "")
            kind, data = given.get("type"), _data(given)
            if kind == "ping":
                await self.tell("pong", {})
            elif kind == "question":
                await self._take(data)
            elif kind == "feedback":
                await self._told_or_refused(self._feedback(data))
            else:
                await self.refuse(BadInput("api.unknown_frame", known="question, ping, feedback"))

    async def answer_in_turn(self) -> None:
        """Answer one question after the other; a reading client can tell the frames of one from those of the next."""
        while True:
            data = await self.questions.get()
            await self._told_or_refused(self._question(data))

    async def tell(self, kind: str, data: Frame) -> None:
        """Send one frame."""
        from core.storage.database import utc_now

        at = utc_now().isoformat().replace("+00:00", "Z")
        await self.websocket.send_json({"type": kind, "data": data, "timestamp": at})

    async def tell_status(self, status: str, message: str = "", **more: Any) -> None:
        """processing, generating or complete, which is all that the client takes for a status."""
        message = message or say(f"api.chat_{status}", self.language)
        await self.tell("status", {**more, "status": status, "progress": PROGRESS[status], "message": message})

    async def refuse(self, error: WorkbenchError) -> None:
        """Say why something could not be done."""
        wait = {"retry_after": error.details["retry_after"]} if "retry_after" in error.details else {}
        await self._tell_error(error.text(self.errors), error.code, **wait)

    async def _tell_error(self, message: str, code: str, **more: Any) -> None:
        await self.tell("error", {"message": message, "error": message, "code": code, **more})

    async def _take(self, data: Frame) -> None:
        try:
            self.questions.put_nowait(data)
        except asyncio.QueueFull:
            await self.refuse(TooManyRequests("api.too_many_questions", limit=MOST_WAITING, retry_after=60))

    async def _told_or_refused(self, telling: Any) -> None:
        try:
            await telling
        except ValidationError as error:
            problems: list[Frame] = [{**one, "loc": ("body", *one["loc"])} for one in error.errors()]
            fields = {".".join(map(str, one["loc"][1:])): sentence(one, self.errors) for one in problems}
            await self._tell_error(next(iter(fields.values())), "VALIDATION_FAILED", field_errors=fields)
        except WorkbenchError as error:
            await self.refuse(error)

    async def _question(self, data: Frame) -> None:
        body = QuestionBody.model_validate(data)
        principal = await self._still_there()
        chat_asking.require_self(body.user_id, principal)
        await self.tell_status("processing")
        question = body.asked(self.language)
        asked = await chat_asking.ask(question, principal=principal)
        is_generating = False

        async def told(update: Update) -> None:
            nonlocal is_generating
            if update.stage != "searching" and not is_generating:
                is_generating = True
                await self.tell_status("generating")

        following: AnswerFollowing = self.websocket.app.state.answer_following
        language = question.language
        message = await chat_asking.whole(
            asked, following, language=language, principal=principal, wait_s=None, told=told
        )
        answer = WholeAnswer.model_validate(whole_answer(message, principal, language))
        await self.tell("response", answer.model_dump(mode="json"))

    async def _feedback(self, data: Frame) -> None:
        body = FeedbackBody.model_validate(data)
        principal = await self._still_there()
        stored = await run_in_threadpool(partial(store_feedback, body, principal, self.language))
        await self.tell_status("complete", stored["message"], feedback_id=stored["feedback_id"])

    async def _still_there(self) -> Principal:
        try:
            return await admitted_to_socket(self.websocket, Permission.CHAT_USE)
        except (NotSignedIn, NotAllowed) as refusal:
            raise SignInEnded(refusal) from refusal


def _data(given: Frame) -> Frame:
    """What the frontend puts into `data`; the former backend read it from the top level."""
    data = given.get("data")
    beside = {name: value for name, value in given.items() if name not in ("type", "data", "timestamp")}
    return {**beside, **data} if isinstance(data, dict) else beside
