"""Feedback in the frontend's body and in the former backend's (contract chat 1.1 route 5, D8, 5: 16, 25)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.chat_home import ChatHome, Person, answer_to

NOTHING: dict[str, Any] = {
    "helpful": 0,
    "not_helpful": 0,
    "ratings": 0,
    "mean_rating": None,
    "by_reason": {},
    "answers": 0,
}


def says(chat: ChatHome, body: dict[str, Any], who: Person | None = None) -> Any:
    return chat.client.post("/api/chat/feedback", json=body, headers=(who or chat.ana).header)


def figures(chat: ChatHome) -> Any:
    return chat.client.get("/api/admin/chat/feedback", headers=chat.root.header).json()


def frontend_body(chat: ChatHome, **values: Any) -> dict[str, Any]:
    about = {"conversation_id": answer_to(chat)["conversation_id"], "message_id": "msg_1735981200000"}
    return {**about, "feedback_type": "helpful", **values}


def test_when_the_frontend_says_helpful_then_it_is_stored_and_an_admin_sees_the_figure(chat: ChatHome) -> None:
    answer = says(chat, frontend_body(chat, comments="좋습니다"))

    assert answer.status_code == 200
    assert answer.json()["feedback_id"] and answer.json()["message"] and answer.json()["status"] == "success"
    assert figures(chat) == {**NOTHING, "helpful": 1, "answers": 1}


def test_when_a_rating_is_given_then_the_mean_tells_it(chat: ChatHome) -> None:
    says(chat, frontend_body(chat, feedback_type="rating", rating=4))

    assert (figures(chat)["ratings"], figures(chat)["mean_rating"]) == (1, 4.0)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        *(({"feedback_type": "rating", "rating": 6}, "rating"), ({"feedback_type": "rating", "rating": 0}, "rating")),
        *(({"feedback_type": "rating"}, "rating"), ({"feedback_type": "love"}, "feedback_type")),
        *(({"feedback_type": None}, "feedback_type"), ({"conversation_id": ""}, "conversation_id")),
        ({"comments": "x" * 5000}, "comments"),
    ],
)
def test_when_the_feedback_cannot_be_used_then_400_names_the_field(
    chat: ChatHome, change: dict[str, Any], field: str
) -> None:
    answer = says(chat, frontend_body(chat, **change))

    assert answer.status_code == 400 and answer.json()["message"]
    assert list(answer.json()["field_errors"]) == [field]
    assert figures(chat) == {**NOTHING, "answers": 1}


def test_when_it_is_sent_again_then_it_is_the_same_one(chat: ChatHome) -> None:
    body = frontend_body(chat)

    assert says(chat, body).json() == says(chat, body).json()
    assert figures(chat)["helpful"] == 1


def test_when_the_former_body_is_sent_then_thumb_rating_and_tags_are_kept(chat: ChatHome) -> None:
    asked = answer_to(chat)
    answer = says(chat, {
        "user_id": chat.ana.id, "conversation_id": asked["conversation_id"], "helpful": False, "rating": 2,
        "comment": "틀립니다", "tags": ["wrong"],
    })  # fmt: skip
    from core.chat.feedback import get_feedback

    stored = get_feedback(answer.json()["feedback_id"], principal=chat.ana.account.principal)
    assert (stored.kind, stored.message_id, stored.comment) == ("not_helpful", asked["message_id"], "틀립니다\nwrong")
    assert (figures(chat)["not_helpful"], figures(chat)["mean_rating"]) == (1, 2.0)


def test_when_reason_and_correction_are_said_then_they_are_kept_and_another_reason_is_refused(chat: ChatHome) -> None:
    body = frontend_body(chat, feedback_type="not_helpful", reason="wrong", correction="30일입니다")

    assert says(chat, body).status_code == 200
    assert figures(chat)["by_reason"] == {"wrong": 1}
    assert says(chat, {**body, "reason": "mood"}).status_code == 400


@pytest.mark.parametrize("end", ["user", "conversation"])
def test_when_it_is_said_for_somebody_else_then_refused(chat: ChatHome, end: str) -> None:
    body = frontend_body(chat)
    if end == "user":
        assert says(chat, {**body, "user_id": chat.ben.id}).status_code == 403
    else:
        assert says(chat, body, chat.ben).status_code == 404
    assert figures(chat)["helpful"] == 0


@pytest.mark.parametrize("path", ["/api/admin/chat/feedback", "/admin/chat/feedback"])
def test_when_figures_are_asked_then_for_the_role_of_admin_alone(chat: ChatHome, path: str) -> None:
    with_token = {**chat.ana.header, "X-Admin-Token": "anything"}

    assert chat.client.get(path, headers=chat.root.header).status_code == 200
    assert chat.client.get(path, headers=with_token).status_code == 403
    assert chat.client.get(path, headers={"X-Admin-Token": "anything"}).status_code == 401


def test_when_preferences_are_changed_then_only_ones_own_and_what_is_left_out_stays(chat: ChatHome) -> None:
    path = "/api/preferences"
    changed = chat.client.put(path, json={"answer_length": "short"}, headers=chat.ana.header).json()
    again = chat.client.put(path, json={"uses_model": False}, headers=chat.ana.header).json()

    assert (changed["answer_length"], changed["uses_model"]) == ("short", True)
    assert (again["answer_length"], again["uses_model"]) == ("short", False)
    assert chat.client.get(path, headers=chat.ana.header).json() == again
    assert chat.client.get(path, headers=chat.ben.header).json()["answer_length"] == "normal"
    assert chat.client.put(path, json={"answer_length": "epic"}, headers=chat.ana.header).status_code in (400, 422)
