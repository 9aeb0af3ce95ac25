"""Perfumes like a given one, explained by notes."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import NotAllowed, NotFound
from core.fragrance.search.filters import Filters
from core.fragrance.search.similar import compared, similar_items
from tests.fragrance.search_home import CUSTOMER, GUEST, encoder, fill, use


@pytest.fixture
def filled(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, encoder())
    fill()


def test_when_notes_name_the_same_thing_then_they_are_shared_however_they_are_written() -> None:
    overlap, shared, only_there, only_here = compared(("Bulgarian rose", "oud"), ("rose absolute", "peony"))
    assert overlap == pytest.approx(1 / 3)
    assert (shared, only_there, only_here) == (("rose absolute",), ("peony",), ("oud",))


def test_when_a_perfume_is_given_then_the_nearest_come_first_without_itself(filled: None) -> None:
    answer = similar_items("rose-oud", principal=CUSTOMER)
    assert "rose-oud" not in [one.id for one in answer.results]
    best = answer.results[0]
    assert best.id == "dollars"
    assert best.shared == ("rose",)
    assert best.only_here == ("oud", "saffron")
    assert best.similarity is not None
    assert best.distance == 1.0 - best.similarity
    assert answer.notices == ()


def test_when_filters_are_given_then_they_hold(filled: None) -> None:
    answer = similar_items("vanilla", Filters(gender="masculine", brand="House B"), principal=CUSTOMER)
    assert [one.id for one in answer.results] == ["leather"]


def test_when_the_encoder_is_away_then_notes_compare_and_say_so(filled: None, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, None)
    answer = similar_items("rose-oud", principal=CUSTOMER)
    assert answer.results[0].id == "dollars"
    assert answer.results[0].similarity is None
    assert {one.key for one in answer.notices} == {
        "fragrance_search.encoder_away",
        "fragrance_search.compared_by_notes",
    }


def test_when_there_is_no_such_perfume_or_it_may_not_be_read_then_it_is_said(filled: None) -> None:
    with pytest.raises(NotFound):
        similar_items("nobody", principal=CUSTOMER)
    with pytest.raises(NotFound):
        similar_items("rose-oud", collection="fragrance_notes", principal=CUSTOMER)
    with pytest.raises(NotAllowed):
        similar_items("rose-oud", principal=GUEST)
