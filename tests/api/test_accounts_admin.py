"""Accounts, invitations and organisations over HTTP, for whoever may manage accounts (contract chat 5: 25)."""

from __future__ import annotations

import pytest

from core.security.policy import Role
from tests.api.accounts import header_of, person_named, signed_in
from tests.api.desk import Desk, desk

__all__ = ["desk"]


def test_when_people_are_listed_then_pages_and_filters_hold(desk: Desk) -> None:
    everybody = desk.answer("GET", "/api/users?limit=100")
    found = desk.answer("GET", "/api/users", params={"query": "DEVI@"})
    first = desk.answer("GET", "/api/users", params={"limit": 1, "page": 2})

    assert everybody["total"] == len(everybody["users"]) >= 4
    assert [one["username"] for one in found["users"]] == ["devi"]
    assert (first["total"], [one["id"] for one in first["users"]]) == (
        everybody["total"], [everybody["users"][1]["id"]],
    )  # fmt: skip
    assert "password" not in str(everybody)


def test_when_a_role_changes_then_the_next_request_is_judged_by_it(desk: Desk) -> None:
    person = person_named("climber")
    mine = header_of(signed_in(desk.client, "climber")["tokens"]["access"])
    before = desk.client.get("/monitoring/status", headers=mine).status_code

    changed = desk.answer("PATCH", f"/api/users/{person.id}", json={"role": "developer", "name": "새 이름"})

    again = header_of(signed_in(desk.client, "climber")["tokens"]["access"])
    assert (changed["role"], changed["name"], before) == ("developer", "새 이름", 403)
    assert desk.client.get("/monitoring/status", headers=again).status_code == 200


def test_when_somebody_is_disabled_then_their_tokens_work_no_more_until_they_sign_in_again(desk: Desk) -> None:
    person = person_named("paused")
    mine = header_of(signed_in(desk.client, "paused")["tokens"]["access"])

    off = desk.answer("PATCH", f"/api/users/{person.id}", json={"disabled": True})
    refused = desk.client.get("/api/auth/me", headers=mine).status_code
    on = desk.answer("PATCH", f"/api/users/{person.id}", json={"disabled": False})

    assert (off["disabled"], refused, on["disabled"]) == (True, 401, False)
    assert signed_in(desk.client, "paused")["success"] is True


@pytest.mark.parametrize("change", [{"disabled": True}, {"role": "user"}])
def test_when_it_is_the_last_administrator_then_account_and_role_stay(desk: Desk, change: dict[str, object]) -> None:
    boss = desk.people[Role.ADMIN]

    assert desk.asks("PATCH", f"/api/users/{boss.id}", json=change).status_code == 409
    assert desk.answer("GET", f"/api/users/{boss.id}")["role"] == "admin"


def test_when_a_change_cannot_be_used_then_it_is_named(desk: Desk) -> None:
    path = f"/api/users/{desk.people[Role.ANALYST].id}"
    role = desk.asks("PATCH", path, json={"role": "emperor"})
    unknown = desk.asks("PATCH", path, json={"password": "x"})

    assert (role.status_code, list(role.json()["field_errors"])) == (400, ["role"])
    assert unknown.status_code == 400
    assert desk.asks("PATCH", "/api/users/nobody", json={"name": "x"}).status_code == 404


def test_when_an_invitation_is_revoked_then_it_is_listed_and_nobody_uses_it(desk: Desk) -> None:
    made = desk.answer("POST", "/api/invitations", json={"role": "user"})
    desk.answer("DELETE", f"/api/invitations/{made['invitation']['id']}")
    order = {"username": "late", "password": "a long enough secret", "invitation": made["token"]}
    listed = desk.answer("GET", "/api/invitations")["invitations"]

    assert desk.asks("POST", "/api/auth/register", who=None, json=order).status_code == 404
    (mine,) = [one for one in listed if one["id"] == made["invitation"]["id"]]
    assert (mine["is_open"], mine["revoked_at"] is None) == (False, False)
    assert made["token"] not in str(listed)


def test_when_an_organisation_is_made_then_people_are_invited_into_it(desk: Desk) -> None:
    school = desk.answer("POST", "/api/organizations", json={"name": "한빛고등학교", "sessionCode": "HB-2026"})
    order = {"type": "organization_member", "organization_id": school["id"]}

    invited = desk.answer("POST", "/api/invitations", json=order)

    assert invited["invitation"]["organization"]["session_code"] == "HB-2026"
    assert desk.answer("GET", "/api/organizations")["organizations"] == [school]
    assert desk.asks("POST", "/api/invitations", json={"type": "organization_member"}).status_code == 422


def test_when_somebody_does_not_manage_accounts_then_every_route_is_closed(desk: Desk) -> None:
    person = desk.people[Role.ANALYST].id
    routes = [
        ("GET", "/api/users"), ("GET", f"/api/users/{person}"), ("PATCH", f"/api/users/{person}"),
        ("DELETE", f"/api/users/{person}/sessions"), ("POST", f"/api/users/{person}/reset-link"),
        ("GET", "/api/invitations"), ("POST", "/api/invitations"), ("DELETE", "/api/invitations/x"),
        ("GET", "/api/organizations"), ("POST", "/api/organizations"),
    ]  # fmt: skip
    for method, path in routes:
        for who, status in ((Role.DEVELOPER, 403), (Role.ANALYST, 403), (None, 401)):
            assert desk.asks(method, path, who=who).status_code == status, (method, path, who)
