"""Guessing without end, clocks that jump, and tokens that come back."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from core.accounts import sign_in as module
from core.accounts import throttling
from core.accounts.accounts import Account
from core.accounts.sessions import caller_of_token
from core.accounts.sign_in import sign_in
from core.accounts.token_pairs import exchange, open_client_session
from core.errors import NotSignedIn, TooManyRequests
from core.security.policy import LOCAL_ANALYST
from core.storage import audit, tables
from core.storage.database import reading, writing
from tests.accounts.conftest import NOON, PASSWORD, person_named, told_in_audit

YEAR = timedelta(days=365)


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every password that was really compared."""
    tried: list[str] = []

    def verify(password: str, kept: str | None) -> bool:
        tried.append(password)
        return module_verify(password, kept)

    module_verify = module.verify_password
    monkeypatch.setattr(module, "verify_password", verify)
    return tried


@pytest.mark.parametrize("guesses", [300, pytest.param(10_000, marks=(pytest.mark.soak, pytest.mark.timeout(600)))])
@pytest.mark.fault(
    "10,000 wrong passwords", "guessed one after the other from 200 addresses",
    "five are compared, the rest is refused unread",
)  # fmt: skip
def test_when_thousands_of_passwords_are_guessed_then_five_are_compared_and_the_rest_is_refused(
    person: Account, compared: list[str], guesses: int
) -> None:
    outcomes: dict[type[Exception], int] = {}
    for number in range(guesses):
        try:
            sign_in("minji", f"guess number {number}", address=f"203.0.113.{number % 200}", now=NOON)
        except (NotSignedIn, TooManyRequests) as refusal:
            outcomes[type(refusal)] = outcomes.get(type(refusal), 0) + 1

    assert len(compared) == 5
    assert outcomes == {NotSignedIn: 5, TooManyRequests: guesses - 5}
    assert [action for action, _ in told_in_audit()].count("sign_in.failed") == 5
    with reading() as connection:
        assert connection.execute(select(func.count()).select_from(tables.sign_in_attempts)).scalar_one() == 5


@pytest.mark.fault(
    "10,000 wrong passwords", "sixty guesses at the same moment",
    "no more than five are compared",
)  # fmt: skip
def test_when_guesses_come_at_the_same_moment_then_no_more_are_compared(person: Account, compared: list[str]) -> None:
    def guess(number: int) -> str:
        try:
            sign_in("minji", f"guess number {number}", now=NOON)
        except (NotSignedIn, TooManyRequests) as refusal:
            return refusal.key
        return "in"

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(guess, range(60)))

    assert "in" not in outcomes
    assert len(compared) == outcomes.count("security.sign_in_failed") <= 5


def test_when_a_patient_guesser_comes_back_every_minute_then_fifty_an_hour_are_compared(
    person: Account, compared: list[str]
) -> None:
    for second in range(0, 3600, 10):
        with pytest.raises((NotSignedIn, TooManyRequests)):
            sign_in("minji", f"guess {second}", now=NOON + timedelta(seconds=second))

    assert len(compared) == 50


def test_when_an_account_has_name_and_address_then_both_together_have_one_number_of_tries(
    compared: list[str],
) -> None:
    person_named("minji", email="minji@host.example")

    for number in range(20):
        with pytest.raises((NotSignedIn, TooManyRequests)):
            sign_in(("minji", "MINJI@host.example")[number % 2], f"guess {number}", now=NOON)

    assert len(compared) == 5


@pytest.mark.fault(
    "clock jump", "set back a year after failed sign-ins",
    "nobody is locked out for a year",
)  # fmt: skip
def test_when_a_clock_is_set_back_a_year_then_old_failures_lock_nobody_out_for_a_year(person: Account) -> None:
    for number in range(5):
        with pytest.raises(NotSignedIn):
            sign_in("minji", f"guess {number}", now=NOON)

    assert sign_in("minji", PASSWORD, now=NOON - YEAR) == person


