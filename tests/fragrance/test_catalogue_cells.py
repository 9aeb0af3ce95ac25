"""Cells, ids and guards: whatever is written comes back as it was meant."""

from __future__ import annotations

import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

from core.fragrance.catalogue import cells
from core.fragrance.catalogue.material_values import LONGEST_ID, check_id
from core.fragrance.catalogue.perfume_ids import perfume_id

WORDS = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=40)


@settings(max_examples=100)
@given(st.one_of(WORDS, WORDS.map("={}".format), WORDS.map("'@{}".format), st.just("-3.5")))
def test_when_words_are_exported_then_no_spreadsheet_runs_them_and_they_come_back(words: str) -> None:
    words = unicodedata.normalize("NFC", words).strip()
    cell = cells.guarded(words)

    assert cells.PLAIN.fullmatch(cell) or not cell.startswith(("=", "+", "-", "@"))
    assert cells.text({"a": cell}, "a") == words


@settings(max_examples=100)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_when_a_number_is_exported_then_the_same_number_comes_back(value: float) -> None:
    assert cells.number({"a": cells.guarded(cells.shown(value))}, "a") == value


@settings(max_examples=100)
@given(WORDS, WORDS.map(lambda word: f"a{word}"))
def test_when_an_id_is_made_of_names_then_it_can_be_stored_and_is_the_same_again(brand: str, name: str) -> None:
    for apart in (False, True):
        made = perfume_id(brand, name, apart=apart)
        check_id(made)
        assert made == perfume_id(f" {brand} ", name.upper() if name.isascii() else name, apart=apart)
        assert len(made) <= LONGEST_ID
