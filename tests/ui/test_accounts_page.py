"""The page of accounts: people, their roles and ways back in, invitations, organisations and the table of roles."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app.ui.texts import all_texts
from core.accounts.accounts import Account, AccountKind, create_account, find_account, get_account
from core.accounts.former_kinds import FORMER_KINDS
from core.accounts.invitations import invite, list_invitations, open_invitation
from core.accounts.organisations import create_organisation, list_organisations
from core.accounts.resets import reset_password
from core.accounts.sessions import list_sessions, open_browser_session
from core.accounts.sign_in import sign_in
from core.security.policy import LOCAL_ANALYST, Permission, Role
from tests.ui.conftest import Opener, turn_to, visible_text

PASSWORD = "네 개의 낱말 correct"
INVITATIONS, ORGANISATIONS, ROLES = 1, 2, 3


@pytest.fixture(autouse=True)
def cheap_hashing(settings_from: Callable[..., object]) -> None:
    settings_from(WORKBENCH_PASSWORD_MEMORY_MB="1", WORKBENCH_PASSWORD_PASSES="1")


@pytest.fixture
def people(home: Path) -> tuple[Account, Account]:
    """An administrator and an analyst."""
    admin = create_account("minji", PASSWORD, display_name="김민지", role=Role.ADMIN, principal=LOCAL_ANALYST)
    return admin, create_account("jun", PASSWORD, display_name="박준 _a_", principal=LOCAL_ANALYST)


def rows(app: AppTest, place: int = 0) -> list[dict[Any, Any]]:
    told: list[dict[Any, Any]] = app.dataframe[place].value.to_dict("records")
    return told


def told_secret(app: AppTest) -> str:
    assert len(app.code) == 1
    return str(app.code[0].value)


def test_when_words_are_typed_then_the_people_they_fit_are_shown(
    open_page: Opener, people: tuple[Account, Account]
) -> None:
    open_browser_session(people[0])
    app = open_page("accounts", "ko")
    assert [(row["login"], row["role"], row["sessions"]) for row in rows(app)] == [
        ("jun", "분석가", 0), ("minji", "관리자", 1),
    ]  # fmt: skip

    app.text_input(key="account-find").set_value("관리자 민지").run()
    assert [row["login"] for row in rows(app)] == ["minji"]

    app.text_input(key="account-find").set_value("nobody").run()
    assert not app.dataframe


def test_when_a_role_is_chosen_then_it_changes_only_once_confirmed(
    open_page: Opener, people: tuple[Account, Account]
) -> None:
    jun = people[1]
    app = open_page("accounts", "en", account=jun.id)

    app.segmented_control[0].set_value(Role.RESEARCHER).run()
    assert "from **Analyst** to **Researcher**" in visible_text(app)
    assert get_account(jun.id, principal=LOCAL_ANALYST).role is Role.ANALYST
    app.button(key="account-role-no").click().run()
    assert "account-role-yes" not in {one.key for one in app.button}

    app.segmented_control[0].set_value(Role.RESEARCHER).run()
    app.button(key="account-role-yes").click().run()
    assert get_account(jun.id, principal=LOCAL_ANALYST).role is Role.RESEARCHER
    assert "account-role-yes" not in {one.key for one in app.button}


def test_when_the_last_administrator_is_to_be_demoted_then_one_sentence_refuses(
    open_page: Opener, people: tuple[Account, Account]
) -> None:
    app = open_page("accounts", "ko", account=people[0].id)
    app.segmented_control[0].set_value(Role.GUEST).run()
    app.button(key="account-role-yes").click().run()

    assert not app.exception
    assert app.error
    assert get_account(people[0].id, principal=LOCAL_ANALYST).role is Role.ADMIN


def test_when_an_account_is_made_then_its_password_is_told_once_and_signs_in(
    open_page: Opener, people: tuple[Account, Account]
) -> None:
    app = open_page("accounts", "en")
    for key, typed in (("login", "haru"), ("name", "하루"), ("email", "haru@example.org")):
        app.text_input(key=f"account-new-{key}:0").set_value(typed)
    app.button(key="account-make").click().run()

    password = told_secret(app)
    assert sign_in("haru", password).role is Role.ANALYST
    app.button(key="put-away-new-account").click().run()
    assert not app.code


def test_when_a_link_to_a_new_password_is_made_then_it_is_shown_and_sets_it(
    open_page: Opener, people: tuple[Account, Account]
) -> None:
    app = open_page("accounts", "en", account=people[1].id)
    app.button(key="account-reset").click().run()

    link = told_secret(app)
    assert "/?reset=" in link
    reset_password(link.partition("reset=")[2], "another long password")
    assert sign_in("jun", "another long password").id == people[1].id


def test_when_an_account_is_disabled_then_its_sign_ins_end_and_undo_brings_it_back(
    open_page: Opener, people: tuple[Account, Account]
) -> None:
    jun = people[1]
    open_browser_session(jun)
    app = open_page("accounts", "ko", account=jun.id)

    app.button(key="account-disable").click().run()
    assert get_account(jun.id, principal=LOCAL_ANALYST).disabled_at is not None
    assert list_sessions(jun.id, principal=LOCAL_ANALYST) == ()

    app.button(key="undo-disable").click().run()
    assert get_account(jun.id, principal=LOCAL_ANALYST).disabled_at is None
    assert "undo-disable" not in {one.key for one in app.button}


def test_when_all_sign_ins_of_somebody_are_ended_then_none_is_left(
    open_page: Opener, people: tuple[Account, Account]
) -> None:
    for _ in range(2):
        open_browser_session(people[1])
    app = open_page("accounts", "en", account=people[1].id)

    app.button(key="account-end-all").click().run()

    assert list_sessions(people[1].id, principal=LOCAL_ANALYST) == ()
    assert "signed in nowhere" in visible_text(app)


def test_when_the_account_is_unknown_then_one_sentence_says_so(open_page: Opener, home: Path) -> None:
    app = open_page("accounts", "ko", account="no-such-account")

    assert not app.exception
    assert "no-such-account" in app.error[0].value


def test_when_somebody_is_invited_then_the_link_is_told_once_and_can_be_revoked(
    open_page: Opener, people: tuple[Account, Account]
) -> None:
    app = open_page("accounts", "en")
    turn_to(app, "accounts-tabs", INVITATIONS)
    assert "Nobody is invited yet" in visible_text(app)
    app.selectbox(key="invitation-new-role").set_value(Role.GUEST)
    app.button(key="invitation-make").click().run()

    link = told_secret(app)
    assert open_invitation(link.partition("invitation=")[2]).role is Role.GUEST
    app.button(key="invitation-revoke-0").click().run()
    assert list_invitations(principal=LOCAL_ANALYST)[0].revoked_at is not None
    assert "invitation-revoke-0" not in {one.key for one in app.button}


def test_when_signing_up_is_off_then_the_invitations_say_so(
    open_page: Opener, home: Path, settings_from: Callable[..., object]
) -> None:
    settings_from(WORKBENCH_SIGN_UP="off")
    invite(role=Role.ANALYST, principal=LOCAL_ANALYST)
    app = open_page("accounts", "ko")
    turn_to(app, "accounts-tabs", INVITATIONS)

    assert "WORKBENCH_SIGN_UP" in app.warning[0].value


def test_when_an_organisation_is_made_then_people_can_be_made_its_members(open_page: Opener, home: Path) -> None:
    app = open_page("accounts", "en")
    turn_to(app, "accounts-tabs", ORGANISATIONS)
    app.text_input[0].set_value("한빛 연구소")
    app.text_input[1].set_value("HANBIT-7")
    next(one for one in app.button if one.label == "Make it").click().run()
    assert [row["code"] for row in rows(app)] == ["HANBIT-7"]

    app = open_page("accounts", "en")
    app.text_input(key="account-new-login:0").set_value("jun")
    app.selectbox(key="account-new-kind").set_value(AccountKind.ORGANISATION_MEMBER).run()
    app.button(key="account-make").click().run()

    made = find_account("jun", principal=LOCAL_ANALYST)
    assert made.organisation == list_organisations(principal=LOCAL_ANALYST)[0]
    assert made.kind is AccountKind.ORGANISATION_MEMBER


def test_when_an_organisation_cannot_be_made_then_what_was_typed_stays(open_page: Opener, home: Path) -> None:
    create_organisation("한빛", session_code="HANBIT-7", principal=LOCAL_ANALYST)
    app = open_page("accounts", "ko")
    turn_to(app, "accounts-tabs", ORGANISATIONS)
    app.text_input[0].set_value("다른 곳")
    app.text_input[1].set_value("hanbit-7")
    next(one for one in app.button if one.label == "등록").click().run()

    assert app.error
    assert app.text_input[0].value == "다른 곳"


def test_when_the_roles_are_looked_up_then_every_permission_and_former_kind_is_told(
    open_page: Opener, home: Path
) -> None:
    app = open_page("accounts", "ko")
    turn_to(app, "accounts-tabs", ROLES)

    assert len(rows(app)) == len(Permission) - 1
    assert [row["word"] for row in rows(app, 1)] == [one.word for one in FORMER_KINDS]


def test_when_there_is_a_permission_or_a_former_system_then_it_has_a_name() -> None:
    wanted = {f"permission.{one}" for one in Permission if one is not Permission.PUBLIC}
    wanted |= {f"former_system.{one.system}" for one in FORMER_KINDS}
    assert wanted - set(all_texts()) == set()
