"""A new password over HTTP: for whoever forgot it, and for whoever knows it (contract fragrance 1.1)."""

from __future__ import annotations

import pytest

from core.security.policy import Role
from tests.api.accounts import PASSWORD, header_of, person_named, signed_in
from tests.api.desk import Desk, desk

__all__ = ["desk"]

RESET = "/api/auth/reset-password"
NEW = "다섯 개의 새로운 낱말"


@pytest.mark.parametrize("name", ["mina@example.com", "nobody@example.com", "mina", "not an address"])
def test_when_a_reset_is_asked_for_then_the_answer_is_the_same_whether_there_is_an_account(
    desk: Desk, name: str
) -> None:
    answer = desk.asks("POST", RESET, who=None, json={"email": name})

    assert answer.status_code == 200
    assert answer.json() == {
        "success": True,
        "message": "If there is such an account with an e-mail address, a link to a new password is on its way.",
    }


def test_when_a_link_is_used_then_the_password_is_set_once_and_every_sign_in_has_ended(desk: Desk) -> None:
    person = person_named("forgetful", email="forgetful@example.com")
    before = signed_in(desk.client, "forgetful")["tokens"]
    token = desk.answer("POST", f"/api/users/{person.id}/reset-link")["token"]

    done = desk.asks("POST", f"{RESET}/confirm", who=None, json={"token": token, "password": NEW})
    again = desk.asks("POST", f"{RESET}/confirm", who=None, json={"token": token, "password": PASSWORD})
    old = desk.asks("POST", "/api/auth/login", who=None, json={"username": "forgetful", "password": PASSWORD})
    new = desk.asks("POST", "/api/auth/login", who=None, json={"username": "forgetful@example.com", "password": NEW})

    assert [one.status_code for one in (done, again, old, new)] == [200, 404, 401, 200]
    assert desk.client.get("/api/auth/me", headers=header_of(before["access"])).status_code == 401
    assert desk.asks("POST", "/api/auth/refresh", who=None, json={"refresh": before["refresh"]}).status_code == 401


def test_when_the_token_was_made_up_then_nothing_tells_whose_it_could_be(desk: Desk) -> None:
    answer = desk.asks("POST", f"{RESET}/confirm", who=None, json={"token": "x" * 43, "password": NEW})

    assert (answer.status_code, answer.json()["success"]) == (404, False)
    assert NEW not in answer.text


def test_when_the_current_password_is_known_then_it_changes_and_only_this_sign_in_stays(desk: Desk) -> None:
    person_named("changer")
    here, elsewhere = (header_of(signed_in(desk.client, "changer")["tokens"]["access"]) for _ in range(2))
    wrong = {"current": "wrong", "password": NEW}
    right = {"current_password": PASSWORD, "new_password": NEW}

    refused = desk.asks("POST", "/api/auth/change-password", who=None, json=wrong, headers=here)
    changed = desk.asks("POST", "/api/auth/change-password", who=None, json=right, headers=here)

    assert (refused.status_code, changed.status_code) == (400, 200)
    assert desk.client.get("/api/auth/me", headers=here).status_code == 200
    assert desk.client.get("/api/auth/me", headers=elsewhere).status_code == 401


def test_when_nobody_is_signed_in_then_no_password_is_changed(desk: Desk) -> None:
    order = {"current": PASSWORD, "password": NEW}

    assert desk.asks("POST", "/api/auth/change-password", who=None, json=order).status_code == 401


def test_when_a_reset_link_is_wanted_then_only_who_manages_accounts_gets_one(desk: Desk) -> None:
    path = f"/api/users/{desk.people[Role.ANALYST].id}/reset-link"

    assert desk.asks("POST", path, who=Role.DEVELOPER).status_code == 403
    assert desk.asks("POST", "/api/users/nobody/reset-link").status_code == 404
