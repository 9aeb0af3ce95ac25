"""Lists of notes as shops write them."""

from __future__ import annotations

import pytest

from core.fragrance.catalogue.note_lists import NotesOfLayers, read_notes


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("lemon, rose, musk", ("lemon", "rose", "musk")),
        ("lemon, rose and  musk.", ("lemon", "rose", "musk")),
        ("lemon, rose, & musk", ("lemon", "rose", "musk")),
        ("oud, tonka Click Here For Ingredients ×Close Name Ingredients Please be aware", ("oud", "tonka")),
        ("oud, vanilla Recent Press Some Magazine, Another", ("oud", "vanilla")),
        ("musk accord*, peat\r *this holds no animal products", ("musk accord", "peat")),
        ("amber (labdanum, vanilla), moss", ("amber (labdanum, vanilla)", "moss")),
        ("mimosa ( flower, leaf", ("mimosa ( flower", "leaf")),
        ("clove; violet, iris", ("clove", "violet", "iris")),
        ("Gold: tangerine, musk", ("tangerine", "musk")),
        ("Rose, rose, ROSE", ("Rose",)),
        ("amber and moss;rose", ("amber and moss", "rose")),
        ("레몬, 장미", ("레몬", "장미")),
        (" , ;", ()),
        ("", ()),
    ],
)
def test_when_a_list_is_read_then_only_the_notes_remain(written: str, expected: tuple[str, ...]) -> None:
    assert read_notes(written) == NotesOfLayers(notes=expected)


def test_when_layers_are_named_within_the_list_then_they_are_told_apart() -> None:
    found = read_notes("Top notes: lemon, bergamot. Middle: rose Base: musk, vanilla and amber")

    assert found == NotesOfLayers(("lemon", "bergamot"), ("rose",), ("musk", "vanilla", "amber"))


def test_when_layers_are_named_in_korean_then_they_are_told_apart() -> None:
    found = read_notes("톱 노트: 레몬, 베르가못; 베이스: 머스크")

    assert found == NotesOfLayers(top=("레몬", "베르가못"), base=("머스크",))
