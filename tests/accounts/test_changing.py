"""What administrators and people themselves change of an account, and what nobody can."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from core.accounts import mailboxes
from core.accounts.accounts import Account, find_account_by_id
from core.accounts.changing import (
    change_email,
    change_password,
    change_role,
    disable_account,
    enable_account,
    rename,
)
from core.accounts.sessions import caller_of_token
from core.accounts.sign_in import sign_in
from core.accounts.token_pairs import open_client_session
from core.errors import BadInput, Conflict, NotAllowed, NotFound
from core.security.policy import LOCAL_ANALYST, Principal, Role
from tests.accounts.conftest import PASSWORD, person_named


@pytest.fixture
def admin() -> Account:
    return person_named("sora", role=Role.ADMIN)


def test_when_a_role_is_changed_then_it_counts_for_the_very_next_request(person: Account, admin: Account) -> None:
    token = open_client_session(person).access

    assert change_role(person.id, Role.RESEARCHER, principal=admin.principal).role is Role.RESEARCHER
    assert caller_of_token(token).principal.role is Role.RESEARCHER


@pytest.mark.parametrize(
    "change", [disable_account, lambda one, principal: change_role(one, Role.GUEST, principal=principal)]
)
def test_when_the_last_administrator_would_go_then_it_is_refused_until_there_is_another(
    admin: Account, change: object
) -> None:
    with pytest.raises(Conflict, match="last administrator"):
        change(admin.id, principal=admin.principal)  # type: ignore[operator]

    second = person_named("minji", role=Role.ADMIN)
    change(admin.id, principal=second.principal)  # type: ignore[operator]
    with pytest.raises(Conflict, match="last administrator"):
        change(second.id, principal=LOCAL_ANALYST)  # type: ignore[operator]


def test_when_a_disabled_administrator_is_the_only_other_then_it_does_not_count(admin: Account) -> None:
    other = person_named("minji", role=Role.ADMIN)
    disable_account(other.id, principal=admin.principal)

    with pytest.raises(Conflict, match="last administrator"):
        change_role(admin.id, Role.DEVELOPER, principal=admin.principal)
    enable_account(other.id, principal=admin.principal)
    assert change_role(admin.id, Role.DEVELOPER, principal=admin.principal).role is Role.DEVELOPER


def test_when_two_administrators_step_down_at_once_then_one_stays() -> None:
    admins = [person_named(name, role=Role.ADMIN) for name in ("sora", "minji")]

    def step_down(one: Account) -> bool:
        try:
            change_role(one.id, Role.ANALYST, principal=one.principal)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(step_down, admins)) == [False, True]


@pytest.mark.parametrize("role", [Role.DEVELOPER, Role.RESEARCHER, Role.ANALYST, Role.GUEST])
def test_when_somebody_does_not_manage_accounts_then_no_role_is_changed_not_even_the_own(role: Role) -> None:
    someone = person_named("minji", role=role)

    with pytest.raises(NotAllowed):
        change_role(someone.id, Role.ADMIN, principal=someone.principal)
    with pytest.raises(NotAllowed):
        disable_account(someone.id, principal=someone.principal)


def test_when_somebody_may_manage_accounts_without_being_an_administrator_then_administrators_are_out_of_reach(
    person: Account, admin: Account, clerk: Principal
) -> None:
    assert change_role(person.id, Role.RESEARCHER, principal=clerk).role is Role.RESEARCHER
    for forbidden in (
        lambda: change_role(person.id, Role.DEVELOPER, principal=clerk),
        lambda: change_role(admin.id, Role.GUEST, principal=clerk),
        lambda: change_password(admin.id, "another password", principal=clerk),
        lambda: change_email(admin.id, "clerk@host.example", principal=clerk),
        lambda: disable_account(admin.id, principal=clerk),
        lambda: rename(admin.id, "Nobody", principal=clerk),
    ):
        with pytest.raises(NotAllowed):
            forbidden()


def test_when_somebody_changes_the_own_address_then_the_password_is_asked_for(person: Account) -> None:
    with pytest.raises(BadInput, match="current password"):
        change_email(person.id, "minji@host.example", current="wrong", principal=person.principal)

    changed = change_email(person.id, "minji@host.example", current=PASSWORD, principal=person.principal)
    assert (changed.email, mailboxes.is_confirmed(person.id, changed.email)) == ("minji@host.example", False)
    assert sign_in("minji@host.example", PASSWORD).id == person.id


def test_when_an_administrator_gives_an_address_then_it_counts_as_proven_until_it_changes(
    person: Account, admin: Account
) -> None:
    change_email(person.id, "minji@host.example", principal=admin.principal)
    assert mailboxes.is_confirmed(person.id, "Minji@host.example")

    change_email(person.id, "", current=PASSWORD, principal=person.principal)
    assert not mailboxes.is_confirmed(person.id, "minji@host.example")
    found = find_account_by_id(person.id)
    assert found is not None
    assert found.email == ""


def test_when_an_address_is_somebody_elses_then_it_is_not_given_again(person: Account, admin: Account) -> None:
    person_named("jiho", email="jiho@host.example")

    for taken in ("JIHO@host.example", "sora"):
        with pytest.raises((Conflict, BadInput)):
            change_email(person.id, taken, principal=admin.principal)


def test_when_somebody_renames_an_account_then_only_the_own_one_or_with_permission(
    person: Account, admin: Account
) -> None:
    assert rename(person.id, "지민", principal=person.principal).display_name == "지민"
    assert rename(person.id, "민지", principal=admin.principal).display_name == "민지"
    with pytest.raises(NotFound):
        rename(admin.id, "민지", principal=person.principal)
    with pytest.raises(BadInput):
        rename(person.id, "\u200b", principal=person.principal)
