"""Ways in: an invitation is for one person, once, for a while, and never to more than whoever gave it has."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.accounts import letters, mailboxes
from core.accounts.accounts import Account, AccountKind
from core.accounts.changing import change_role, disable_account
from core.accounts.invitations import Invited, invite, list_invitations, open_invitation, revoke
from core.accounts.organisations import Organisation, list_organisations
from core.accounts.sign_in import sign_in
from core.accounts.sign_up import sign_up
from core.errors import BadInput, Conflict, NotAllowed, NotFound, TooManyRequests
from core.security.policy import LOCAL_ANALYST, Principal, Role
from core.storage import operator_tables
from core.storage.database import reading
from tests.accounts.conftest import NOON, PASSWORD, letter, person_named, token_in
from tests.notifications.conftest import MailServer


def invited(**values: object) -> Invited:
    return invite(**{"role": Role.RESEARCHER, "principal": LOCAL_ANALYST, **values})  # type: ignore[arg-type]


def test_when_somebody_signs_up_with_an_invitation_then_role_and_kind_are_the_invitations(
    school: Organisation,
) -> None:
    given = invited(kind=AccountKind.ORGANISATION_MEMBER, organisation_id=school.id, email="minji@host.example")

    made = sign_up("minji", PASSWORD, display_name="김민지", invitation=given.token)

    assert (made.role, made.kind, made.organisation) == (Role.RESEARCHER, AccountKind.ORGANISATION_MEMBER, school)
    assert made.email == "minji@host.example"
    assert mailboxes.is_confirmed(made.id, made.email)
    assert sign_in("minji", PASSWORD, login_type="organization", session_code="HB-2026") == made
    (used,) = list_invitations(principal=LOCAL_ANALYST)
    assert used.used_by == made.id
    assert not used.is_open()
    assert list_organisations(principal=LOCAL_ANALYST) == (school,)


def test_when_another_address_is_given_than_invited_then_it_is_kept_but_not_taken_for_proven() -> None:
    made = sign_up("minji", PASSWORD, email="other@host.example", invitation=invited(email="minji@host.example").token)

    assert made.email == "other@host.example"
    assert not mailboxes.is_confirmed(made.id, made.email)


def test_when_an_invitation_was_used_then_it_is_over() -> None:
    token = invited().token
    sign_up("minji", PASSWORD, invitation=token)

    for attempt in (lambda: open_invitation(token), lambda: sign_up("sora", PASSWORD, invitation=token)):
        with pytest.raises(NotFound):
            attempt()


def test_when_two_sign_up_with_one_invitation_at_the_same_moment_then_exactly_one_wins() -> None:
    token, start = invited().token, threading.Barrier(6)

    def attempt(number: int) -> bool:
        start.wait()
        try:
            sign_up(f"person-{number}", PASSWORD, invitation=token)
        except NotFound:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        won = list(pool.map(attempt, range(6)))

    assert sum(won) == 1
    assert len(rows("accounts")) == 1


def test_when_a_sign_up_fails_then_the_invitation_stays_open(person: Account) -> None:
    token = invited().token

    with pytest.raises(Conflict):
        sign_up("MINJI", PASSWORD, invitation=token)
    with pytest.raises(BadInput):
        sign_up("sora", "short", invitation=token)

    assert sign_up("sora", PASSWORD, invitation=token).role is Role.RESEARCHER


def test_when_an_invitation_ends_then_to_the_moment_and_a_clock_set_back_revives_nothing_used(
    settings_from: Callable[..., object],
) -> None:
    settings_from(WORKBENCH_INVITATION_DAYS="2")
    given, late = invited(now=NOON), NOON + timedelta(days=2)

    assert open_invitation(given.token, now=late - timedelta(seconds=1)).is_open(now=NOON)
    with pytest.raises(NotFound):
        open_invitation(given.token, now=late)
    sign_up("minji", PASSWORD, invitation=given.token, now=NOON)
    for when in (NOON - timedelta(days=4000), NOON, late):
        with pytest.raises(NotFound):
            open_invitation(given.token, now=when)


def test_when_an_invitation_is_revoked_then_nobody_uses_it_and_once_is_enough() -> None:
    given = invited()
    revoke(given.invitation.id, principal=LOCAL_ANALYST)

    with pytest.raises(NotFound):
        sign_up("minji", PASSWORD, invitation=given.token)
    for one in (given.invitation.id, "unknown"):
        with pytest.raises(NotFound):
            revoke(one, principal=LOCAL_ANALYST)


@pytest.mark.parametrize("role", [Role.DEVELOPER, Role.RESEARCHER, Role.ANALYST, Role.GUEST])
def test_when_somebody_does_not_manage_accounts_then_nobody_is_invited(role: Role) -> None:
    someone = Principal("minji", role)

    for attempt in (
        lambda: invite(role=Role.GUEST, principal=someone),
        lambda: list_invitations(principal=someone),
        lambda: revoke("x", principal=someone),
        lambda: list_organisations(principal=someone),
    ):
        with pytest.raises(NotAllowed):
            attempt()


def test_when_somebody_may_manage_accounts_then_still_not_to_a_role_above_the_own(clerk: Principal) -> None:
    assert invite(role=Role.RESEARCHER, principal=clerk).invitation.role is Role.RESEARCHER
    for role in (Role.DEVELOPER, Role.ADMIN):
        with pytest.raises(NotAllowed, match="stands above"):
            invite(role=role, principal=clerk)


@pytest.mark.parametrize("change", ["disabled", "demoted"])
def test_when_whoever_invited_lost_the_role_then_the_invitation_is_no_back_door(change: str) -> None:
    person_named("sora", role=Role.ADMIN)
    former = person_named("jiho", role=Role.ADMIN)
    token = invite(role=Role.ADMIN, principal=former.principal).token
    lesser = invite(role=Role.ANALYST, principal=former.principal).token

    if change == "disabled":
        disable_account(former.id, principal=LOCAL_ANALYST)
    else:
        change_role(former.id, Role.ANALYST, principal=LOCAL_ANALYST)

    with pytest.raises(NotFound):
        sign_up("minji", PASSWORD, invitation=token)
    if change == "demoted":
        assert sign_up("minji", PASSWORD, invitation=lesser).role is Role.ANALYST


def test_when_kind_and_organisation_do_not_fit_then_nobody_is_invited(school: Organisation) -> None:
    with pytest.raises(BadInput):
        invited(kind=AccountKind.ORGANISATION_ADMIN)
    with pytest.raises(BadInput):
        invited(organisation_id=school.id)
    with pytest.raises(NotFound):
        invited(kind=AccountKind.ORGANISATION_ADMIN, organisation_id="unknown")


def test_when_signing_up_is_off_then_not_even_an_invitation_helps(settings_from: Callable[..., object]) -> None:
    token = invited().token
    settings_from(WORKBENCH_SIGN_UP="off")

    with pytest.raises(NotAllowed, match="administrator"):
        sign_up("minji", PASSWORD, invitation=token)


def test_when_signing_up_needs_an_invitation_then_none_or_a_wrong_one_is_refused() -> None:
    with pytest.raises(NotAllowed, match="invitation"):
        sign_up("minji", PASSWORD)
    for token in ("wrong", "\ud800", "a" * 100_000):
        with pytest.raises(NotFound):
            sign_up("minji", PASSWORD, invitation=token)


def test_when_signing_up_is_open_then_everybody_is_a_user_and_no_more(settings_from: Callable[..., object]) -> None:
    settings_from(WORKBENCH_SIGN_UP="open")

    made = sign_up("minji", PASSWORD, email="minji@host.example")

    assert (made.role, made.kind, made.display_name) == (Role.ANALYST, AccountKind.PERSONAL, "minji")
    assert not mailboxes.is_confirmed(made.id, made.email)
    assert sign_up("sora", PASSWORD, invitation=invited().token).role is Role.RESEARCHER


def test_when_one_address_makes_accounts_without_end_then_it_waits_and_its_sign_ins_do_not(
    settings_from: Callable[..., object],
) -> None:
    settings_from(WORKBENCH_SIGN_UP="open", WORKBENCH_SIGN_IN_ADDRESS_ATTEMPTS="3")
    for number in range(3):
        sign_up(f"person-{number}", PASSWORD, address="203.0.113.7", now=NOON)

    with pytest.raises(TooManyRequests) as refusal:
        sign_up("minji", PASSWORD, address="203.0.113.7", now=NOON)

    assert refusal.value.details["retry_after"] == 60
    assert sign_in("person-0", PASSWORD, address="203.0.113.7", now=NOON).login_name == "person-0"
    assert sign_up("minji", PASSWORD, address="203.0.113.8", now=NOON).login_name == "minji"


def test_when_an_invitation_names_an_address_then_a_letter_brings_the_link(mail: MailServer) -> None:
    given = invited(email="minji@host.example", language="ko")
    letters.wait_until_sent()

    (arrived,) = mail.arrived
    to, subject, text = letter(arrived)
    assert given.is_mailed
    assert (to, subject) == ("minji@host.example", "Analyst Workbench 초대")
    assert token_in(text, "invitation") == given.token
    assert given.link in text
    assert sign_up("minji", PASSWORD, invitation=given.token).email == to


def test_when_there_is_no_mail_server_then_the_link_is_there_to_be_handed_over(
    settings_from: Callable[..., object],
) -> None:
    settings_from(WORKBENCH_PUBLIC_URL="https://workbench.example/")
    given = invited(email="minji@host.example")

    assert not given.is_mailed
    assert given.link == f"https://workbench.example/?invitation={given.token}"


def test_when_an_invitation_is_kept_then_its_token_is_not() -> None:
    given = invited()

    assert all(given.token not in str(value) for row in rows("invitations") for value in row)
    assert "token" not in {one.name for one in fields(given.invitation)}


def rows(table: str) -> list[tuple[object, ...]]:
    tables = operator_tables.metadata.tables
    with reading() as connection:
        return [tuple(row) for row in connection.execute(select(tables[table]))]
