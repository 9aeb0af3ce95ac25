"""The chat frontend: signing in, its pages behind the sign-in, and what it reads of refusals (contract chat 1.1, 2.4).

It sends its token on every call, and the admin token that was compiled into it, which counts for nothing.
"""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import pytest

from tests.api.accounts import PASSWORD
from tests.contracts.chat_reads import (
    ANSWER,
    CONVERSATION,
    DOCUMENTS,
    FEEDBACK,
    HISTORY,
    INVALID,
    LOGIN,
    NOT_SIGNED_IN,
    PAIR,
    PROFILE,
    REFUSED,
    SOURCE,
    TOO_MANY,
    USER,
)
from tests.contracts.frontends import Frontend
from tests.contracts.reading import assert_read, one_of, within
from tests.contracts.sidecar import SESSION_CODE, Person, Sidecar

LOGIN_PATH, ME = "/api/auth/login", "/api/auth/me"
QUESTION = "나의 성향은 무엇입니까?"


def credentials(name: str, **more: Any) -> dict[str, Any]:
    return {"username": name, "password": PASSWORD, "loginType": "personal", **more}


@pytest.fixture
def mina(sidecar: Sidecar) -> Person:
    return sidecar.mina


@pytest.fixture
def page(chat: Frontend, mina: Person) -> Frontend:
    """A page behind the sign-in."""
    return chat.signed_in(mina.token)


def test_when_somebody_signs_in_then_user_tokens_and_their_end_are_read(chat: Frontend) -> None:
    told = chat.asks("POST", LOGIN_PATH, json=credentials("mina"), reads=LOGIN)
    user = chat.signed_in(told["tokens"]["access"]).asks("GET", ME, reads=USER)

    assert user == told["user"], "chat frontend (Next.js) takes /me for the user of its sign-in"
    assert {"isPaid", "isExpired", "productType"} <= set(user), "chat frontend (Next.js) shows who has paid"


def test_when_people_of_an_organisation_sign_in_then_their_session_code_is_read(chat: Frontend) -> None:
    order = credentials("sora", loginType="organization", sessionCode=SESSION_CODE)

    told = chat.asks("POST", LOGIN_PATH, json=order, reads={**LOGIN, **within("user", {"sessionCode": USER["id"]})})
    assert told["user"]["type"] == "organization_member"


def test_when_a_page_is_opened_then_the_middleware_admits_the_token(chat: Frontend, sidecar: Sidecar) -> None:
    token = chat.asks("POST", LOGIN_PATH, json=credentials("mina"), reads=LOGIN)["tokens"]["access"]
    payload = token.split(".")[1]
    claims = json.loads(base64.b64decode(payload + "=" * (-len(payload) % 4), validate=True))
    admitted = sidecar.http.get(ME, headers={"Authorization": f"Bearer {token}"})  # by its server: no origin

    assert not set("-_") & set(payload), "the middleware of the chat frontend decodes the token with atob"
    assert claims["exp"] > time.time(), "the middleware of the chat frontend reads exp in seconds"
    assert admitted.status_code == 200


def test_when_signing_in_fails_then_the_reason_is_read_and_then_how_long_to_wait(chat: Frontend) -> None:
    wrong = credentials("nobody", password="wrong")

    for _ in range(5):
        chat.asks("POST", LOGIN_PATH, json=wrong, status=401, reads=NOT_SIGNED_IN)
    chat.asks("POST", LOGIN_PATH, json=wrong, status=429, reads=TOO_MANY)


def test_when_a_form_cannot_be_used_then_its_fields_are_read(chat: Frontend, page: Frontend) -> None:
    rating = {"conversation_id": "x", "message_id": "y", "feedback_type": "rating", "rating": 6}
    for asking, path, form, field in (
        (chat, LOGIN_PATH, {"username": "mina"}, "password"),
        (page, "/api/chat/question", {"question": "가" * 1001}, "question"),
        (page, "/api/chat/feedback", rating, "rating"),
    ):
        refused = asking.asks("POST", path, json=form, status=400, reads=INVALID)
        assert list(refused["field_errors"]) == [field]


def test_when_the_token_has_ended_then_every_page_reads_401(chat: Frontend, mina: Person) -> None:
    ended = chat.signed_in("a.b.c")
    for method, path, body in [
        ("GET", ME, None), ("POST", "/api/auth/logout", None), ("POST", "/api/chat/question", {"question": QUESTION}),
        ("POST", "/api/chat/feedback", {"conversation_id": "x", "message_id": "y", "feedback_type": "helpful"}),
        ("GET", f"/api/chat/history/{mina.id}", None), ("GET", "/api/chat/conversations/x", None),
        ("GET", f"/api/etl/users/{mina.id}/jobs", None), ("GET", "/api/etl/jobs/x/status", None),
        ("POST", "/api/etl/jobs/x/retry", None), ("POST", "/api/etl/jobs/x/cancel", None),
        ("POST", f"/api/etl/users/{mina.id}/reprocess", {"force": False}),
        ("GET", f"/api/users/{mina.id}/profile", None), ("GET", f"/api/users/{mina.id}/documents", None),
        ("POST", f"/api/users/{mina.id}/reprocess", {"force": False}),
    ]:  # fmt: skip
        ended.asks(method, path, status=401, reads=REFUSED, **({} if body is None else {"json": body}))


