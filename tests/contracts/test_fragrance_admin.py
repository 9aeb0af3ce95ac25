"""The fragrance frontend's admin pages and its form for a forgotten password (contract fragrance 1.1, F13, F14)."""

from __future__ import annotations

from collections.abc import Iterator
from http.cookies import SimpleCookie

import httpx
import pytest

from tests.api.accounts import PASSWORD
from tests.contracts.frontends import Frontend
from tests.contracts.reading import INSTANT, TEXT, Reads, one_of
from tests.contracts.sidecar import Person, Sidecar

BELOW = "/api/v1/auth/admin"
OPENED: Reads = {"csrf_token": TEXT}
FAILED: Reads = {"detail": TEXT}
SESSION: Reads = {
    "user_id": TEXT, "username": TEXT, "email": TEXT, "role": one_of("admin", "developer"), "login_time": INSTANT,
}  # fmt: skip


@pytest.fixture
def browser(sidecar: Sidecar) -> Iterator[httpx.Client]:
    """A browser of its own: its cookies are nobody else's."""
    with httpx.Client(base_url=sidecar.http.base_url, timeout=30) as http:
        yield http


@pytest.fixture
def login_page(browser: httpx.Client) -> Frontend:
    return Frontend("fragrance frontend (Next.js), admin login", "http://localhost:3000", browser)


def dashboard(browser: httpx.Client, token: str) -> Frontend:
    name = "fragrance frontend (Next.js), admin dashboard"
    return Frontend(name, "http://localhost:3000", browser, {"X-CSRF-Token": token})


def credentials(password: str = PASSWORD) -> dict[str, str]:
    return {"email": "boss@example.com", "password": password}


@pytest.fixture
def boss(sidecar: Sidecar) -> Person:
    return sidecar.boss


def test_when_an_administrator_signs_in_then_the_dashboard_shows_who_it_is_until_the_logout(
    login_page: Frontend, browser: httpx.Client, boss: Person
) -> None:
    token = login_page.asks("POST", f"{BELOW}/login", json=credentials(), reads=OPENED)["csrf_token"]
    page = dashboard(browser, token)
    told = page.asks("GET", f"{BELOW}/session", reads=SESSION)

    assert (told["user_id"], told["email"]) == (boss.id, "boss@example.com")
    page.asks("POST", f"{BELOW}/logout")
    page.asks("GET", f"{BELOW}/session", status=401, reads=FAILED)


def test_when_the_pages_stand_at_another_port_then_the_browser_keeps_and_sends_the_cookie(
    login_page: Frontend, browser: httpx.Client
) -> None:
    answer = login_page.fetches("POST", f"{BELOW}/login", json=credentials())
    (cookie,) = SimpleCookie(answer.headers["Set-Cookie"]).values()

    assert answer.headers["Access-Control-Allow-Credentials"] == "true", "fetch sends it with credentials: include"
    assert (cookie["samesite"].lower(), cookie["httponly"]) == ("strict", True)
    assert not cookie["secure"], "over plain http a browser throws a secure cookie away"
    assert not cookie["domain"], "the cookie is for this host alone, whatever the port"
    dashboard(browser, answer.json()["csrf_token"]).asks("POST", f"{BELOW}/logout")


def test_when_the_token_of_the_sign_in_is_not_repeated_then_the_dashboard_stays_signed_in(
    login_page: Frontend, browser: httpx.Client
) -> None:
    token = login_page.asks("POST", f"{BELOW}/login", json=credentials(), reads=OPENED)["csrf_token"]

    for sent in ("", "0" * 64):
        dashboard(browser, sent).asks("POST", f"{BELOW}/logout", status=403, reads=FAILED)
    dashboard(browser, token).asks("GET", f"{BELOW}/session", reads=SESSION)
    dashboard(browser, token).asks("POST", f"{BELOW}/logout")


def test_when_signing_in_fails_then_the_reason_is_read_from_detail(login_page: Frontend) -> None:
    login_page.asks("POST", f"{BELOW}/login", json=credentials("wrong"), status=401, reads=FAILED)
    login_page.asks("POST", f"{BELOW}/login", json={"email": "boss@example.com"}, status=400, reads=FAILED)


def test_when_somebody_who_does_not_administer_signs_in_then_the_reason_is_read_from_detail(
    login_page: Frontend, sidecar: Sidecar
) -> None:
    order = {"email": sidecar.mina.account.login_name, "password": PASSWORD}

    login_page.asks("POST", f"{BELOW}/login", json=order, status=403, reads=FAILED)


@pytest.mark.parametrize("email", ["boss@example.com", "nobody@example.com"])
def test_when_a_password_was_forgotten_then_the_status_is_the_same_for_everybody(
    fragrance: Frontend, email: str
) -> None:
    fragrance.view("forgot-password").asks("POST", "/api/auth/reset-password", json={"email": email})
