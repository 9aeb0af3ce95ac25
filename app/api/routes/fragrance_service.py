"""Customer service: frequent questions, a conversation, and a ticket for a person. Of orders nothing is known here."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from app.api.deps import CALLER, needs
from app.api.fragrance_answers import PerfumeryRoute, language_of, say_beside
from app.api.wire.fragrance_service import (
    FaqAnswer,
    FeedbackBody,
    KeptAnswer,
    OrderBody,
    ServiceBody,
    ServiceHealth,
    ServiceReply,
    SessionBody,
    TicketAnswer,
    UnknownAnswer,
)
from core.errors import BadInput
from core.messages import Language, say
from core.security.policy import Permission, Principal

router = APIRouter(prefix="/api/v1/customer-service", tags=["fragrance"], route_class=PerfumeryRoute)


@router.get("/faq", response_model=FaqAnswer)
@needs(Permission.FRAGRANCE_READ)
def faq(request: Request, principal: Principal = CALLER) -> Any:
    """The frequent questions with their answers."""
    from core.fragrance.service.questions import questions

    language = language_of(request)
    categories = [
        {
            "id": one.id,
            "category": one.name[language],
            "questions": [{"id": asked.id, "q": asked.q[language], "a": asked.a[language]} for asked in one.questions],
        }
        for one in questions().categories
    ]
    return {"success": True, "categories": categories}


@router.post("/chat", response_model=ServiceReply)
@needs(Permission.FRAGRANCE_READ)
def service_chat(body: ServiceBody, request: Request, principal: Principal = CALLER) -> Any:
    """Answer from the frequent questions; what is not among them is said not to be known."""
    from core.fragrance.service.conversations import answer
    from core.fragrance.service.sentiment import METHOD

    say_beside(request, session_id=body.session_id or "")
    told = answer(body.message, session_id=body.session_id, language=language_of(request), principal=principal)
    return {
        "success": True,
        "session_id": told.session_id,
        "response": told.text,
        "category": {"category": told.category, "is_known": told.is_known},
        "sentiment": {"sentiment": told.sentiment, "method": METHOD},
        "redirect": told.redirect or None,
    }


@router.post("/feedback", response_model=KeptAnswer)
@needs(Permission.FRAGRANCE_READ)
def service_feedback(body: FeedbackBody, request: Request, principal: Principal = CALLER) -> Any:
    """Keep what a visitor thinks of a conversation."""
    return _kept("service", body.session_id or "", body, request, principal)


@router.post("/escalate", response_model=TicketAnswer)
@needs(Permission.FRAGRANCE_READ)
def escalate(
    request: Request,
    body: SessionBody | None = None,
    session_id: Annotated[str | None, Query(description="in place of a body")] = None,
    principal: Principal = CALLER,
) -> Any:
    """Pass a conversation on to a person; asking again gives the same ticket."""
    from core.fragrance.service import tickets

    known = (body.session_id if body else None) or session_id
    if not known:
        raise BadInput("api.invalid_missing", field="session_id")
    made = tickets.escalate(known, principal=principal)
    return _ticket(made, language_of(request), "api.passed_on")


@router.get("/ticket/{ticket_id}", response_model=TicketAnswer)
@needs(Permission.FRAGRANCE_READ)
def ticket(ticket_id: str, request: Request, principal: Principal = CALLER) -> Any:
    """How far a ticket of yours is."""
    from core.fragrance.service import tickets

    found = tickets.ticket(ticket_id, principal=principal)
    key = "api.ticket_open" if found.state == "open" else "api.ticket_closed"
    return _ticket(found, language_of(request), key)


@router.post("/order/status", response_model=UnknownAnswer)
@router.post("/return/initiate", response_model=UnknownAnswer)
@needs(Permission.FRAGRANCE_READ)
def order(
    request: Request,
    body: OrderBody | None = None,
    order_id: Annotated[str | None, Query(max_length=100)] = None,
    principal: Principal = CALLER,
) -> Any:
    """Orders are not kept here: the answer says so, and how a person can be reached."""
    return _unknown_order(body, order_id, request)


@router.get("/order/status", response_model=UnknownAnswer)
@needs(Permission.FRAGRANCE_READ)
def order_status(
    request: Request, order_id: Annotated[str | None, Query(max_length=100)] = None, principal: Principal = CALLER
) -> Any:
    """The same for a query."""
    return _unknown_order(None, order_id, request)


@router.post("/shipping/calculate", response_model=UnknownAnswer)
@needs(Permission.FRAGRANCE_READ)
def shipping(request: Request, body: OrderBody | None = None, principal: Principal = CALLER) -> Any:
    """No carrier's rates are known here: no cost and no days are made up."""
    told = say("api.shipping_unknown", language_of(request))
    return {"success": False, "status": "unknown", "order_id": None, "message": told, "response": told}


@router.get("/health", response_model=ServiceHealth)
@needs(Permission.FRAGRANCE_READ)
def service_health(principal: Principal = CALLER) -> Any:
    """Whether the questions can be read, and how many there are."""
    from core.fragrance.service.questions import questions

    return {"status": "healthy", "questions": len(questions().every), "orders": "unknown"}


def _kept(subject: str, subject_id: str, body: FeedbackBody, request: Request, principal: Principal) -> dict[str, Any]:
    from core.fragrance.service.remarks import remark

    made = remark(subject, subject_id, rating=body.rating, comment=body.comment or "", principal=principal)
    return {"success": True, "feedback_id": made, "message": say("api.remark_kept", language_of(request))}


def _ticket(found: Any, language: Language, key: str) -> dict[str, Any]:
    told = {"ticket_id": found.id, "session_id": found.session_id, "status": found.state}
    return {"success": True, **told, "message": say(key, language)}


def _unknown_order(body: OrderBody | None, order_id: str | None, request: Request) -> dict[str, Any]:
    given = (body.order_id if body else None) or (body.order_number if body else None) or order_id
    if given is None or not str(given).strip():
        raise BadInput("api.invalid_missing", field="order_id")
    told = say("api.order_unknown", language_of(request), order=str(given)[:100])
    return {"success": False, "status": "unknown", "order_id": str(given)[:100], "message": told, "response": told}
