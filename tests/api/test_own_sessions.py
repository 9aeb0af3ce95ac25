"""The own sign-ins, listed and ended by whose they are."""

from __future__ import annotations

from core.security.policy import Role
from tests.api.accounts import header_of, person_named, signed_in
from tests.api.desk import Desk, desk

__all__ = ["desk"]

SESSIONS = "/api/auth/sessions"


def test_when_sign_ins_are_listed_then_only_the_own_are_there_and_the_current_one_is_marked(desk: Desk) -> None:
    person_named("traveller")
    signed_in(desk.client, "traveller")
    here = header_of(signed_in(desk.client, "traveller")["tokens"]["access"])

    told = desk.client.get(SESSIONS, headers=here).json()

    assert told["total"] == len(told["sessions"]) == 2
    assert [one["is_current"] for one in told["sessions"]].count(True) == 1
    assert {one["kind"] for one in told["sessions"]} == {"client"}
    assert all(one["created_at"].endswith("Z") and one["user_agent"] == "testclient" for one in told["sessions"])


def test_when_a_sign_in_is_ended_then_its_tokens_work_no_more_and_the_others_do(desk: Desk) -> None:
    person_named("leaver")
    lost = signed_in(desk.client, "leaver")["tokens"]
    here = header_of(signed_in(desk.client, "leaver")["tokens"]["access"])
    (other,) = [one for one in desk.client.get(SESSIONS, headers=here).json()["sessions"] if not one["is_current"]]

    ended = desk.client.delete(f"{SESSIONS}/{other['id']}", headers=here)

    assert (ended.status_code, ended.json()["ended"]) == (200, 1)
    assert desk.client.get("/api/auth/me", headers=header_of(lost["access"])).status_code == 401
    assert desk.client.get("/api/auth/me", headers=here).status_code == 200


def test_when_all_others_are_ended_then_the_current_one_stays(desk: Desk) -> None:
    person_named("careful")
    others = [header_of(signed_in(desk.client, "careful")["tokens"]["access"]) for _ in range(2)]
    here = header_of(signed_in(desk.client, "careful")["tokens"]["access"])

    assert desk.client.delete(SESSIONS, headers=here).json()["ended"] == 2
    assert [desk.client.get("/api/auth/me", headers=one).status_code for one in (here, *others)] == [200, 401, 401]


def test_when_somebody_elses_sign_in_is_named_then_it_stays(desk: Desk) -> None:
    theirs = desk.answer("GET", SESSIONS, who=Role.DEVELOPER)["sessions"][0]["id"]

    assert desk.asks("DELETE", f"{SESSIONS}/{theirs}", who=Role.ANALYST).status_code == 404
    assert desk.asks("GET", "/api/auth/me", who=Role.DEVELOPER).status_code == 200
    assert desk.asks("GET", SESSIONS, who=None).status_code == 401
