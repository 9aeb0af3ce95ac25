"""A new workbench has its first accounts, whose passwords are told once."""

from __future__ import annotations

from collections.abc import Callable

from core.accounts.changing import change_role, disable_account
from core.accounts.sample_analyst import ensure_first_accounts, new_password
from core.accounts.sign_in import sign_in
from core.security.policy import LOCAL_ANALYST, Role
from tests.accounts.conftest import person_named

NETWORKED = {"APP_ENV": "dev", "WORKBENCH_TOKEN_SECRET": "0123456789abcdef0123456789abcdef",
             "WORKBENCH_PASSWORD_MEMORY_MB": "19", "DISABLE_AUTH": "0"}  # fmt: skip


def test_when_nobody_has_an_account_then_one_is_made_and_its_password_told_once() -> None:
    (told,) = ensure_first_accounts()

    assert sign_in(told.login_name, told.password).role is told.role is Role.ANALYST
    assert ensure_first_accounts() == ()


def test_when_two_homes_are_new_then_their_passwords_differ() -> None:
    assert new_password() != new_password()


def test_when_somebody_has_an_account_then_none_is_made() -> None:
    person_named("minji")

    assert ensure_first_accounts() == ()


def test_when_samples_are_off_then_none_is_made(settings_from: Callable[..., object]) -> None:
    settings_from(WORKBENCH_SAMPLE_DATA="false")

    assert ensure_first_accounts() == ()


def test_when_the_workbench_is_not_one_persons_own_then_its_operator_gets_an_administrator(
    settings_from: Callable[..., object],
) -> None:
    settings_from(**NETWORKED)

    analyst, admin = ensure_first_accounts()

    assert [analyst.role, admin.role] == [Role.ANALYST, Role.ADMIN]
    assert sign_in(admin.login_name, admin.password).role is Role.ADMIN
    assert ensure_first_accounts() == ()


def test_when_samples_are_off_on_a_network_then_there_is_an_administrator_all_the_same(
    settings_from: Callable[..., object],
) -> None:
    settings_from(**NETWORKED, WORKBENCH_SAMPLE_DATA="false")

    assert [one.role for one in ensure_first_accounts()] == [Role.ADMIN]


def test_when_there_was_an_administrator_then_no_later_start_makes_another(
    settings_from: Callable[..., object],
) -> None:
    settings_from(**NETWORKED)
    first, second = person_named("sora", role=Role.ADMIN), person_named("minji", role=Role.ADMIN)
    disable_account(first.id, principal=LOCAL_ANALYST)

    assert ensure_first_accounts() == ()
    change_role(first.id, Role.ANALYST, principal=second.principal)
    assert ensure_first_accounts() == ()


def test_when_somebody_has_the_administrators_name_then_that_account_is_left_alone(
    settings_from: Callable[..., object],
) -> None:
    settings_from(**NETWORKED)
    person_named("admin")

    assert ensure_first_accounts() == ()