def test_when_a_clock_is_a_minute_behind_another_hosts_then_its_failures_count(
    person: Account, compared: list[str]
) -> None:
    for number in range(5):
        with pytest.raises(NotSignedIn):
            sign_in("minji", f"guess {number}", now=NOON)

    with pytest.raises(TooManyRequests) as refusal:
        sign_in("minji", PASSWORD, now=NOON - timedelta(seconds=30))
    assert 0 < refusal.value.details["retry_after"] <= 90  # type: ignore[operator]
    assert len(compared) == 5


def test_when_a_clock_was_ahead_then_what_it_counted_is_swept_away() -> None:
    throttling.admit("minji", "", now=NOON + YEAR)

    with writing() as connection:
        throttling.forget_old(connection, NOON)

    with reading() as connection:
        assert connection.execute(select(func.count()).select_from(tables.sign_in_attempts)).scalar_one() == 0


@pytest.mark.fault(
    "clock jump", "a year forward and back again",
    "the session is over, and stands again",
)  # fmt: skip
def test_when_a_clock_jumps_forward_then_a_session_is_over_and_back_again_it_stands(person: Account) -> None:
    pair = open_client_session(person, now=NOON)

    with pytest.raises(NotSignedIn, match="expired"):
        caller_of_token(pair.access, now=NOON + YEAR)
    with pytest.raises(NotSignedIn):
        exchange(pair.refresh, now=NOON + YEAR)
    assert caller_of_token(pair.access, now=NOON).principal == person.principal
    assert caller_of_token(pair.access, now=NOON - YEAR).principal == person.principal


@pytest.mark.parametrize("after", [timedelta(0), -YEAR, YEAR / 1000, timedelta(days=6)])
@pytest.mark.fault(
    "replayed refresh token", "used twice, with the clock anywhere",
    "the session ends",
)  # fmt: skip
def test_when_a_refresh_token_comes_a_second_time_then_the_session_ends_whatever_the_clock_says(
    person: Account, after: timedelta
) -> None:
    pair = open_client_session(person, now=NOON)
    following = exchange(pair.refresh, now=NOON)

    with pytest.raises(NotSignedIn):
        exchange(pair.refresh, now=NOON + after)

    for refused in (lambda: caller_of_token(following.access, now=NOON), lambda: exchange(following.refresh, now=NOON)):
        with pytest.raises(NotSignedIn):
            refused()
    assert told_in_audit()[-1] == ("session.reused", person.id)


def test_when_our_secret_is_replaced_then_nobody_is_signed_out(
    person: Account, settings_from: Callable[..., object]
) -> None:
    old, new = "an earlier secret of the workbench 1", "the secret of the workbench today 2"
    settings_from(WORKBENCH_TOKEN_SECRET=old)
    pair = open_client_session(person)
    lost = exchange(pair.refresh, retry_key="a key of sixteen letters")

    settings_from(WORKBENCH_TOKEN_SECRET=new, WORKBENCH_PREVIOUS_TOKEN_SECRETS=old)

    assert caller_of_token(pair.access).principal == person.principal
    again = exchange(pair.refresh, retry_key="a key of sixteen letters")
    assert again.refresh == lost.refresh
    following = exchange(again.refresh)
    settings_from(WORKBENCH_TOKEN_SECRET=new, WORKBENCH_PREVIOUS_TOKEN_SECRETS="")
    assert caller_of_token(following.access).principal == person.principal
    with pytest.raises(NotSignedIn):
        caller_of_token(pair.access)


def test_when_a_lost_answer_is_asked_for_after_its_secret_is_forgotten_then_the_session_ends(
    person: Account, settings_from: Callable[..., object]
) -> None:
    settings_from(WORKBENCH_TOKEN_SECRET="an earlier secret of the workbench 1")
    pair = open_client_session(person)
    exchange(pair.refresh, retry_key="a key of sixteen letters")
    settings_from(WORKBENCH_TOKEN_SECRET="the secret of the workbench today 2")

    with pytest.raises(NotSignedIn):
        exchange(pair.refresh, retry_key="a key of sixteen letters")
    assert [one.target for one in audit.search_entries(action="session.reused", principal=LOCAL_ANALYST)] == [person.id]
