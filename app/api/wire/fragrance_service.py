"""The words of customer service: messages, tickets, and what is said where nothing is known."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from app.api.wire.fragrance_bodies import SentBody

_SESSION = "0b8f6f0e-5a0f-4a9e-8a39-2c1f1d2b7c55"
_TICKET = "9c2c5f3e-6c0b-4f7e-9d0e-0f4b1f9f2f11"


class FaqAnswer(BaseModel):
    """The frequent questions under their headings."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "success": True,
                "categories": [
                    {"category": "향수와 향조", "questions": [{"q": "노트란 무엇인가요?", "a": "증발 속도입니다."}]}
                ],
            }
        }
    )
    success: bool
    categories: list[dict[str, Any]]


class ServiceBody(SentBody):
    """A message. session_id: null at first."""

    model_config = ConfigDict(
        extra="allow", json_schema_extra={"example": {"message": "반품하고 싶어요", "session_id": None}}
    )
    message: str = ""
    session_id: str | None = None


class ServiceReply(BaseModel):
    """The answer of a frequent question, or that it is not known. redirect: a page that does what was asked."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "success": True,
                "session_id": _SESSION,
                "response": "향수 만들기 화면으로 안내해 드립니다.",
                "category": {"category": "perfume", "is_known": True},
                "sentiment": {"sentiment": "neutral", "method": "words"},
                "redirect": "/create",
            }
        }
    )
    success: bool
    session_id: str
    response: str
    category: dict[str, Any]
    sentiment: dict[str, str] = Field(description="a count of telling words, nothing more")
    redirect: str | None


class FeedbackBody(SentBody):
    """rating: 1 to 5, or a comment alone."""

    model_config = ConfigDict(
        extra="allow", json_schema_extra={"example": {"session_id": _SESSION, "rating": 5, "comment": "고맙습니다"}}
    )
    session_id: str | None = None
    rating: int | None = None
    comment: str | None = None


class KeptAnswer(BaseModel):
    """What was kept."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"success": True, "feedback_id": _TICKET, "message": "의견을 남겼습니다."}}
    )
    success: bool
    feedback_id: str
    message: str


class SessionBody(SentBody):
    """Which conversation."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"example": {"session_id": _SESSION}})
    session_id: str | None = None


class TicketAnswer(BaseModel):
    """A conversation that was passed on to a person. status: open or closed."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "success": True,
                "ticket_id": _TICKET,
                "session_id": _SESSION,
                "status": "open",
                "message": "담당자에게 전달했습니다.",
            }
        }
    )
    success: bool
    ticket_id: str
    session_id: str
    status: str
    message: str


class OrderBody(SentBody):
    """Which order, by its number."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"example": {"order_id": "1234"}})
    order_id: str | int | None = None
    order_number: str | int | None = None


class UnknownAnswer(BaseModel):
    """What is not known here, and how a person can be reached. Nothing is made up in its place."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"success": False, "status": "unknown", "order_id": "1234", "message": "주문 정보가 없습니다."}
        }
    )
    success: bool
    status: str
    order_id: str | None
    message: str
    response: str = ""
    shipping_cost: None = None
    estimated_days: None = None


class ServiceHealth(BaseModel):
    """Whether frequent questions can be answered."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"status": "healthy", "questions": 15, "orders": "unknown"}}
    )
    status: str
    questions: int
    orders: str = Field(description="unknown: no system of orders stands behind this service")
