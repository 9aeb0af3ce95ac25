"""Addresses are one whatever their case or composition, and none can smuggle anything into a mail header."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.accounts.accounts import find_account
from core.accounts.emails import comparable_email, kept_email
from core.accounts.sign_in import sign_in
from core.errors import BadInput, Conflict
from core.security.policy import LOCAL_ANALYST
from tests.accounts.conftest import PASSWORD, person_named


@pytest.mark.parametrize(
    "text",
    ["", "minji", "@host.example", "minji@", "a@b@c", "a b@host.example", "a@host.example, b@host.example", "a@b..c",
     "Minji <minji@host.example>", "a@host.example\r\nBcc: b@host.example", '"a"@host.example', "a@host.example/x",
     "a\u200b@host.example", "a\ud800@host.example", "a" * 65 + "@host.example", "a@" + "b" * 320],
)  # fmt: skip
def test_when_a_text_is_no_single_address_then_it_is_refused(text: str) -> None:
    assert comparable_email(text) is None
    with pytest.raises(BadInput, match="e-mail"):
        kept_email(text)


def test_when_an_address_is_composed_differently_then_it_is_the_same() -> None:
    composed = "김민지@학교.example"

    assert comparable_email(f"  {unicodedata.normalize('NFD', composed)} ") == comparable_email(composed)
    assert comparable_email("Minji@Host.Example") == "minji@host.example"
    assert kept_email(" Minji@Host.Example") == "Minji@Host.Example"


@settings(max_examples=200)
@given(text=st.text(max_size=40))
def test_when_an_address_is_accepted_then_it_compares_with_itself_and_has_one_line(text: str) -> None:
    key = comparable_email(text)

    if key is not None:
        assert comparable_email(key) == comparable_email(kept_email(text)) == key
        assert len(kept_email(text).splitlines()) == 1


def test_when_an_account_has_an_address_then_it_signs_in_with_either() -> None:
    minji = person_named("minji", email="Minji@Host.Example")

    assert sign_in("minji@host.example", PASSWORD) == sign_in("MINJI", PASSWORD) == minji
    assert find_account("MINJI@host.example", principal=LOCAL_ANALYST).email == "Minji@Host.Example"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("minji", "a@host.example"), ("sora", "A@HOST.example")),
        (("a@host.example", ""), ("sora", "A@host.example")),
        (("minji", "a@host.example"), ("A@host.example", "")),
        (("minji", "a@host.example"), ("ａ@host.example", "")),
    ],
    ids=["same address", "a name already", "an address already", "wide letters"],
)
def test_when_a_name_or_address_would_answer_for_two_then_the_second_is_refused(
    first: tuple[str, str], second: tuple[str, str]
) -> None:
    person_named(first[0], email=first[1])

    with pytest.raises(Conflict):
        person_named(second[0], email=second[1])


def test_when_several_accounts_have_no_address_then_none_is_found_by_an_empty_one() -> None:
    person_named("minji")
    person_named("sora")

    with pytest.raises(Exception, match="no account"):
        find_account("", principal=LOCAL_ANALYST)
