"""Refresh tokens are good for one exchange; a second one ends the session, unless it is the same one asked again."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from core.accounts.accounts import Account, ClientFields
from core.accounts.sessions import caller_of_token
from core.accounts.token_pairs import TokenPair, exchange, open_client_session
from core.errors import BadInput, NotSignedIn
from core.storage import tables
from core.storage.database import reading
from tests.accounts.conftest import NOON, person_named

KEY, OTHER_KEY = "one exchange of this client", "another exchange of a client"


def after(**time: float) -> datetime:
    return NOON + timedelta(**time)


def refusal(refresh: str, *, retry_key: str = "", now: datetime = NOON) -> str:
    with pytest.raises(NotSignedIn) as refused:
        exchange(refresh, retry_key=retry_key, now=now)
    return refused.value.key


def stands(pair: TokenPair, now: datetime = NOON) -> bool:
    try:
        caller_of_token(pair.access, now=now)
    except NotSignedIn:
        return False
    return True


def ended_because() -> list[str | None]:
    with reading() as connection:
        return list(connection.execute(select(tables.sessions.c.ended_because)).scalars())


def test_when_a_session_opens_then_both_tokens_differ_and_the_end_is_told_in_utc(person: Account) -> None:
    pair = open_client_session(person, now=NOON)

    assert len(pair.access.split(".")) == 3
    assert pair.refresh != pair.access
    assert pair.expires_at == "2026-03-02T12:00:00Z"


def test_when_an_access_token_ends_then_it_does_so_at_the_told_time(person: Account) -> None:
    pair = open_client_session(person, now=NOON)

    assert stands(pair, now=after(hours=23.99))
    assert not stands(pair, now=datetime.fromisoformat(pair.expires_at))


def test_when_a_refresh_token_is_exchanged_then_the_session_goes_on_with_a_new_pair(person: Account) -> None:
    first = open_client_session(person, now=NOON)
    second = exchange(first.refresh, now=after(days=6))
    third = exchange(second.refresh, now=after(days=12))

    assert len({first.refresh, second.refresh, third.refresh}) == 3
    sessions = {
        caller_of_token(pair.access, now=now).session_id
        for pair, now in ((first, NOON), (second, after(days=6)), (third, after(days=12)))
    }
    assert len(sessions) == 1


def test_when_a_refresh_token_is_used_again_then_the_whole_session_ends(person: Account) -> None:
    first, bystander = open_client_session(person, now=NOON), open_client_session(person, now=NOON)
    second = exchange(first.refresh, now=NOON)

    assert refusal(first.refresh) == "security.refresh_used"

    assert not stands(first)
    assert not stands(second)
    assert refusal(second.refresh) == "security.session_ended"
    assert stands(bystander)
    assert sorted(str(why) for why in ended_because()) == ["None", "reuse"]


def test_when_two_exchange_the_same_token_at_once_then_one_wins_and_the_session_is_ended(person: Account) -> None:
    first = open_client_session(person, now=NOON)
    together = Barrier(4)

    def attempt(_: int) -> TokenPair | None:
        together.wait()
        try:
            return exchange(first.refresh, now=NOON)
        except NotSignedIn:
            return None

    with ThreadPoolExecutor(4) as pool:
        won = [pair for pair in pool.map(attempt, range(4)) if pair is not None]

    assert len(won) == 1
    assert not stands(won[0])
    assert ended_because() == ["reuse"]


def test_when_the_answer_was_lost_then_the_same_exchange_gives_the_same_pair_again(person: Account) -> None:
    first = open_client_session(person, now=NOON)

    lost = exchange(first.refresh, retry_key=KEY, now=NOON)
    again = exchange(first.refresh, retry_key=KEY, now=after(seconds=30))

    assert again.refresh == lost.refresh
    assert stands(again)
    assert stands(exchange(again.refresh, now=after(seconds=31)))


@pytest.mark.parametrize(
    ("retry_key", "later_s"), [("", 1.0), (OTHER_KEY, 1.0), (KEY, 30.1)], ids=["no key", "another key", "too late"]
)
def test_when_a_second_use_is_not_the_same_exchange_then_the_session_ends(
    person: Account, retry_key: str, later_s: float
) -> None:
    first = open_client_session(person, now=NOON)
    exchange(first.refresh, retry_key=KEY, now=NOON)

    assert refusal(first.refresh, retry_key=retry_key, now=after(seconds=later_s)) == "security.refresh_used"
    assert ended_because() == ["reuse"]


def test_when_the_next_token_is_in_use_then_its_answer_was_not_lost_and_a_retry_ends_the_session(
    person: Account,
) -> None:
    first = open_client_session(person, now=NOON)
    second = exchange(first.refresh, retry_key=KEY, now=NOON)
    exchange(second.refresh, now=after(seconds=1))

    assert refusal(first.refresh, retry_key=KEY, now=after(seconds=2)) == "security.refresh_used"


def test_when_an_exchange_without_a_key_is_repeated_with_one_then_it_is_a_second_use(person: Account) -> None:
    first = open_client_session(person, now=NOON)
    exchange(first.refresh, now=NOON)

    assert refusal(first.refresh, retry_key=KEY) == "security.refresh_used"


def test_when_a_retry_key_could_be_guessed_then_it_is_refused_and_nothing_is_used_up(person: Account) -> None:
    first = open_client_session(person, now=NOON)

    with pytest.raises(BadInput):
        exchange(first.refresh, retry_key="1", now=NOON)
    assert stands(exchange(first.refresh, now=NOON))


def test_when_a_refresh_token_is_unknown_expired_or_an_access_token_then_it_is_refused(person: Account) -> None:
    pair = open_client_session(person, now=NOON)

    assert refusal("unknown") == "security.token_invalid"
    assert refusal(pair.access) == "security.token_invalid"
    assert refusal(pair.refresh, now=after(days=7)) == "security.token_expired"
    assert ended_because() == [None]


def test_when_a_session_is_renewed_for_ever_then_it_ends_all_the_same(
    person: Account, settings_from: Callable[..., object]
) -> None:
    settings_from(WORKBENCH_SESSION_DAYS="10")
    pair = exchange(open_client_session(person, now=NOON).refresh, now=after(days=6))
    last = exchange(pair.refresh, now=after(days=9.5))

    assert last.expires_at == "2026-03-11T12:00:00Z"
    assert refusal(last.refresh, now=after(days=10)) == "security.token_expired"


def test_when_refresh_tokens_are_shorter_lived_than_access_tokens_then_the_access_token_still_lasts(
    person: Account, settings_from: Callable[..., object]
) -> None:
    settings_from(WORKBENCH_REFRESH_TOKEN_DAYS="0.5")
    pair = open_client_session(person, now=NOON)

    assert stands(pair, now=after(hours=23))


def test_when_the_former_system_knew_the_person_then_the_token_says_under_which_id(person: Account) -> None:
    import jwt

    known = person_named("seojun", client_fields=ClientFields(ac_id="계정 7"))
    claims = [
        jwt.decode(open_client_session(one).access, options={"verify_signature": False}) for one in (person, known)
    ]

    assert [claim["ac_id"] for claim in claims] == ["minji", "계정 7"]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.integers(0, 5), min_size=1, max_size=6))
def test_when_tokens_are_presented_in_any_order_then_only_a_chain_of_newest_ones_lives(
    person: Account, steps: list[int]
) -> None:
    """steps: which of the tokens handed out so far is presented, counted back from the newest."""
    handed_out = [open_client_session(person, now=NOON).refresh]
    for back in steps:
        chosen = max(len(handed_out) - 1 - back, 0)
        if chosen != len(handed_out) - 1:
            refusal(handed_out[chosen])
            assert refusal(handed_out[-1]) == "security.session_ended"
            return
        handed_out.append(exchange(handed_out[chosen], now=NOON).refresh)
    assert exchange(handed_out[-1], now=NOON).refresh not in handed_out


def test_when_one_session_goes_on_then_the_refresh_token_of_another_is_as_good_as_before(person: Account) -> None:
    first, other = open_client_session(person, now=NOON), open_client_session(person, now=NOON)

    exchange(first.refresh, now=NOON)

    assert stands(exchange(other.refresh, now=NOON))


@pytest.mark.parametrize("length", [15, 201])
def test_when_a_retry_key_has_the_wrong_length_then_both_limits_are_told(person: Account, length: int) -> None:
    with pytest.raises(BadInput) as refused:
        exchange("unknown", retry_key="x" * length, now=NOON)

    assert refused.value.details == {"least": 16, "most": 200}
