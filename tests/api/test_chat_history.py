"""Conversations in the chat frontend's shapes (contract chat 1.1 routes 6 and 7, D5 to D7, 5: 13, 14)."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from core.chat.conversations import remove_conversation
from core.knowledge.collections import remove_collection, restore_collection
from tests.api.chat_home import ChatHome, answer_to
from tests.chat.conversations_home import REFUND

ROW = {
    "conversation_id", "user_id", "title", "created_at", "updated_at", "message_count", "last_message_preview",
}  # fmt: skip


def history(chat: ChatHome, query: str = "", **options: Any) -> Any:
    return chat.client.get(f"/api/chat/history/{chat.ana.id}{query}", headers=chat.ana.header, **options)


def opened(chat: ChatHome, conversation_id: str) -> Any:
    return chat.client.get(f"/api/chat/conversations/{conversation_id}", headers=chat.ana.header)


def test_when_the_history_is_listed_then_rows_and_paging_are_the_frontends(chat: ChatHome) -> None:
    ids = [answer_to(chat, f"질문 {number}")["conversation_id"] for number in range(3)]
    first, second = history(chat, "?page=1&limit=2").json(), history(chat, "?page=2&limit=2").json()

    assert [row["conversation_id"] for row in (*first["conversations"], *second["conversations"])] == ids[::-1]
    assert (first["total"], first["page"], first["limit"], first["has_more"]) == (3, 1, 2, True)
    assert (second["total_count"], second["page"], second["offset"], second["has_more"]) == (3, 2, 2, False)
    for row in first["conversations"]:
        assert set(row) > ROW and row["user_id"] == chat.ana.id and row["message_count"] == 2
        assert datetime.fromisoformat(row["created_at"]) <= datetime.fromisoformat(row["updated_at"])
        assert row["updated_at"].endswith("Z")


def test_when_an_offset_is_given_then_it_counts_instead_of_the_page(chat: ChatHome) -> None:
    ids = [answer_to(chat, f"질문 {number}")["conversation_id"] for number in range(2)]

    rows = history(chat, "?offset=1&limit=20").json()["conversations"]
    assert [row["conversation_id"] for row in rows] == ids[:1]


def test_when_words_are_looked_for_then_questions_and_answers_are_searched(chat: ChatHome) -> None:
    refund = answer_to(chat)["conversation_id"]
    answer_to(chat, "영업은 몇 시에 시작합니까?")

    for words in ("환불할", "30일"):
        found = history(chat, params={"query": words}).json()
        assert [row["conversation_id"] for row in found["conversations"]] == [refund]


@pytest.mark.parametrize("query", ["?page=0", "?limit=0", "?limit=101", "?page=x", "?offset=-1"])
def test_when_the_paging_cannot_be_used_then_400_names_the_field(chat: ChatHome, query: str) -> None:
    answer = history(chat, query)

    assert answer.status_code == 400
    assert list(answer.json()["field_errors"]) == [query[1:].partition("=")[0]]


def test_when_the_history_is_anothers_then_403_for_admins_as_well(chat: ChatHome) -> None:
    for who in (chat.ben, chat.root):
        answer = chat.client.get(f"/api/chat/history/{chat.ana.id}", headers=who.header)
        assert answer.status_code == 403 and answer.json()["message"]


def test_when_a_conversation_is_opened_then_questions_and_answers_follow_each_other(chat: ChatHome) -> None:
    asked = answer_to(chat)
    body = opened(chat, asked["conversation_id"]).json()
    question, answer = body["messages"]

    assert set(body) > ROW
    assert (question["type"], question["content"]) == ("user", REFUND)
    assert "retrieved_documents" not in question
    assert (answer["type"], answer["id"], answer["content"]) == ("assistant", asked["message_id"], asked["response"])
    for name in ("confidence_score", "processing_time", "retrieved_documents", "timestamp"):
        assert answer[name] == asked[name]
    assert answer["said"]["sentences"] == asked["sentences"]


def test_when_the_documents_may_not_be_read_any_more_then_the_history_shows_nothing_of_them(chat: ChatHome) -> None:
    asked = answer_to(chat)
    principal = chat.ana.account.principal
    remove_collection(chat.collection_id, principal=principal)
    try:
        text = opened(chat, asked["conversation_id"]).text + history(chat).text
        answer = opened(chat, asked["conversation_id"]).json()["messages"][1]
    finally:
        restore_collection(chat.collection_id, principal=principal)

    assert "30일" not in text and chat.collection_id not in text
    assert (answer["retrieved_documents"], answer["confidence_score"]) == ([], 0)
    assert answer["said"]["withheld"] > 0 and answer["content"]


@pytest.mark.parametrize("method", ["patch", "post"])
def test_when_it_is_renamed_then_the_title_is_another(chat: ChatHome, method: str) -> None:
    path = f"/api/chat/conversations/{answer_to(chat)['conversation_id']}" + ("/rename" if method == "post" else "")
    answer = chat.client.request(method, path, json={"title": "환불"}, headers=chat.ana.header)

    assert answer.json()["title"] == "환불"
    assert history(chat).json()["conversations"][0]["title"] == "환불"
    assert chat.client.request(method, path, json={"title": " "}, headers=chat.ana.header).status_code == 400


def test_when_it_is_removed_then_it_is_listed_no_more_until_it_is_restored(chat: ChatHome) -> None:
    path = f"/api/chat/conversations/{answer_to(chat)['conversation_id']}"
    removed = chat.client.delete(path, headers=chat.ana.header)

    assert removed.json()["state"] == "removed"
    assert (history(chat).json()["total"], chat.client.get(path, headers=chat.ana.header).status_code) == (0, 404)
    assert chat.client.post(f"{path}/restore", headers=chat.ana.header).status_code == 200
    assert history(chat).json()["total"] == 1


def test_when_the_conversation_was_removed_then_the_same_question_is_a_new_one(chat: ChatHome) -> None:
    first = answer_to(chat)
    remove_conversation(first["conversation_id"], principal=chat.ana.account.principal)

    assert answer_to(chat)["conversation_id"] != first["conversation_id"]


@pytest.mark.parametrize(
    ("form", "kind", "begins"),
    [
        ("markdown", "text/markdown; charset=utf-8", b"# "),
        ("pdf", "application/pdf", b"%PDF-"),
        ("json", "application/json", b"{"),
    ],
)
def test_when_it_is_exported_then_a_file_with_its_sources_comes(
    chat: ChatHome, form: str, kind: str, begins: bytes
) -> None:
    conversation_id = answer_to(chat)["conversation_id"]
    answer = chat.client.get(
        f"/api/chat/conversations/{conversation_id}/export?form={form}", headers=chat.ana.header
    )  # fmt: skip

    assert (answer.status_code, answer.headers["content-type"]) == (200, kind)
    assert answer.content.startswith(begins)
    assert "filename*=UTF-8''" in answer.headers["content-disposition"]
    if form != "pdf":
        assert "환불 규정" in answer.text
    if form == "json":
        json.loads(answer.content)


def test_when_the_form_is_unknown_then_400(chat: ChatHome) -> None:
    path = f"/api/chat/conversations/{answer_to(chat)['conversation_id']}/export?form=docx"

    assert chat.client.get(path, headers=chat.ana.header).status_code == 400


@pytest.mark.parametrize(
    ("method", "end", "body"),
    [
        *(("GET", "", None), ("PATCH", "", {"title": "x"}), ("POST", "/rename", {"title": "x"})),
        *(("DELETE", "", None), ("POST", "/restore", None), ("GET", "/export", None)),
    ],
)
def test_when_the_conversation_is_of_somebody_else_then_404_for_admins_as_well(
    chat: ChatHome, method: str, end: str, body: Any
) -> None:
    path = f"/api/chat/conversations/{answer_to(chat)['conversation_id']}{end}"

    for who in (chat.ben, chat.root):
        assert chat.client.request(method, path, json=body, headers=who.header).status_code == 404
