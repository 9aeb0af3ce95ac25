"""Composing in conversation over HTTP: each message changes the formula, and no bubble of a client stays blank."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from app.api.deps import CALLER, needs
from app.api.fragrance_answers import PerfumeryRoute, language_of, say_beside
from app.api.wire.fragrance_bodies import SentBody
from app.api.wire.fragrance_requests import spoken
from core.security.policy import Permission, Principal

if TYPE_CHECKING:
    from core.fragrance.composing.conversation import Composed

router = APIRouter(tags=["fragrance"], route_class=PerfumeryRoute)

_ID = "3b1f6f0e-9d0e-4f0b-8f9f-2f115f0c5f3e"
_ANSWER: dict[str, Any] = {
    "success": True, "response": "'장미 정원'을 만들었습니다. 원료는 17가지입니다.",
    "message": "'장미 정원'을 만들었습니다. 원료는 17가지입니다.", "conversation_id": _ID, "session_id": _ID,
    "recipe_preview": {
        "name": "장미 정원", "description": "장미 향을 담은 향수입니다.",
        "key_notes": {"top": ["베르가못 오일"], "heart": ["헤디온"], "base": ["갈락솔라이드"]},
    },
    "changes": ["'장미 정원'을 만들었습니다."], "understood": ["원하는 향: 장미."], "unread": [], "response_time": 0.6,
}  # fmt: skip


class ComposingBody(SentBody):
    """A message. conversation_id: empty at first. history, context: what was said before, for a conversation that is
    not kept here; only what the visitor said counts."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={"example": {"message": "덜 달게 해 주세요", "conversation_id": _ID, "history": []}},
    )
    message: str = ""
    conversation_id: str | None = None
    session_id: str | None = Field(None, description="the same as conversation_id, as the other client calls it")
    history: Any = None
    context: Any = None


class ComposingAnswer(BaseModel):
    """What was answered. recipe_preview: null where nothing was composed. changes: worked out from the formulas."""

    model_config = ConfigDict(json_schema_extra={"example": _ANSWER})
    success: bool
    response: str
    message: str
    conversation_id: str
    session_id: str
    recipe_preview: dict[str, Any] | None
    changes: list[str]
    understood: list[str]
    unread: list[str]
    response_time: float = Field(description="seconds")


class ConversationAnswer(BaseModel):
    """Every turn that was kept, in order."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "conversation_id": _ID,
                "messages": [
                    {"role": "user", "content": "장미 향수를 만들어 주세요"},
                    {"role": "assistant", "content": _ANSWER["response"]},
                ],
                "total": 1,
            }
        }
    )
    conversation_id: str
    messages: list[dict[str, str]]
    total: int = Field(description="turns, each a message and its answer")


@router.post("/api/v1/generate/chat", response_model=ComposingAnswer)
@router.post("/api/v2/agentic/chat", response_model=ComposingAnswer)
@router.post("/api/v2/agentic/request", response_model=ComposingAnswer)
@needs(Permission.FRAGRANCE_COMPOSE)
def chat(
    request: Request,
    body: ComposingBody | None = None,
    message: Annotated[str | None, Query(description="in place of a body")] = None,
    conversation_id: Annotated[str | None, Query()] = None,
    session_id: Annotated[str | None, Query()] = None,
    principal: Principal = CALLER,
) -> Any:
    """One turn: the first message is a brief, each further one changes the formula ("less sweet", "cheaper", "undo").

    A refusal carries `response` and `conversation_id` as well, whatever its status.
    """
    from core.fragrance.composing.conversation import compose

    began = time.perf_counter()
    said = body or ComposingBody()
    known = said.conversation_id or said.session_id or conversation_id or session_id or ""
    say_beside(request, conversation_id=known)
    before = tuple(text for text in (*spoken(said.history), *spoken(said.context)) if text.strip())
    text = said.message or message or ""
    composed = compose(
        text,
        conversation_id=known,
        history=tuple(one for one in dict.fromkeys(before) if one.strip() != text.strip()),
        language=language_of(request),
        principal=principal,
    )
    return {**_told(composed, language_of(request)), "response_time": time.perf_counter() - began}


@router.get("/api/v1/generate/chat/{conversation_id}", response_model=ConversationAnswer)
@router.get("/api/v2/agentic/chat/{conversation_id}", response_model=ConversationAnswer)
@needs(Permission.FRAGRANCE_COMPOSE)
def conversation(conversation_id: str, principal: Principal = CALLER) -> Any:
    """What was said and answered in a conversation of yours."""
    from core.fragrance.composing.kept_conversations import turns_of

    turns = turns_of(conversation_id, principal=principal)
    messages = [
        {"role": role, "content": text}
        for turn in turns
        for role, text in (("user", turn.asked), ("assistant", str(turn.answered.get("text", ""))))
    ]
    return {"conversation_id": conversation_id, "messages": messages, "total": len(turns)}


def _told(composed: Composed, language: str) -> dict[str, Any]:
    preview = None
    if composed.preview is not None:
        preview = {
            "name": composed.name,
            "description": composed.description,
            "key_notes": {position: list(names) for position, names in composed.preview.items()},
        }
    return {
        "success": True,
        "response": composed.text,
        "message": composed.text,
        "conversation_id": composed.conversation_id,
        "session_id": composed.conversation_id,
        "recipe_preview": preview,
        "changes": [one.text(language) for one in composed.changes],
        "understood": [one.text(language) for one in composed.understood],
        "unread": list(composed.unread),
    }
