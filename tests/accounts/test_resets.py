"""A forgotten password: the same answer for everybody, a link that works once, and no other way in afterwards."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import event, select

from core.accounts import letters, mailboxes
from core.accounts.accounts import Account
from core.accounts.changing import change_email, change_password, disable_account
from core.accounts.resets import ask_reset, make_reset, reset_password
from core.accounts.sessions import caller_of_token
from core.accounts.sign_in import sign_in
from core.accounts.token_pairs import open_client_session
from core.errors import BadInput, NotAllowed, NotFound, NotSignedIn, TooManyRequests
from core.security.policy import LOCAL_ANALYST, Principal, Role
from core.storage import operator_tables
from core.storage.database import engine, reading
from tests.accounts.conftest import NOON, PASSWORD, letter, person_named, token_in
from tests.notifications.conftest import MailServer

NEW = "새로운 낱말 battery"


@pytest.fixture
def minji() -> Account:
    return person_named("minji", email="minji@host.example")


def made_for(account: Account) -> str:
    return make_reset(account.id, principal=LOCAL_ANALYST).token


@pytest.mark.parametrize("asked", ["minji", "MINJI@host.example"])
def test_when_somebody_asks_then_the_letter_brings_a_link_in_their_language(
    minji: Account, mail: MailServer, asked: str
) -> None:
    ask_reset(asked, language="ko")
    letters.wait_until_sent()

    (arrived,) = mail.arrived
    to, subject, text = letter(arrived)
    assert (to, subject) == ("minji@host.example", "Analyst Workbench 비밀번호 재설정")
    assert "60분" in text
    assert reset_password(token_in(text, "reset"), NEW).id == minji.id
    assert sign_in("minji", NEW).id == minji.id
    with pytest.raises(NotSignedIn):
        sign_in("minji", PASSWORD)


def test_when_nobody_has_the_name_then_the_answer_and_the_work_are_the_same(minji: Account, mail: MailServer) -> None:
    person_named("sora")
    gone = person_named("jiho", email="jiho@host.example")
    disable_account(gone.id, principal=LOCAL_ANALYST)

    work = [statements_of(name) for name in ("minji", "nobody", "nobody@host.example", "sora", "jiho", "", "\ud800")]
    letters.wait_until_sent()

    for one in work:
        assert one == work[0]
    assert len(mail.arrived) == 1
    assert len(kept()) == len(work)


def test_when_there_is_no_mail_server_then_the_answer_is_the_same(minji: Account) -> None:
    assert statements_of("minji") == statements_of("nobody")


def test_when_letters_are_asked_for_without_end_then_name_and_address_wait(minji: Account) -> None:
    # By what was typed: were it by account, the second form's refusal would tell whose address it is.
    for asked in (("minji", "MINJI", "Minji"), ("minji@host.example", "MINJI@host.example", "minji@HOST.example")):
        for name in asked[:2]:
            ask_reset(name, now=NOON)
        with pytest.raises(TooManyRequests) as refusal:
            ask_reset(asked[2], now=NOON)
        assert refusal.value.details["retry_after"] == 60
    for number in range(20):
        ask_reset(f"person-{number}", address="203.0.113.7", now=NOON)
    with pytest.raises(TooManyRequests):
        ask_reset("somebody", address="203.0.113.7", now=NOON)
    assert sign_in("minji", PASSWORD, address="203.0.113.7", now=NOON) == minji


def test_when_a_link_is_used_then_every_session_ends_and_no_link_works_again(minji: Account) -> None:
    token, other, session = made_for(minji), made_for(minji), open_client_session(minji)

    reset_password(token, NEW)

    with pytest.raises(NotSignedIn):
        caller_of_token(session.access)
    for used in (token, other):
        with pytest.raises(NotFound):
            reset_password(used, "yet another password")
    assert sign_in("minji", NEW).id == minji.id


def test_when_one_link_is_used_twice_at_the_same_moment_then_one_password_counts(minji: Account) -> None:
    token, start = made_for(minji), threading.Barrier(4)

    def attempt(number: int) -> str | None:
        start.wait()
        try:
            reset_password(token, f"password number {number}")
        except NotFound:
            return None
        return f"password number {number}"

    with ThreadPoolExecutor(4) as pool:
        (won,) = [one for one in pool.map(attempt, range(4)) if one is not None]

    assert sign_in("minji", won).id == minji.id


@pytest.mark.parametrize("change", ["password", "email", "disabled"])
def test_when_the_account_changed_meanwhile_then_an_older_link_is_over(minji: Account, change: str) -> None:
    token = made_for(minji)

    if change == "password":
        change_password(minji.id, "another password", current=PASSWORD, principal=minji.principal)
    elif change == "email":
        change_email(minji.id, "new@host.example", current=PASSWORD, principal=minji.principal)
    else:
        disable_account(minji.id, principal=LOCAL_ANALYST)

    with pytest.raises(NotFound):
        reset_password(token, NEW)


def test_when_a_link_is_over_then_to_the_moment_and_a_clock_set_back_revives_none(
    minji: Account, settings_from: Callable[..., object]
) -> None:
    settings_from(WORKBENCH_RESET_MINUTES="10")
    early, late = (make_reset(minji.id, now=NOON, principal=LOCAL_ANALYST) for _ in range(2))
    assert late.expires_at == NOON + timedelta(minutes=10)

    with pytest.raises(NotFound):
        reset_password(late.token, NEW, now=late.expires_at)
    reset_password(early.token, NEW, now=late.expires_at - timedelta(seconds=1))
    for when in (NOON - timedelta(days=4000), NOON, NOON + timedelta(days=4000)):
        with pytest.raises(NotFound):
            reset_password(early.token, NEW, now=when)


def test_when_the_new_password_is_no_good_then_the_link_stays_good(minji: Account) -> None:
    token = made_for(minji)

    for poor in ("short", "minji", "aaaaaaaaaa"):
        with pytest.raises(BadInput):
            reset_password(token, poor)

    assert reset_password(token, NEW).id == minji.id


@pytest.mark.parametrize("token", ["", "wrong", "\ud800", "a" * 100_000])
def test_when_a_link_is_nobodys_then_it_is_refused(token: str) -> None:
    with pytest.raises(NotFound):
        reset_password(token, NEW)


def test_when_links_are_guessed_without_end_then_the_guesser_waits(minji: Account) -> None:
    for number in range(20):
        with pytest.raises(NotFound):
            reset_password(f"guess-{number}", NEW, address="203.0.113.7", now=NOON)

    with pytest.raises(TooManyRequests):
        reset_password(made_for(minji), NEW, address="203.0.113.7", now=NOON)


def test_when_a_link_came_by_letter_then_the_address_is_proven_and_when_handed_over_it_is_not(
    mail: MailServer,
) -> None:
    sora = person_named("sora")
    change_email(sora.id, "sora@host.example", current=PASSWORD, principal=sora.principal)
    reset_password(made_for(sora), NEW)
    assert not mailboxes.is_confirmed(sora.id, "sora@host.example")

    ask_reset("sora")
    letters.wait_until_sent()
    reset_password(token_in(letter(mail.arrived[0])[2], "reset"), PASSWORD)

    assert mailboxes.is_confirmed(sora.id, "sora@host.example")


def test_when_somebody_makes_a_link_for_another_then_only_with_permission_and_never_for_one_above(
    minji: Account,
    clerk: Principal,
) -> None:
    admin = person_named("sora", role=Role.ADMIN)
    assert make_reset(minji.id, principal=clerk).link.startswith("http://localhost:")
    with pytest.raises(NotAllowed):
        make_reset(admin.id, principal=clerk)
    with pytest.raises(NotAllowed):
        make_reset(minji.id, principal=minji.principal)
    with pytest.raises(NotFound):
        make_reset("unknown", principal=admin.principal)


def test_when_a_link_is_kept_then_its_token_is_not(minji: Account) -> None:
    token = made_for(minji)

    assert all(token not in str(value) for row in kept() for value in row)


def kept() -> list[tuple[object, ...]]:
    with reading() as connection:
        return [tuple(row) for row in connection.execute(select(operator_tables.password_resets))]


def statements_of(name: str) -> list[str]:
    """What the database is asked while somebody asks for a new password under that name."""
    asked: list[str] = []
    here = threading.get_ident()  # the letters before this one are sent by a thread of their own

    def listen(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if threading.get_ident() == here:
            asked.append(statement)

    event.listen(engine(), "before_cursor_execute", listen)
    try:
        ask_reset(name, now=NOON)
    finally:
        event.remove(engine(), "before_cursor_execute", listen)
    return asked
