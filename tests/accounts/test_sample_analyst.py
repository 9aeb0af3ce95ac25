"""A new workbench has one account, whose password is told once."""

from __future__ import annotations

from collections.abc import Callable

from core.accounts.sample_analyst import ensure_sample_analyst, new_password
from core.accounts.sign_in import sign_in
from core.security.policy import Role
from tests.accounts.conftest import person_named


def test_when_nobody_has_an_account_then_one_is_made_and_its_password_told_once() -> None:
    told = ensure_sample_analyst()

    assert told is not None
    assert sign_in(*told).role is Role.ANALYST
    assert ensure_sample_analyst() is None


def test_when_two_homes_are_new_then_their_passwords_differ() -> None:
    assert new_password() != new_password()


def test_when_somebody_has_an_account_then_none_is_made() -> None:
    person_named("minji")

    assert ensure_sample_analyst() is None


def test_when_samples_are_off_then_none_is_made(settings_from: Callable[..., object]) -> None:
    settings_from(WORKBENCH_SAMPLE_DATA="false")

    assert ensure_sample_analyst() is None
