"""Addresses of passages and text with marks: what an address is given is read again, and nothing becomes HTML."""

from __future__ import annotations

from urllib.parse import parse_qs, urlencode

import pytest

from app.ui.knowledge.links import MOST_MARKS, marks_of, passage_parameters
from app.ui.knowledge.marked_text import marked


def test_when_a_passage_is_linked_then_its_marks_are_read_again() -> None:
    query = parse_qs(urlencode(passage_parameters(12, ((3, 7), (20, 24)))))

    assert query["passage"] == ["12"]
    assert marks_of(query["marks"][0], length=100) == ((3, 7), (20, 24))


@pytest.mark.parametrize("text", ["", None, "7-3", "a-b", "-", "5", "900-901", "-4-8", "1-2" * 50])
def test_when_an_address_names_no_stretch_of_the_text_then_nothing_is_marked(text: str | None) -> None:
    assert marks_of(text, length=100) == ()


def test_when_marks_reach_beyond_the_text_then_they_end_with_it_and_are_not_endless() -> None:
    assert marks_of("90-500", length=100) == ((90, 100),)
    assert len(marks_of(",".join(f"{at}-{at + 1}" for at in range(99)), length=100)) == MOST_MARKS


def test_when_text_looks_like_markup_then_it_is_shown_as_text() -> None:
    assert marked("<b>&", [(0, 3)]) == "<mark>&lt;b&gt;</mark>&amp;"


def test_when_marks_overlap_or_touch_then_they_become_one() -> None:
    assert marked("abcdef", [(3, 5), (1, 2), (2, 4), (9, 12)]) == "a<mark>bcde</mark>f"
