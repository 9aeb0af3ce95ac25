"""Who can have an account, under which name, and who may see or change it."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from core.accounts.accounts import Account, AccountKind, ClientFields, create_account, find_account, get_account
from core.accounts.names import comparable, kept_name
from core.accounts.organisations import Organisation, create_organisation
from core.errors import BadInput, Conflict, NotAllowed, NotFound
from core.security.policy import LOCAL_ANALYST, Role
from core.storage import tables
from core.storage.database import reading
from tests.accounts.conftest import PASSWORD, person_named


def test_when_an_account_is_made_then_it_is_found_with_all_it_was_given(school: Organisation) -> None:
    fields = ClientFields("MW-7", "F", True, "premium", False, "active", 12)
    made = person_named(
        "teacher", kind=AccountKind.ORGANISATION_ADMIN, organisation_id=school.id, client_fields=fields, role=Role.GUEST
    )

    found = find_account("teacher", principal=LOCAL_ANALYST)

    assert found == made
    assert (found.organisation, found.client_fields, found.role) == (school, fields, Role.GUEST)


def test_when_a_name_comes_in_parts_then_it_is_kept_in_nfc_and_its_owner_is_itself() -> None:
    account = person_named("minji", display_name=unicodedata.normalize("NFD", "김민지"))

    with reading() as connection:
        row = connection.execute(select(tables.accounts)).mappings().one()
    assert account.display_name == row["display_name"] == "김민지"
    assert row["owner"] == account.id


def test_when_an_account_is_kept_then_its_password_is_not() -> None:
    person_named("minji")

    with reading() as connection:
        row = connection.execute(select(tables.accounts)).mappings().one()
    assert row["password_hash"].startswith("$argon2id$")
    assert PASSWORD not in str(dict(row))


@pytest.mark.parametrize("same", ["MinJi", " minji ", "ｍｉｎｊｉ"])
def test_when_a_name_differs_only_in_case_width_or_spaces_then_it_is_taken(person: Account, same: str) -> None:
    with pytest.raises(Conflict, match="taken"):
        person_named(same)


@pytest.mark.parametrize("bad", ["", "   ", "a\0b", "a\u200bb", "a" * 201, "\ud800"])
def test_when_a_name_is_empty_too_long_or_not_visible_then_it_is_refused(bad: str) -> None:
    with pytest.raises(BadInput):
        person_named(bad)


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaa", "abababab", "minji-2026"])
def test_when_a_password_is_short_monotonous_or_the_name_then_it_is_refused(password: str) -> None:
    with pytest.raises(BadInput):
        create_account("minji-2026", password, display_name="김민지", principal=LOCAL_ANALYST)


def test_when_the_kind_and_the_organisation_do_not_fit_then_it_is_refused(school: Organisation) -> None:
    with pytest.raises(BadInput):
        person_named("minji", organisation_id=school.id)
    with pytest.raises(BadInput):
        person_named("minji", kind=AccountKind.ORGANISATION_MEMBER)
    with pytest.raises(NotFound):
        person_named("minji", kind=AccountKind.ORGANISATION_MEMBER, organisation_id="none")


def test_when_a_session_code_is_taken_then_no_second_organisation_gets_it(school: Organisation) -> None:
    with pytest.raises(Conflict):
        create_organisation("다른 학교", session_code="hb-2026", principal=LOCAL_ANALYST)


def test_when_an_analyst_asks_then_only_the_own_account_is_there(person: Account) -> None:
    other = person_named("seojun")

    assert get_account(person.id, principal=person.principal) == person
    with pytest.raises(NotFound):
        get_account(other.id, principal=person.principal)
    with pytest.raises(NotFound):
        find_account("seojun", principal=person.principal)


def test_when_an_analyst_would_make_accounts_or_organisations_then_it_is_not_allowed(person: Account) -> None:
    with pytest.raises(NotAllowed):
        create_account("seojun", PASSWORD, display_name="서준", principal=person.principal)
    with pytest.raises(NotAllowed):
        create_organisation("학교", session_code="S-1", principal=person.principal)


@given(st.text(max_size=30))
def test_when_any_text_is_a_name_then_it_is_refused_or_found_again_in_any_composition(text: str) -> None:
    try:
        kept = kept_name(text)
    except BadInput:
        return
    assert comparable(kept) is not None
    for form in ("NFC", "NFD"):
        assert comparable(unicodedata.normalize(form, kept)) == comparable(kept)
