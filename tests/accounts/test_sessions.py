"""How long a sign-in holds, and that its end counts at once everywhere."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from core.accounts.accounts import ACCOUNTS, Account
from core.accounts.sessions import (
    caller_of_cookie,
    caller_of_token,
    end_all_sessions,
    end_session,
    open_browser_session,
)
from core.accounts.sign_in import sign_in
from core.accounts.token_pairs import exchange, open_client_session
from core.errors import NotFound, NotSignedIn
from core.security.policy import Role
from core.storage import tables
from core.storage.database import reading, writing
from tests.accounts.conftest import NOON, PASSWORD, person_named
from tests.conftest import PROJECT

ASKS = """
import sys
from core.accounts.sessions import caller_of_token
from core.errors import NotSignedIn
for token in sys.stdin:
    try:
        print(caller_of_token(token.strip()).principal.id, flush=True)
    except NotSignedIn as refusal:
        print(refusal.key, flush=True)
"""


def is_signed_in(ask: Callable[[], object]) -> bool:
    try:
        ask()
    except NotSignedIn:
        return False
    return True


def test_when_a_session_stands_then_cookie_and_token_speak_for_the_same_person(person: Account) -> None:
    by_cookie = caller_of_cookie(open_browser_session(person).cookie)
    by_token = caller_of_token(open_client_session(person).access)

    assert by_cookie.principal == by_token.principal == person.principal
    assert (by_cookie.kind, by_token.kind) == ("browser", "client")


def test_when_a_session_is_ended_then_nothing_of_it_works_and_the_others_stand(person: Account) -> None:
    pair, other = open_client_session(person), open_client_session(person)

    end_session(caller_of_token(pair.access).session_id, principal=person.principal)

    assert not is_signed_in(lambda: caller_of_token(pair.access))
    assert not is_signed_in(lambda: exchange(pair.refresh))
    assert is_signed_in(lambda: caller_of_token(other.access))


def test_when_one_process_logs_out_then_the_next_request_to_another_is_refused(person: Account) -> None:
    pair = open_client_session(person)
    command = [sys.executable, "-c", ASKS]
    with subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdin is not None
        assert other.stdout is not None

        def answer() -> str:
            print(pair.access, file=other.stdin, flush=True)
            return other.stdout.readline().strip()  # type: ignore[union-attr]

        before = answer()
        end_session(caller_of_token(pair.access).session_id, principal=person.principal)
        after = answer()
        other.stdin.close()

    assert (before, after) == (person.id, "security.session_ended")


def test_when_all_sessions_are_ended_then_only_the_one_kept_stands(person: Account) -> None:
    other = person_named("seojun")
    browser, here, elsewhere = open_browser_session(person), open_client_session(person), open_client_session(other)
    kept = caller_of_token(here.access).session_id

    ended = end_all_sessions(person.id, principal=person.principal, except_id=kept)

    assert ended == 1
    assert not is_signed_in(lambda: caller_of_cookie(browser.cookie))
    assert is_signed_in(lambda: caller_of_token(here.access))
    assert is_signed_in(lambda: caller_of_token(elsewhere.access))


def test_when_a_session_belongs_to_somebody_else_then_it_is_not_there_to_be_ended(person: Account) -> None:
    other = person_named("seojun")
    browser = open_browser_session(other)

    with pytest.raises(NotFound):
        end_session(browser.id, principal=person.principal)
    with pytest.raises(NotFound):
        end_all_sessions(other.id, principal=person.principal)
    assert is_signed_in(lambda: caller_of_cookie(browser.cookie))


def test_when_a_role_changes_then_the_next_request_has_the_new_one(person: Account) -> None:
    pair = open_client_session(person)

    with writing() as connection:
        connection.execute(update(ACCOUNTS).values(role=str(Role.GUEST)))

    assert caller_of_token(pair.access).principal.role is Role.GUEST


def test_when_its_time_is_over_then_a_cookie_is_refused(person: Account, settings_from: Callable[..., object]) -> None:
    settings_from(WORKBENCH_REFRESH_TOKEN_DAYS="2")
    browser = open_browser_session(person, now=NOON)

    assert browser.expires_at == NOON + timedelta(days=2)
    assert is_signed_in(lambda: caller_of_cookie(browser.cookie, now=NOON + timedelta(days=1.9)))
    assert not is_signed_in(lambda: caller_of_cookie(browser.cookie, now=NOON + timedelta(days=2)))


@pytest.mark.parametrize("cookie", ["", "unknown", "\ud800", "x" * 100_000])
def test_when_a_cookie_is_unknown_then_it_is_refused(person: Account, cookie: str) -> None:
    open_client_session(person)  # has no cookie, which must not be found by an empty one

    assert not is_signed_in(lambda: caller_of_cookie(cookie))


def test_when_the_database_is_read_then_neither_cookies_nor_refresh_tokens_are_in_it(
    person: Account, empty_home: Path
) -> None:
    browser, pair = open_browser_session(person), open_client_session(person)
    later = exchange(pair.refresh, retry_key="a key of this exchange")

    kept = b"".join(path.read_bytes() for path in (empty_home / "data").glob("workbench.db*"))

    assert all(secret.encode() not in kept for secret in (browser.cookie, pair.refresh, later.refresh, later.access))


def test_when_sessions_are_long_over_then_a_sign_in_sweeps_them_and_their_tokens(person: Account) -> None:
    open_client_session(person, now=NOON)
    recent = NOON + timedelta(days=37)  # 7 days of refresh, 30 days of keeping
    open_client_session(person, now=NOON + timedelta(days=20))

    sign_in("minji", PASSWORD, now=recent + timedelta(seconds=1))

    with reading() as connection:
        left = [
            connection.execute(select(func.count()).select_from(table)).scalar()
            for table in (tables.sessions, tables.refresh_tokens)
        ]
    assert left == [1, 0]


def test_when_a_token_runs_out_then_an_answer_from_before_does_not_outlive_it(person: Account) -> None:
    access = open_client_session(person, now=NOON).access
    assert caller_of_token(access, now=NOON) == caller_of_token(access, now=NOON + timedelta(hours=23))

    assert not is_signed_in(lambda: caller_of_token(access, now=NOON + timedelta(hours=25)))


def test_when_the_key_is_another_then_an_answer_from_before_counts_no_more(
    person: Account, settings_from: Callable[..., object]
) -> None:
    access = open_client_session(person, now=NOON).access
    assert is_signed_in(lambda: caller_of_token(access, now=NOON))

    settings_from(WORKBENCH_TOKEN_SECRET="another secret of more than thirty letters")

    assert not is_signed_in(lambda: caller_of_token(access, now=NOON))
