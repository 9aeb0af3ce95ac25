"""How many sign-ins may fail, from where, within which time."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from core.accounts.accounts import Account
from core.accounts.sign_in import sign_in
from core.accounts.throttling import admit, forgive
from core.errors import NotSignedIn, TooManyRequests
from core.storage import tables
from core.storage.database import reading
from tests.accounts.conftest import NOON, PASSWORD, person_named

HERE, THERE = "203.0.113.7", "198.51.100.9"


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def fail(login_name: str, times: int, *, address: str = HERE, after_s: float = 0, every_s: float = 1) -> None:
    for number in range(times):
        admit(login_name, address, now=NOON + seconds(after_s + number * every_s))


def wait_s(login_name: str, *, address: str = HERE, after_s: float) -> int:
    """0 when it is let through, and taken off the count again."""
    try:
        forgive(admit(login_name, address, now=NOON + seconds(after_s)))
    except TooManyRequests as refusal:
        return int(str(refusal.details["retry_after"]))
    return 0


def counted() -> int:
    with reading() as connection:
        return connection.execute(select(func.count()).select_from(tables.sign_in_attempts)).scalar_one()


def test_when_a_sixth_sign_in_follows_five_failures_in_a_minute_then_it_is_refused_even_if_right(
    person: Account,
) -> None:
    for number in range(5):
        with pytest.raises(NotSignedIn):
            sign_in("minji", "wrong password", address=HERE, now=NOON + seconds(number))

    with pytest.raises(TooManyRequests) as refusal:
        sign_in("minji", PASSWORD, address=HERE, now=NOON + seconds(10))

    assert refusal.value.details["retry_after"] == 50
    assert sign_in("minji", PASSWORD, address=HERE, now=NOON + seconds(60)) == person


def test_when_an_attempt_is_refused_then_it_does_not_lengthen_the_wait() -> None:
    fail("minji", 5)

    assert [wait_s("minji", after_s=after_s) for after_s in (10, 20, 59.5)] == [50, 40, 1]
    assert wait_s("minji", after_s=60) == 0


def test_when_nobody_has_the_name_then_it_is_throttled_like_any_other() -> None:
    fail("nobody", 5)

    assert wait_s("NOBODY", after_s=5) > 0


def test_when_guesses_come_from_elsewhere_then_the_account_is_guarded_all_the_same() -> None:
    fail("minji", 5)

    assert wait_s("minji", address=THERE, after_s=5) > 0
    assert wait_s("seojun", address=THERE, after_s=5) == 0


def test_when_one_address_tries_many_names_then_that_address_waits(settings_from: Callable[..., object]) -> None:
    settings_from(WORKBENCH_SIGN_IN_ADDRESS_ATTEMPTS="8")
    for number in range(8):
        fail(f"name-{number}", 1)

    assert wait_s("another", after_s=5) > 0
    assert wait_s("another", address=THERE, after_s=5) == 0
    assert wait_s("another", address="", after_s=5) == 0


@pytest.mark.parametrize(
    ("first", "second", "is_one"),
    [
        ("2001:db8::1", "2001:db8::ffff:2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:203.0.113.7", "203.0.113.7", True),
        ("fe80::1%eth0", "fe80::2", True),
        ("testclient", "testclient", True),
    ],
)
def test_when_addresses_belong_to_one_host_then_they_are_counted_as_one(
    settings_from: Callable[..., object], first: str, second: str, is_one: bool
) -> None:
    settings_from(WORKBENCH_SIGN_IN_ADDRESS_ATTEMPTS="1")
    fail("minji", 1, address=first)

    assert (wait_s("seojun", address=second, after_s=5) > 0) is is_one


def test_when_somebody_guesses_patiently_then_the_hour_has_a_limit_of_its_own() -> None:
    fail("minji", 50, every_s=15)  # four a minute

    assert wait_s("minji", after_s=50 * 15 + 60) == 3600 - (50 * 15 + 60)


def test_when_the_right_password_follows_then_the_slips_before_it_are_forgotten(person: Account) -> None:
    for number in range(4):
        with pytest.raises(NotSignedIn):
            sign_in("minji", "wrong password", address=HERE, now=NOON + seconds(number))
    sign_in("minji", PASSWORD, address=HERE, now=NOON + seconds(5))

    assert counted() == 0


def test_when_somebody_else_signs_in_then_failures_on_another_account_stay_counted(person: Account) -> None:
    person_named("seojun")
    fail("minji", 5)

    sign_in("seojun", PASSWORD, address=HERE, now=NOON + seconds(6))

    assert wait_s("minji", after_s=7) > 0


def test_when_many_guess_at_the_same_moment_then_no_more_pass_than_the_limit() -> None:
    def is_admitted(_: int) -> bool:
        try:
            admit("minji", HERE, now=NOON)
        except TooManyRequests:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        admitted = sum(pool.map(is_admitted, range(24)))

    assert admitted <= 5
    assert counted() == admitted


def test_when_attempts_are_over_an_hour_old_then_a_sign_in_sweeps_them(person: Account) -> None:
    fail("nobody", 3)

    sign_in("minji", PASSWORD, now=NOON + seconds(3700))

    assert counted() == 0


def test_when_a_name_was_tried_then_it_is_not_to_be_read_in_the_table() -> None:
    admit("my-password-by-mistake", HERE)

    with reading() as connection:
        row = connection.execute(select(tables.sign_in_attempts)).mappings().one()
    assert "mistake" not in str(dict(row))
