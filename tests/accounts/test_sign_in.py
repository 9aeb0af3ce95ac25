"""Which name, password and form sign somebody in, and what the others are told."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from core.accounts.accounts import Account, AccountKind, find_account
from core.accounts.changing import change_password, disable_account, enable_account
from core.accounts.organisations import Organisation
from core.accounts.sessions import caller_of_token, open_browser_session
from core.accounts.sign_in import sign_in
from core.accounts.token_pairs import open_client_session
from core.errors import BadInput, NotAllowed, NotFound, NotSignedIn, TooManyRequests
from core.security.policy import LOCAL_ANALYST
from core.storage import tables
from core.storage.database import reading
from tests.accounts.conftest import PASSWORD, person_named


def told(login_name: str, password: str = PASSWORD, **form: str) -> str:
    with pytest.raises(NotSignedIn) as refusal:
        sign_in(login_name, password, **form)  # type: ignore[arg-type]
    return refusal.value.key


def kept_hash() -> str:
    with reading() as connection:
        return str(connection.execute(select(tables.accounts.c.password_hash)).scalar_one())


def test_when_name_and_password_are_right_then_the_account_is_signed_in(person: Account) -> None:
    assert sign_in("MINJI", PASSWORD) == person


def test_when_hangul_is_typed_in_parts_then_the_password_is_the_same(person: Account) -> None:
    assert sign_in("minji", unicodedata.normalize("NFD", PASSWORD)) == person


def test_when_anything_is_wrong_then_all_are_told_the_same(person: Account, school: Organisation) -> None:
    person_named("member", kind=AccountKind.ORGANISATION_MEMBER, organisation_id=school.id)
    gone = person_named("gone")
    disable_account(gone.id, principal=LOCAL_ANALYST)

    answers = {
        told("nobody"),
        told("minji", "wrong password"),
        told("minji", "\ud800"),
        told("minji", "x" * 100_000),
        told("a\0b"),
        told("gone"),
        told("member", "wrong password", login_type="personal"),
        told("member", login_type="organization", session_code="another"),
        told("member", login_type="organization"),
    }

    assert answers == {"security.sign_in_failed"}


def test_when_nobody_has_the_name_then_a_password_is_compared_all_the_same(
    person: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[str] = []
    from argon2 import PasswordHasher

    verify = PasswordHasher.verify

    def count(self: PasswordHasher, hashed: str, password: bytes) -> bool:
        compared.append(hashed.rpartition("$")[0].rpartition("$")[0])  # algorithm and cost
        return bool(verify(self, hashed, password))

    monkeypatch.setattr(PasswordHasher, "verify", count)
    told("minji", "wrong password")
    told("nobody", "wrong password")

    assert len(compared) == 2
    assert compared[0] == compared[1]


@pytest.mark.parametrize("kind", [AccountKind.ORGANISATION_ADMIN, AccountKind.ORGANISATION_MEMBER])
def test_when_somebody_of_an_organisation_gives_its_code_then_the_account_is_signed_in(
    school: Organisation, kind: AccountKind
) -> None:
    account = person_named("teacher", kind=kind, organisation_id=school.id)

    assert sign_in("teacher", PASSWORD, login_type="organization", session_code="hb-2026") == account


def test_when_the_other_form_is_the_right_one_then_only_who_knows_the_password_is_told(
    person: Account, school: Organisation
) -> None:
    person_named("member", kind=AccountKind.ORGANISATION_MEMBER, organisation_id=school.id)

    assert told("member", login_type="personal") == "security.sign_in_with_organisation"
    assert told("minji", login_type="organization", session_code="HB-2026") == "security.sign_in_other_form"


def test_when_the_cost_was_raised_then_the_next_sign_in_hashes_anew_and_only_that_one(
    person: Account, settings_from: Callable[..., object]
) -> None:
    first = kept_hash()
    settings_from(WORKBENCH_PASSWORD_PASSES="2")

    sign_in("minji", PASSWORD)
    second = kept_hash()
    sign_in("minji", PASSWORD)

    assert "t=1" in first
    assert "t=2" in second
    assert kept_hash() == second


def test_when_a_password_is_changed_then_the_old_one_and_all_other_sessions_are_over(person: Account) -> None:
    here, elsewhere = open_client_session(person), open_client_session(person)
    kept = caller_of_token(here.access).session_id

    change_password(person.id, "another 긴 비밀번호", current=PASSWORD, keep_session=kept, principal=person.principal)

    assert told("minji") == "security.sign_in_failed"
    assert sign_in("minji", "another 긴 비밀번호").id == person.id
    assert caller_of_token(here.access).principal.id == person.id
    with pytest.raises(NotSignedIn):
        caller_of_token(elsewhere.access)


def test_when_the_current_password_is_wrong_then_nothing_changes_and_guessing_is_throttled(person: Account) -> None:
    for _ in range(5):
        with pytest.raises(BadInput, match="current password"):
            change_password(person.id, "another 긴 비밀번호", current="guess", principal=person.principal)
    with pytest.raises(TooManyRequests):
        change_password(person.id, "another 긴 비밀번호", current=PASSWORD, principal=person.principal)


def test_when_it_is_another_persons_account_then_only_who_manages_accounts_changes_it(person: Account) -> None:
    other = person_named("seojun")

    with pytest.raises(NotFound):
        change_password(other.id, "another 긴 비밀번호", current=PASSWORD, principal=person.principal)
    with pytest.raises(NotAllowed):
        disable_account(other.id, principal=person.principal)
    change_password(other.id, "another 긴 비밀번호", principal=LOCAL_ANALYST)
    assert sign_in("seojun", "another 긴 비밀번호").id == other.id


def test_when_an_account_is_disabled_then_its_sessions_end_until_it_is_enabled_and_signs_in(person: Account) -> None:
    pair = open_client_session(person)

    disable_account(person.id, principal=LOCAL_ANALYST)
    with pytest.raises(NotSignedIn):
        caller_of_token(pair.access)
    enable_account(person.id, principal=LOCAL_ANALYST)

    with pytest.raises(NotSignedIn):
        caller_of_token(pair.access)
    assert find_account("minji", principal=LOCAL_ANALYST).disabled_at is None
    assert sign_in("minji", PASSWORD).id == person.id


def test_when_the_password_changes_while_it_is_compared_then_no_session_opens(person: Account) -> None:
    change_password(person.id, "another 긴 비밀번호", current=PASSWORD, principal=person.principal)

    for opened in (open_client_session, open_browser_session):
        with pytest.raises(NotSignedIn):
            opened(person)  # the account as it was when the old password was right
    with reading() as connection:
        assert connection.execute(select(func.count()).select_from(tables.sessions)).scalar() == 0
