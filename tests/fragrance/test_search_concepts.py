"""What texts name of odours and notes, in either language and any spelling."""

from __future__ import annotations

import pytest

from core.fragrance.search.concepts import concepts, concepts_in, mentions, named


def ids(text: str) -> list[str]:
    return [mention.concepts[0].id for mention in mentions(text)]


@pytest.mark.parametrize("text", ["장미", "rose", "Bulgarian rose absolute", "ROSES", "장미향이", "로즈"])
def test_when_a_note_is_named_in_either_language_then_it_is_the_same_concept(text: str) -> None:
    assert ids(text) == ["odour:rose"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("orange blossom", ["odour:orange_blossom"]),
        ("lily of the valley", ["odour:muguet"]),
        ("rosewood", []),
        ("차분한 분위기", []),
        ("좋은 향", []),
        ("차 향", ["odour:tea"]),
        ("로즈마리", ["note:rosemary"]),
        ("jasmin sambac, patchouly", ["odour:jasmine", "odour:patchouli"]),
    ],
)
def test_when_a_longer_word_holds_a_name_then_only_the_longest_name_counts(text: str, found: list[str]) -> None:
    assert ids(text) == found


def test_when_a_narrow_note_is_named_then_its_odour_word_is_too() -> None:
    assert [one.id for one in named("튜베로즈")] == ["note:tuberose", "odour:white_floral"]
    assert [one.id for one in concepts_in(["tuberose", "rose"])] == [
        "note:tuberose",
        "odour:white_floral",
        "odour:rose",
    ]


def test_when_concepts_are_numbered_then_numbers_and_labels_are_unlike_each_other() -> None:
    assert [one.number for one in concepts()] == list(range(len(concepts())))
    assert len({one.id for one in concepts()}) == len(concepts())
    assert all(one.en and one.ko and one.words for one in concepts())
