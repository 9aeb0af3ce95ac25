"""An answer while it is made, followed as an event stream and stopped; and the passages that answers rest on."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from app.api.deps import CALLER, GuardedRoute, needs
from app.api.languages import label_language
from app.api.live.answers import AnswerFollowing
from app.api.wire.chat import WholeAnswer, whole_answer
from core.security.policy import Permission, Principal

router = APIRouter(prefix="/api/chat", tags=["chat"], route_class=GuardedRoute)

DONE = "done"  # the last event's id: a browser that comes back with it has heard everything
LARGEST = 2**31 - 1  # number of a row
STILL_HERE_S = 10.0  # a quiet stream says so, or whoever stands between closes it
NOT_KEPT = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}  # or what stands between would collect events
_PASSAGE: dict[str, Any] = {
    "id": 17, "text": "구매 후 30일 안에 환불할 수 있습니다.", "document_id": "3d0c1a52-8b8e-4f7e-9d0e-0f4b1f9f2f11",
    "collection_id": "b0c1a520-8b8e-4f7e-9d0e-0f4b1f9f2f11", "title": "환불 규정", "doc_type": None, "version": 1,
    "number": 3, "page": 2, "last_page": 2, "sheet": None, "heading_path": ["환불 규정"], "start": 120, "end": 144,
    "is_current": True,
}  # fmt: skip


class StoppedAnswer(BaseModel):
    """How the answer is now; one that is being written ends within a moment."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"message_id": "8b1c5f3e-6c0b-4f7e-9d0e-0f4b1f9f2f11", "state": "stopped"}}
    )
    message_id: str
    state: str = Field(description="generating, done, stopped, failed or interrupted")


class PassageAnswer(BaseModel):
    """A passage where it stands; start and end are its place in the text of that version of the document."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"example": _PASSAGE})
    id: int
    text: str
    document_id: str
    collection_id: str
    title: str
    doc_type: str | None
    version: int
    number: int
    page: int | None
    last_page: int | None
    sheet: str | None
    heading_path: list[str]
    start: int
    end: int
    is_current: bool = Field(description="false when the document has changed since")


@router.get("/answers/{answer_id}/events", response_class=StreamingResponse)
@needs(Permission.CHAT_USE, by_query=True)
async def follow_answer(
    answer_id: str,
    request: Request,
    principal: Principal = CALLER,
    last_event_id: Annotated[str | None, Header(description="`done` is answered with 204: there is no more")] = None,
) -> Response:
    """An answer as it is made, as a stream of JSON with `type`: `stage`, `text` (all of it so far), at last `done`.

    It begins with what has happened already, so a page may come back to it at any time.
    """
    from core.chat.messages import answer_state

    await run_in_threadpool(answer_state, answer_id, principal=principal)  # 404 while it can be told
    if last_event_id == DONE:
        return Response(status_code=204)
    following: AnswerFollowing = request.app.state.answer_following
    told = _told(following, answer_id, principal, label_language(request.scope))
    return StreamingResponse(told, media_type="text/event-stream", headers=NOT_KEPT)


@router.post("/answers/{answer_id}/stop", response_model=StoppedAnswer)
@needs(Permission.CHAT_USE)
def stop_answer(answer_id: str, principal: Principal = CALLER) -> Any:
    """Stop an answer that is being made; what was written so far stays."""
    from core.chat.answering import stop
    from core.chat.messages import answer_state

    stop(answer_id, principal=principal)
    return {"message_id": answer_id, "state": answer_state(answer_id, principal=principal)}


@router.get("/passages/{passage_id}", response_model=PassageAnswer)
@needs(Permission.KNOWLEDGE_READ)
def get_passage(passage_id: Annotated[int, Path(ge=1, le=LARGEST)], principal: Principal = CALLER) -> Any:
    """A passage that you may read, of whatever version of its document."""
    from core.knowledge.passages import stored

    return stored.get_passage(passage_id, principal=principal)


async def _told(
    following: AnswerFollowing, answer_id: str, principal: Principal, language: str
) -> AsyncIterator[str]:  # fmt: skip
    stage, text = "", ""
    async for update in following.updates(answer_id, principal=principal, silence_s=STILL_HERE_S):
        if update is None:
            yield ": still here\n\n"
            continue
        if update.stage not in (stage, "done"):
            stage = update.stage
            yield _event({"type": "stage", "stage": stage})
        if update.text and update.text != text and update.stage != "done":
            text = update.text
            yield _event({"type": "text", "text": text})
        if update.message is not None:
            answer = WholeAnswer.model_validate(whole_answer(update.message, principal, language))
            yield _event({"type": "done", **answer.model_dump(mode="json")}, number=DONE)


def _event(told: dict[str, Any], *, number: str = "") -> str:
    head = f"id: {number}\n" if number else ""
    return f"{head}data: {json.dumps(told, ensure_ascii=False)}\n\n"
