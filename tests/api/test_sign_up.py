"""Making an account over HTTP: by invitation, freely, or not at all."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.security.policy import Role
from tests.api.accounts import PASSWORD, header_of
from tests.api.desk import Desk, desk

__all__ = ["desk"]

REGISTER = "/api/auth/register"


def order(username: str, **more: str) -> dict[str, str]:
    return {"username": username, "password": PASSWORD, **more}


def test_when_somebody_was_invited_then_the_account_has_the_invitations_role_and_is_signed_in(desk: Desk) -> None:
    invited = desk.answer("POST", "/api/invitations", json={"role": "researcher", "email": "sora@example.com"})

    answer = desk.asks("POST", REGISTER, who=None, json=order("sora", name="소라", invitation=invited["token"]))
    told = answer.json()
    me = desk.client.get("/api/auth/me", headers=header_of(told["tokens"]["access"])).json()
    account = desk.answer("GET", f"/api/users/{told['user']['id']}")

    assert (answer.status_code, told["success"], me) == (201, True, told["user"])
    assert told["expires_at"].endswith("Z")
    assert (account["role"], account["email"], account["name"]) == ("researcher", "sora@example.com", "소라")


def test_when_an_invitation_was_used_then_nobody_else_signs_up_with_it(desk: Desk) -> None:
    token = desk.answer("POST", "/api/invitations", json={})["token"]
    first = desk.asks("POST", "/api/auth/signup", who=None, json=order("first", invitation=token))
    second = desk.asks("POST", "/api/auth/signup", who=None, json=order("second", invitation=token))

    assert (first.status_code, second.status_code) == (201, 404)
    assert token not in second.text


def test_when_nobody_was_invited_then_signing_up_says_that_it_takes_an_invitation(desk: Desk) -> None:
    answer = desk.asks("POST", REGISTER, who=None, json=order("stranger"))

    assert (answer.status_code, answer.json()["code"]) == (403, "SECURITY_SIGN_UP_NEEDS_INVITATION")
    assert answer.json()["success"] is False


@pytest.mark.parametrize(("setting", "status"), [("open", 201), ("off", 403)])
def test_when_the_setting_says_so_then_everybody_or_nobody_signs_up(
    desk: Desk, settings_from: Callable[..., object], setting: str, status: int
) -> None:
    settings_from(WORKBENCH_SIGN_UP=setting)
    answer = desk.asks("POST", REGISTER, who=None, json=order(f"free-{setting}", role="admin"))

    assert answer.status_code == status
    if status == 201:
        assert desk.answer("GET", f"/api/users/{answer.json()['user']['id']}")["role"] == str(Role.ANALYST)


def test_when_a_name_is_taken_or_a_password_is_weak_then_the_account_is_not_made(
    desk: Desk, settings_from: Callable[..., object]
) -> None:
    settings_from(WORKBENCH_SIGN_UP="open")
    taken = desk.asks("POST", REGISTER, who=None, json=order("MINA"))
    weak = desk.asks("POST", REGISTER, who=None, json={"username": "short", "password": "short"})
    missing = desk.asks("POST", REGISTER, who=None, json={"username": "nobody"})

    assert (taken.status_code, weak.status_code, missing.status_code) == (409, 400, 400)
    assert list(missing.json()["field_errors"]) == ["password"]
    assert '"short"' not in weak.text