def test_when_a_question_is_asked_and_rated_then_history_and_conversation_show_it(page: Frontend, mina: Person) -> None:
    body = {"question": QUESTION, "user_id": mina.id}
    told = page.asks(
        "POST", "/api/chat/question", json=body, reads={**ANSWER, **within("retrieved_documents[]", SOURCE)}
    )
    about = {"conversation_id": told["conversation_id"], "message_id": f"msg_{time.time_ns()}"}
    for says in ({"feedback_type": "helpful"}, {"feedback_type": "rating", "rating": 4, "comments": "좋습니다"}):
        page.asks("POST", "/api/chat/feedback", json={**about, **says}, reads=FEEDBACK)
    listed = page.asks("GET", f"/api/chat/history/{mina.id}?page=1&limit=20", reads=HISTORY)
    opened = page.asks("GET", f"/api/chat/conversations/{told['conversation_id']}", reads=CONVERSATION)

    assert told["conversation_id"] in [one["conversation_id"] for one in listed["conversations"]]
    question, answer = opened["messages"][:2]
    assert (question["type"], question["content"]) == ("user", QUESTION)
    assert (answer["type"], answer["content"]) == ("assistant", told["response"])
    assert_read(page.name, "GET /api/chat/conversations/{id}", answer, within("retrieved_documents[]", SOURCE))


def test_when_profile_and_documents_are_shown_then_counts_and_previews_are_read(page: Frontend, mina: Person) -> None:
    profile = page.asks("GET", f"/api/users/{mina.id}/profile", reads=PROFILE)["user"]
    grid = page.asks("GET", f"/api/users/{mina.id}/documents?page=1&limit=12", reads=DOCUMENTS)
    shown = {one["doc_type"]: one["preview"] for one in grid["documents"]}

    assert (profile["document_count"], profile["processing_status"]) == (grid["total"], "completed")
    for kind in ("primary_tendency", "top_skills", "top_jobs"):
        told = f"{page.name} shows preview.{kind} of documents of the type {kind}; got the types {sorted(shown)}"
        assert kind in shown.get(kind, {}), told
        found = page.asks("GET", f"/api/users/{mina.id}/documents?page=1&limit=12&doc_type={kind}", reads=DOCUMENTS)
        assert {one["doc_type"] for one in found["documents"]} == {kind}
    assert all(preview["summary"] for kind, preview in shown.items() if kind.isupper())


def test_when_somebody_elses_things_are_asked_for_then_the_reason_is_read(page: Frontend, sidecar: Sidecar) -> None:
    for path in ("chat/history/{}", "users/{}/profile", "users/{}/documents", "etl/users/{}/jobs"):
        page.asks("GET", f"/api/{path.format(sidecar.jun.id)}", status=403, reads=REFUSED)
    page.asks("GET", "/api/chat/conversations/none", status=404, reads=REFUSED)
    page.asks("GET", "/api/etl/jobs/none/status", status=404, reads=REFUSED)


def test_when_somebody_logs_out_then_both_tokens_work_no_more(chat: Frontend) -> None:
    tokens = chat.asks("POST", LOGIN_PATH, json=credentials("jun"), reads=LOGIN)["tokens"]
    leaving = chat.signed_in(tokens["access"])

    leaving.asks("POST", "/api/auth/logout", reads={"success": one_of(True)})
    for path in (ME, "/api/jobs"):
        leaving.asks("GET", path, status=401, reads=REFUSED)
    chat.asks("POST", "/api/auth/refresh", json={"refresh": tokens["refresh"]}, status=401, reads=REFUSED)


def test_when_the_pair_is_renewed_then_the_new_one_works_and_the_old_refresh_token_ends_the_sign_in(
    chat: Frontend,
) -> None:
    first = chat.asks("POST", LOGIN_PATH, json=credentials("jun"), reads=LOGIN)["tokens"]
    second = chat.asks("POST", "/api/auth/refresh", json={"refresh": first["refresh"]}, reads=PAIR)["tokens"]

    chat.signed_in(second["access"]).asks("GET", ME, reads=USER)
    chat.asks("POST", "/api/auth/refresh", json={"refresh": first["refresh"]}, status=401, reads=REFUSED)
    chat.signed_in(second["access"]).asks("GET", ME, status=401, reads=REFUSED)
