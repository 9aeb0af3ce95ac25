"""What people say about answers, in the frontend's words or the former backend's; an admin sees the figures."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from app.api.chat_asking import require_self
from app.api.deps import CALLER, GuardedRoute, needs
from app.api.languages import label_language
from core.errors import BadInput
from core.knowledge.limits import LONGEST_REMARK
from core.messages import say
from core.security.policy import Permission, Principal

router = APIRouter(tags=["chat"], route_class=GuardedRoute)

_ID = "7a0c5f3e-6c0b-4f7e-9d0e-0f4b1f9f2f11"
_SENT: dict[str, Any] = {
    "conversation_id": _ID, "message_id": "msg_1735981200000", "feedback_type": "rating", "rating": 4,
    "comments": "환불 기한은 맞습니다.",
}  # fmt: skip
_STORED: dict[str, Any] = {
    "feedback_id": "1f3e0a53-97c2-4a4e-9a6f-0e9d0b7c1f10", "message": "의견을 저장했습니다.", "status": "success",
}  # fmt: skip
_FIGURES: dict[str, Any] = {
    "helpful": 12, "not_helpful": 3, "ratings": 5, "mean_rating": 4.2, "by_reason": {"wrong": 2}, "answers": 40,
}  # fmt: skip
Kind = Literal["helpful", "not_helpful", "rating"]


class FeedbackBody(BaseModel):
    """A remark on an answer. message_id may be of the client's own making; without one the last answer is meant.

    `helpful`, `comment` and `tags` are the former backend's names for feedback_type, comments and reason.
    """

    model_config = ConfigDict(json_schema_extra={"example": _SENT})
    conversation_id: str = Field(min_length=1, max_length=200)
    message_id: str | None = Field(None, max_length=200)
    feedback_type: Kind | None = None
    rating: int | None = Field(None, ge=1, le=5)
    comments: str | None = Field(None, max_length=LONGEST_REMARK)
    reason: str | None = Field(None, max_length=40)
    correction: str | None = Field(None, max_length=LONGEST_REMARK, description="what would have been right")
    user_id: str | None = Field(None, description="yourself; may be left out")
    helpful: bool | None = None
    comment: str | None = Field(None, max_length=LONGEST_REMARK)
    tags: list[str] = Field(default_factory=list, max_length=20)

    @property
    def kind(self) -> Kind | None:
        """What is said, in either spelling."""
        if self.feedback_type is not None:
            return self.feedback_type
        if self.helpful is not None:
            return "helpful" if self.helpful else "not_helpful"
        return None if self.rating is None else "rating"


class FeedbackAnswer(BaseModel):
    """The remark is stored; saying something else of the same message replaces it."""

    model_config = ConfigDict(json_schema_extra={"example": _STORED})
    feedback_id: str
    message: str
    status: Literal["success"]


class FiguresAnswer(BaseModel):
    """What everybody said of answers, counted; no text of anybody. mean_rating is null where nobody rated."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"example": _FIGURES})
    helpful: int
    not_helpful: int
    ratings: int
    mean_rating: float | None = Field(description="1 to 5")
    by_reason: dict[str, int]
    answers: int = Field(description="all that were finished, judged or not")


@router.post("/api/chat/feedback", response_model=FeedbackAnswer)
@needs(Permission.CHAT_USE)
def give_feedback(body: FeedbackBody, request: Request, principal: Principal = CALLER) -> Any:
    """Say what you think of an answer: helpful or not, or a rating from 1 to 5."""
    return store_feedback(body, principal, label_language(request.scope))


@router.get("/api/admin/chat/feedback", response_model=FiguresAnswer)
@router.get("/admin/chat/feedback", response_model=FiguresAnswer)
@needs(Permission.ACCOUNTS_MANAGE)
def feedback_figures(principal: Principal = CALLER) -> Any:
    """The figures over everybody's remarks; for administrators."""
    from core.chat import feedback

    return feedback.feedback_figures(principal=principal)


def store_feedback(body: FeedbackBody, principal: Principal, language: str) -> dict[str, str]:
    """Keep a remark; a rating beside a thumb is a second one. Raises BadInput, NotAllowed, NotFound."""
    from core.chat import feedback

    require_self(body.user_id, principal)
    kind = body.kind
    if kind is None:
        raise BadInput("api.feedback_missing", field="feedback_type")
    if kind == "rating" and body.rating is None:
        raise BadInput("api.invalid_missing", field="rating")
    about: dict[str, Any] = {
        "conversation_id": body.conversation_id, "message_id": body.message_id or _last_answer(body, principal),
        "reason": body.reason or "", "correction": body.correction or "", "principal": principal,
        "comment": "\n".join(filter(None, [body.comments or body.comment, ", ".join(body.tags)])),
    }  # fmt: skip
    stored = feedback.give_feedback(**about, kind=kind, rating=body.rating if kind == "rating" else None)
    if kind != "rating" and body.rating is not None:
        feedback.give_feedback(**about, kind="rating", rating=body.rating)
    return {"feedback_id": stored.id, "message": say("api.feedback_stored", language), "status": "success"}


def _last_answer(body: FeedbackBody, principal: Principal) -> str:
    from core.chat.messages import list_messages

    messages = list_messages(body.conversation_id, principal=principal)
    answers = [one.id for one in messages if one.role == "assistant"]
    if not answers:
        raise BadInput("api.invalid_missing", field="message_id")
    return answers[-1]
