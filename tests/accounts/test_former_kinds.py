"""Every kind of user of the replaced systems has its role here, and no foreign word opens more than it should."""

from __future__ import annotations

import pytest

from core.accounts.accounts import AccountKind
from core.accounts.former_kinds import FORMER_KINDS, former_kind, role_of
from core.errors import NotFound, NotSignedIn
from core.security.policy import Role

# From the contracts: chat 1.1 (User), customers 3.6 and Supabase's own, fragrance F11 and RBAC.
DOCUMENTED = {
    "chat": {"personal", "organization_admin", "organization_member"},
    "customers": {"user"},
    "supabase": {"anon", "authenticated", "service_role"},
    "fragrance": {"customer", "admin", "super_admin", "developer", "researcher", "user", "guest"},
}


def test_when_a_contract_names_a_kind_of_user_then_the_table_has_it_once() -> None:
    assert {(system, word) for system, words in DOCUMENTED.items() for word in words} == {
        (one.system, one.word) for one in FORMER_KINDS
    }
    assert len({(one.system, one.word) for one in FORMER_KINDS}) == len(FORMER_KINDS)


@pytest.mark.parametrize("role", Role)
def test_when_the_five_roles_had_their_own_words_already_then_they_keep_them(role: Role) -> None:
    assert role_of("fragrance", str(role)) is role


@pytest.mark.parametrize("word", sorted(DOCUMENTED["chat"]))
def test_when_somebody_came_from_the_chat_then_kind_stays_and_nobody_becomes_an_administrator(word: str) -> None:
    found = former_kind("chat", word)

    assert (found.kind, found.role) == (AccountKind(word), Role.ANALYST)


def test_when_only_administrators_were_meant_then_only_they_become_some() -> None:
    assert {(one.system, one.word) for one in FORMER_KINDS if one.role is Role.ADMIN} == {
        ("fragrance", "admin"),
        ("fragrance", "super_admin"),
    }


def test_when_a_word_is_no_person_then_nobody_is_signed_in_by_it() -> None:
    with pytest.raises(NotSignedIn, match="not of a person"):
        role_of("supabase", "service_role")


@pytest.mark.parametrize(("system", "word"), [("supabase", "admin"), ("chat", "Personal"), ("", ""), ("x", "user")])
def test_when_a_system_did_not_know_a_word_then_it_is_refused(system: str, word: str) -> None:
    with pytest.raises(NotFound):
        role_of(system, word)
