"""Composing in conversation over HTTP: the id stays, words change the preview, and a refusal still fills the bubble."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.fragrance_home import Perfumery, perfumery

__all__ = ["perfumery"]

CHAT = "/api/v1/generate/chat"
SWEET = "a sweet vanilla perfume with rose"


def said(perfumery: Perfumery, message: str, conversation_id: str = "", **more: Any) -> dict[str, Any]:
    body = {"message": message, "conversation_id": conversation_id, "history": []}
    return perfumery.answer(CHAT, body, **more)


def test_when_a_conversation_begins_then_it_has_an_id_and_a_preview_with_arrays(perfumery: Perfumery) -> None:
    told = said(perfumery, SWEET)

    assert told["conversation_id"]
    assert told["response"]
    assert told["session_id"] == told["conversation_id"]
    for layer in ("top", "heart", "base"):
        names = told["recipe_preview"]["key_notes"][layer]
        assert isinstance(names, list) and names


def test_when_it_should_be_less_sweet_then_the_preview_changes_and_what_changed_is_told(perfumery: Perfumery) -> None:
    first = said(perfumery, SWEET)
    second = said(perfumery, "less sweet", first["conversation_id"])

    assert second["conversation_id"] == first["conversation_id"]
    assert second["recipe_preview"]["key_notes"] != first["recipe_preview"]["key_notes"]
    assert second["changes"]


def test_when_the_other_client_asks_then_session_and_context_are_read(perfumery: Perfumery) -> None:
    context = {"conversation_history": [{"role": "user", "content": SWEET}], "message_count": 1}
    told = perfumery.answer(
        "/api/v2/agentic/chat", {"message": "with patchouli", "session_id": "session-1", "context": context}
    )

    assert told["message"] == told["response"]
    understood = " ".join(told["understood"]).lower()
    assert "patchouli" in understood
    assert "vanilla" in understood


def test_when_the_message_comes_as_a_query_then_it_is_read_as_well(perfumery: Perfumery) -> None:
    told = perfumery.answer("/api/v2/agentic/chat?message=a quiet cedar")

    assert told["recipe_preview"]["name"]


def test_when_a_conversation_is_asked_for_then_its_turns_are_there_in_order(perfumery: Perfumery) -> None:
    first = said(perfumery, SWEET)
    said(perfumery, "less sweet", first["conversation_id"])
    kept = perfumery.answer(f"{CHAT}/{first['conversation_id']}", method="GET")

    assert [one["role"] for one in kept["messages"]] == ["user", "assistant", "user", "assistant"]
    assert [one["content"] for one in kept["messages"]][0::2] == [SWEET, "less sweet"]
    assert kept["messages"][1]["content"] == first["response"]


def test_when_a_customer_composes_then_no_amount_is_told_and_nobody_else_may_look(perfumery: Perfumery) -> None:
    told = said(perfumery, SWEET, who=perfumery.customer)
    other = said(perfumery, "less sweet", told["conversation_id"], who=perfumery.other)
    path = f"{CHAT}/{told['conversation_id']}"

    assert set(told["recipe_preview"]) == {"name", "description", "key_notes"}
    assert "%" not in told["response"]
    assert other["conversation_id"] != told["conversation_id"]
    assert perfumery.asks(path, method="GET", who=perfumery.customer).status_code == 200
    assert perfumery.asks(path, method="GET", who=perfumery.other).status_code == 404


@pytest.mark.parametrize(
    "body",
    [{}, {"message": ""}, {"message": "x" * 2001}, {"message": 5}, [], {"message": "", "conversation_id": "known"}],
)
def test_when_a_message_cannot_be_read_then_the_bubble_says_so(perfumery: Perfumery, body: Any) -> None:
    answer = perfumery.asks(CHAT, body)

    assert answer.status_code == 400
    assert answer.json()["response"]
    if isinstance(body, dict) and "conversation_id" in body:
        assert answer.json()["conversation_id"] == "known"


def test_when_a_wish_cannot_be_met_then_the_formula_stays_and_the_next_turn_goes_on(perfumery: Perfumery) -> None:
    first = said(perfumery, SWEET)
    refused = perfumery.asks(
        CHAT, {"message": "at most 1 KRW per kg", "conversation_id": first["conversation_id"], "history": []}
    )
    after = said(perfumery, "undo", first["conversation_id"])

    assert refused.status_code in (400, 422)
    assert refused.json()["response"]
    assert refused.json()["conversation_id"] == first["conversation_id"]
    assert after["conversation_id"] == first["conversation_id"]
