"""Customer service over HTTP: what is known is answered, and what is not is never made up."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.fragrance_home import Perfumery, perfumery

__all__ = ["perfumery"]

SERVICE = "/api/v1/customer-service"


def said(perfumery: Perfumery, message: str, session_id: str | None = None, **more: Any) -> dict[str, Any]:
    return perfumery.answer(f"{SERVICE}/chat", {"message": message, "session_id": session_id}, **more)


def test_when_the_questions_are_asked_for_then_each_has_its_answer(perfumery: Perfumery) -> None:
    told = perfumery.answer(f"{SERVICE}/faq", method="GET", who={})

    assert told["success"] is True
    assert all(one["category"] for one in told["categories"])
    assert all(asked["q"] and asked["a"] for one in told["categories"] for asked in one["questions"])


def test_when_a_session_goes_on_then_its_id_stays(perfumery: Perfumery) -> None:
    first = said(perfumery, "How many hours does the scent last?")
    second = said(perfumery, "I want to create my own perfume", first["session_id"])

    assert first["success"] is True
    assert first["response"]
    assert first["category"]["is_known"] is True
    assert first["sentiment"]["sentiment"] == "neutral"
    assert first["redirect"] is None
    assert second["session_id"] == first["session_id"]
    assert second["redirect"] == "/create"


def test_when_nothing_of_ours_is_asked_then_it_is_said_not_to_be_known(perfumery: Perfumery) -> None:
    told = said(perfumery, "What is the capital of France?")

    assert told["category"] == {"category": "general", "is_known": False}
    assert "do not know" in told["response"]


def test_when_a_message_is_empty_then_the_bubble_says_so_and_the_session_stays(perfumery: Perfumery) -> None:
    answer = perfumery.asks(f"{SERVICE}/chat", {"message": " ", "session_id": "mine"})

    assert answer.status_code == 400
    assert answer.json()["response"]
    assert answer.json()["session_id"] == "mine"


@pytest.mark.parametrize("way", ["body", "query"])
def test_when_it_is_passed_on_then_there_is_one_ticket_that_can_be_looked_at(perfumery: Perfumery, way: str) -> None:
    session = said(perfumery, "The bottle is broken, this is terrible")["session_id"]
    path = f"{SERVICE}/escalate" if way == "body" else f"{SERVICE}/escalate?session_id={session}"
    body = {"session_id": session} if way == "body" else None
    made, again = perfumery.answer(path, body), perfumery.answer(path, body)
    found = perfumery.answer(f"{SERVICE}/ticket/{made['ticket_id']}", method="GET")

    assert made["ticket_id"] == again["ticket_id"]
    assert (found["status"], found["session_id"]) == ("open", session)


def test_when_a_session_or_ticket_is_somebody_elses_then_it_is_not_there(perfumery: Perfumery) -> None:
    session = said(perfumery, "hello", who=perfumery.customer)["session_id"]
    made = perfumery.answer(f"{SERVICE}/escalate", {"session_id": session}, who=perfumery.customer)

    for path, method in ((f"{SERVICE}/escalate?session_id={session}", "POST"),
                         (f"{SERVICE}/ticket/{made['ticket_id']}", "GET")):  # fmt: skip
        assert perfumery.asks(path, method=method, who=perfumery.other).status_code == 404


def test_when_nothing_says_which_session_then_the_field_is_named(perfumery: Perfumery) -> None:
    answer = perfumery.asks(f"{SERVICE}/escalate", {})

    assert answer.status_code == 400
    assert "session_id" in answer.json()["message"]


@pytest.mark.parametrize(
    "body", [{"session_id": "x", "rating": 6}, {"session_id": "x", "rating": 0}, {"rating": "best"}, {}]
)
def test_when_a_rating_cannot_be_kept_then_400_says_why(perfumery: Perfumery, body: dict[str, Any]) -> None:
    answer = perfumery.asks(f"{SERVICE}/feedback", body)

    assert answer.status_code == 400
    assert answer.json()["message"]


def test_when_a_rating_is_given_then_it_is_kept(perfumery: Perfumery) -> None:
    session = said(perfumery, "thank you")["session_id"]
    kept = perfumery.answer(f"{SERVICE}/feedback", {"session_id": session, "rating": 5, "comment": "kind"})

    assert kept["feedback_id"]


@pytest.mark.parametrize(
    ("path", "body", "method"),
    [
        ("/order/status?order_id=4711", None, "GET"),
        ("/order/status", {"order_id": "4711"}, "POST"),
        ("/order/status", {"order_number": 4711}, "POST"),
        ("/return/initiate", {"order_id": "4711", "reason": "broken"}, "POST"),
    ],
)
def test_when_an_order_is_asked_about_then_it_is_said_to_be_unknown(
    perfumery: Perfumery, path: str, body: Any, method: str
) -> None:
    told = perfumery.answer(f"{SERVICE}{path}", body, method=method)

    assert (told["success"], told["status"], told["order_id"]) == (False, "unknown", "4711")
    assert "4711" in told["message"]


def test_when_shipping_is_asked_for_then_no_figure_is_made_up(perfumery: Perfumery) -> None:
    told = perfumery.answer(f"{SERVICE}/shipping/calculate", {"country": "KR", "weight": 1})

    assert (told["status"], told["shipping_cost"], told["estimated_days"]) == ("unknown", None, None)
    assert told["message"]


def test_when_no_order_is_named_then_400_names_the_field(perfumery: Perfumery) -> None:
    assert "order_id" in perfumery.asks(f"{SERVICE}/order/status", {}).json()["message"]


def test_when_the_service_is_asked_how_it_is_then_it_counts_its_questions(perfumery: Perfumery) -> None:
    told = perfumery.answer(f"{SERVICE}/health", method="GET")

    assert told["status"] == "healthy"
    assert told["questions"] > 0
