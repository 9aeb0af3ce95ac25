"""What people see of their sessions, and that being seen never costs a request anything."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import event, select

from core.accounts import last_seen
from core.accounts.accounts import Account
from core.accounts.sessions import (
    caller_of_cookie,
    caller_of_token,
    end_all_sessions,
    end_session,
    list_sessions,
    open_browser_session,
)
from core.accounts.token_pairs import open_client_session
from core.errors import NotFound, NotSignedIn
from core.security.policy import LOCAL_ANALYST, Role
from core.storage import tables
from core.storage.database import engine, reading, writing
from tests.accounts.conftest import NOON, person_named

MINUTE = timedelta(minutes=1)


def seen_at(session_id: str) -> datetime | None:
    last_seen.wait_until_written()
    with reading() as connection:
        wanted = select(tables.sessions.c.last_seen_at).where(tables.sessions.c.id == session_id)
        return connection.execute(wanted).scalar()


def test_when_sessions_are_listed_then_each_tells_kind_device_address_and_times(person: Account) -> None:
    browser = open_browser_session(person, address="203.0.113.7", user_agent="Firefox/140\r\nX: y", now=NOON)
    open_client_session(person, now=NOON + MINUTE)

    client, pages = list_sessions(person.id, principal=person.principal, now=NOON + MINUTE)

    assert (pages.id, pages.kind, pages.created_at, pages.last_seen_at) == (browser.id, "browser", NOON, NOON)
    assert (pages.address, pages.user_agent, pages.expires_at) == ("203.0.113.7", "Firefox/140X: y", browser.expires_at)
    assert (client.kind, client.address, client.user_agent) == ("client", None, None)


def test_when_a_user_agent_is_endless_then_its_beginning_is_kept(person: Account) -> None:
    open_browser_session(person, address="x" * 1000, user_agent="é" * 100_000)

    (one,) = list_sessions(person.id, principal=person.principal)
    assert (len(one.address or ""), len(one.user_agent or "")) == (64, 300)


def test_when_a_session_ended_or_is_over_then_it_is_not_listed(person: Account) -> None:
    ended, standing = open_browser_session(person, now=NOON), open_browser_session(person, now=NOON)
    end_session(ended.id, principal=person.principal)

    listed = list_sessions(person.id, principal=person.principal, now=NOON)
    assert [one.id for one in listed] == [standing.id]
    assert list_sessions(person.id, principal=person.principal, now=standing.expires_at) == ()


def test_when_sessions_are_somebody_elses_then_only_an_administrator_sees_and_ends_them(person: Account) -> None:
    session = open_browser_session(person)
    other, admin = person_named("sora"), person_named("jiho", role=Role.ADMIN)

    with pytest.raises(NotFound):
        list_sessions(person.id, principal=other.principal)
    with pytest.raises(NotFound):
        end_session(session.id, principal=other.principal)
    with pytest.raises(NotFound):
        end_all_sessions(person.id, principal=other.principal)
    assert [one.id for one in list_sessions(person.id, principal=admin.principal)] == [session.id]
    end_session(session.id, principal=admin.principal)
    with pytest.raises(NotSignedIn):
        caller_of_cookie(session.cookie)


def test_when_a_session_is_used_then_that_is_written_at_most_every_five_minutes(person: Account) -> None:
    session = open_browser_session(person, now=NOON)

    for after, written in ((1, 0), (4, 0), (5, 5), (9, 5), (11, 11)):
        caller_of_cookie(session.cookie, now=NOON + after * MINUTE)
        assert seen_at(session.id) == NOON + written * MINUTE


def test_when_a_clock_is_set_back_then_a_time_in_the_future_is_written_over(person: Account) -> None:
    token = open_client_session(person, now=NOON).access
    session_id = caller_of_token(token, now=NOON + 60 * MINUTE).session_id
    assert seen_at(session_id) == NOON + 60 * MINUTE

    caller_of_token(token, now=NOON + MINUTE)

    assert seen_at(session_id) == NOON + MINUTE


def test_when_the_database_takes_no_writes_then_the_request_is_answered_all_the_same(person: Account) -> None:
    session = open_browser_session(person, now=NOON)

    def refuse(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("UPDATE sessions"):
            raise OSError("disk is gone")

    event.listen(engine(), "before_cursor_execute", refuse)
    try:
        assert caller_of_cookie(session.cookie, now=NOON + 9 * MINUTE).principal == person.principal
        assert seen_at(session.id) == NOON
    finally:
        event.remove(engine(), "before_cursor_execute", refuse)
    caller_of_cookie(session.cookie, now=NOON + 9 * MINUTE)
    assert seen_at(session.id) == NOON + 9 * MINUTE


def test_when_another_writer_holds_the_database_then_the_request_does_not_wait_for_it(person: Account) -> None:
    session = open_browser_session(person, now=NOON)

    with writing():  # answered from within, or it would wait for ever
        caller = caller_of_cookie(session.cookie, now=NOON + 9 * MINUTE)

    assert caller.principal == person.principal
    assert seen_at(session.id) == NOON + 9 * MINUTE


def test_when_everybody_is_logged_out_then_it_is_told_how_many(person: Account) -> None:
    kept = open_browser_session(person)
    open_browser_session(person)

    assert end_all_sessions(person.id, principal=person.principal, except_id=kept.id) == 1
    assert end_all_sessions(person.id, principal=LOCAL_ANALYST) == 1
