"""Signing in to administration by cookie and token (contract fragrance 1.1, F12 to F14), and `/api/v2/auth`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from http.cookies import Morsel, SimpleCookie
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from app.api.admin_cookies import cookie_name
from core.security.policy import Role
from core.storage.database import utc_now
from tests.api.accounts import PASSWORD, header_of
from tests.api.desk import Desk, desk

__all__ = ["desk"]

BELOW = "/api/v1/auth/admin"
CSRF = "X-CSRF-Token"


@pytest.fixture(autouse=True)
def _no_cookie_of_another_test(desk: Desk) -> Iterator[None]:
    yield
    desk.client.cookies.clear()


def signed_in(desk: Desk, who: str = "boss@example.com", **more: Any) -> httpx.Response:
    return desk.asks("POST", f"{BELOW}/login", who=None, json={"email": who, "password": PASSWORD}, **more)


def cookie_of(answer: httpx.Response) -> Morsel[str]:
    return SimpleCookie(answer.headers["Set-Cookie"])[cookie_name()]


def test_when_an_administrator_signs_in_then_the_cookie_is_strict_and_lasts_two_hours(desk: Desk) -> None:
    answer = signed_in(desk)
    cookie = cookie_of(answer)

    assert answer.status_code == 200
    assert answer.json()["csrf_token"] and answer.json()["csrf_token"] not in answer.headers["Set-Cookie"]
    assert (cookie["httponly"], cookie["samesite"].lower(), cookie["max-age"]) == (True, "strict", "7200")
    assert cookie["path"] == "/api/v1"
    assert cookie.value not in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(("base", "is_secure"), [("http://testserver", ""), ("https://testserver", True)])
def test_when_the_request_came_by_https_then_the_cookie_is_secure(desk: Desk, base: str, is_secure: object) -> None:
    answer = desk.client.post(f"{base}{BELOW}/login", json={"email": "boss", "password": PASSWORD})

    assert cookie_of(answer)["secure"] == is_secure


def test_when_cookie_and_token_are_sent_then_the_session_tells_who_administers(desk: Desk) -> None:
    token = signed_in(desk).json()["csrf_token"]

    answer = desk.asks("GET", f"{BELOW}/session", who=None, headers={CSRF: token})

    told = answer.json()
    boss = desk.people[Role.ADMIN]
    assert (told["user_id"], told["username"], told["email"]) == (boss.id, "boss", "boss@example.com")
    assert (told["role"], told["login_time"][-1]) == ("admin", "Z")


@pytest.mark.parametrize("headers", [{}, {CSRF: ""}, {CSRF: "0" * 64}, {CSRF: "토큰".encode()}])
def test_when_the_token_is_missing_or_wrong_then_neither_session_nor_logout_answers(
    desk: Desk, headers: dict[str, Any]
) -> None:
    token = signed_in(desk).json()["csrf_token"]

    refused = [
        desk.client.request(method, f"{BELOW}/{what}", headers=headers)
        for method, what in (("GET", "session"), ("POST", "logout"))
    ]

    assert [one.status_code for one in refused] == [403, 403]
    assert all(one.json()["detail"] for one in refused)
    assert desk.asks("GET", f"{BELOW}/session", who=None, headers={CSRF: token}).status_code == 200


def test_when_somebody_logs_out_then_cookie_and_token_work_no_more(desk: Desk) -> None:
    opened = signed_in(desk)
    token, cookie = opened.json()["csrf_token"], cookie_of(opened).value

    answer = desk.asks("POST", f"{BELOW}/logout", who=None, headers={CSRF: token})
    kept = {CSRF: token, "Cookie": f"{cookie_name()}={cookie}"}

    assert (answer.status_code, cookie_of(answer)["max-age"]) == (200, "0")
    assert desk.asks("GET", f"{BELOW}/session", who=None, headers=kept).status_code == 401


def test_when_two_hours_have_passed_then_the_sign_in_has_ended(desk: Desk) -> None:
    from core.accounts.admin_sessions import administrator_of, open_admin_session
    from core.errors import NotSignedIn

    made = open_admin_session(desk.people[Role.ADMIN])
    before, after = utc_now() + timedelta(minutes=119), utc_now() + timedelta(minutes=121)

    assert administrator_of(made.cookie, made.csrf_token, now=before).account.login_name == "boss"
    with pytest.raises(NotSignedIn):
        administrator_of(made.cookie, made.csrf_token, now=after)


def test_when_a_cookie_of_the_pages_is_sent_then_it_does_not_open_administration(desk: Desk) -> None:
    from core.accounts.admin_sessions import csrf_token_of
    from core.accounts.sessions import open_browser_session

    cookie = open_browser_session(desk.people[Role.ADMIN]).cookie
    headers = {CSRF: csrf_token_of(cookie), "Cookie": f"{cookie_name()}={cookie}"}

    assert desk.asks("GET", f"{BELOW}/session", who=None, headers=headers).status_code == 401


@pytest.mark.parametrize(("who", "status"), [("boss", 200), ("devi", 200), ("nose", 403), ("mina", 403)])
def test_when_a_role_has_nothing_to_administer_then_it_does_not_get_in(desk: Desk, who: str, status: int) -> None:
    answer = signed_in(desk, who)

    assert answer.status_code == status
    assert ("Set-Cookie" in answer.headers) is (status == 200)


@pytest.mark.parametrize("guesses", [["unknown"] * 6, [f"name-{number}" for number in range(6)]], ids=["one", "many"])
def test_when_five_passwords_were_wrong_then_the_sixth_waits_and_says_so_in_detail(
    desk: Desk, guesses: list[str]
) -> None:
    elsewhere = TestClient(desk.client.app, client=(f"203.0.113.{len(set(guesses))}", 50000))
    answers = [elsewhere.post(f"{BELOW}/login", json={"email": one, "password": "wrong"}) for one in guesses]

    assert [one.status_code for one in answers] == [401] * 5 + [429]
    assert all(one.json()["detail"] == one.json()["message"] for one in answers)
    assert answers[-1].headers["Retry-After"] == str(answers[-1].json()["details"]["retry_after"])


def test_when_cookie_and_token_are_sent_then_the_admin_routes_answer_and_without_the_token_they_do_not(
    desk: Desk,
) -> None:
    token = signed_in(desk).json()["csrf_token"]
    path = "/api/v1/circuit-breaker/status"

    with_token = desk.asks("GET", path, who=None, headers={CSRF: token})
    without = desk.asks("GET", path, who=None)
    forged = desk.asks("GET", path, who=None, headers={CSRF: "0" * 64})

    assert [one.status_code for one in (with_token, without, forged)] == [200, 401, 403]


def test_when_a_page_at_another_port_asks_then_it_may_send_the_token_with_its_cookies(desk: Desk) -> None:
    asked = {
        "Origin": "http://localhost:3000", "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type,x-csrf-token",
    }  # fmt: skip
    answer = desk.client.options(f"{BELOW}/logout", headers=asked)

    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"
    assert answer.headers["Access-Control-Allow-Origin"] == "http://localhost:3000"


def test_when_somebody_signs_in_under_v2_then_the_token_opens_every_route(desk: Desk) -> None:
    order = {"email": "devi@example.com", "password": PASSWORD}
    told = desk.answer("POST", "/api/v2/auth/login", who=None, json=order)
    mine = header_of(told["access_token"])

    verified = desk.client.get("/api/v2/auth/verify", headers=mine).json()
    by_body = desk.answer("POST", "/api/v2/auth/verify", who=None, json={"token": told["refresh_token"]})

    assert (told["token_type"], told["user"]["name"]) == ("bearer", "김민지")
    assert 0 < told["expires_in"] <= 86400
    assert (verified["valid"], verified["user"]["id"]) == (True, told["user"]["id"])
    assert by_body["valid"] is False
    assert desk.client.get("/api/auth/me", headers=mine).status_code == 200
    wrong = desk.asks("POST", "/api/v2/auth/login", who=None, json={**order, "password": "wrong"})
    assert (wrong.status_code, bool(wrong.json()["detail"])) == (401, True)
