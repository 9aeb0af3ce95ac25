"""Passwords are kept as Argon2id at the cost of the settings, and compared without telling who exists."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import BadInput
from core.security.passwords import hash_password, needs_rehash, verify_password
from core.settings.current import Settings

WORDS = "네 개의 낱말 correct"


@pytest.fixture(autouse=True)
def cheap(settings_from: Callable[..., Settings]) -> None:
    settings_from(WORKBENCH_PASSWORD_MEMORY_MB="1", WORKBENCH_PASSWORD_PASSES="1")


def test_when_a_password_is_hashed_then_the_hash_says_how_and_no_two_are_alike() -> None:
    first, second = hash_password(WORDS), hash_password(WORDS)

    assert first.startswith("$argon2id$v=19$m=1024,t=1,p=1$")
    assert first != second


def test_when_nothing_is_set_then_the_cost_is_that_of_rfc_9106_for_64_mb() -> None:
    fields = Settings.model_fields

    assert (fields["password_memory_mb"].default, fields["password_passes"].default) == (64, 3)


def test_when_there_is_no_hash_then_no_password_is_right() -> None:
    assert not verify_password(WORDS, None)


def test_when_a_password_is_longer_than_any_kept_then_it_is_wrong_even_if_it_begins_right() -> None:
    longest = "ab c" * 256

    kept = hash_password(longest)

    assert verify_password(longest, kept)
    assert not verify_password(longest + "!", kept)


def test_when_the_cost_is_raised_then_old_hashes_still_work_and_ask_to_be_renewed(
    settings_from: Callable[..., Settings],
) -> None:
    kept = hash_password(WORDS)
    assert not needs_rehash(kept)

    settings_from(WORKBENCH_PASSWORD_PASSES="2")

    assert verify_password(WORDS, kept)
    assert needs_rehash(kept)


@pytest.mark.parametrize("bad", ["", "1234567", "a" * 20, "x" * 1025, "Analyst-1"])
def test_when_a_password_is_among_the_first_guesses_then_it_is_refused(bad: str) -> None:
    with pytest.raises(BadInput):
        hash_password(bad, login_name="analyst-1")


@settings(max_examples=40, deadline=None)
@given(right=st.text(min_size=8, max_size=40), other=st.text(max_size=40))
def test_when_any_text_is_a_password_then_only_itself_in_any_composition_is_right(right: str, other: str) -> None:
    try:
        kept = hash_password(right)
    except BadInput:
        return

    assert verify_password(unicodedata.normalize("NFD", right), kept)
    is_same = unicodedata.normalize("NFC", other) == unicodedata.normalize("NFC", right)
    assert verify_password(other, kept) is is_same
