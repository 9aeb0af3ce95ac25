"""Sentences keep their places, and no word between them is lost."""

from __future__ import annotations

import random

import pytest

from core.knowledge.answers.sentences import split_sentences

PIECES = (
    *(
        "그는 갔다.",
        "값은 3.5% 올랐다.",
        "라고 물었다.",
        "- 첫째",
        "1. 목록",
        "「그렇다.」",
        "(참고. 주석)",
        "했다.그러나",
        "끝",
    ),
    *("Dr. Kim came.", "e.g. this", "U.S. forces", "J. Smith", "“왜요?”", "...", "?!", "…", "。", "“", '"'),
    *(" ", "\n", "\u3000", "\t"),
)


def texts(text: str) -> list[str]:
    return [one.text for one in split_sentences(text)]


@pytest.mark.parametrize("seed", range(300))
def test_when_text_is_split_then_places_slice_back_and_only_blanks_lie_between(seed: int) -> None:
    text = "".join(random.Random(seed).choices(PIECES, k=12))

    sentences = split_sentences(text)

    assert all(text[one.start : one.end] == one.text == one.text.strip() != "" for one in sentences)
    edges = [0, *(place for one in sentences for place in (one.start, one.end)), len(text)]
    assert all(text[first:last].strip() == "" for first, last in zip(edges[::2], edges[1::2], strict=True))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("그는 1989년에 갔다. 그 뒤로 오지 않았다.", ["그는 1989년에 갔다.", "그 뒤로 오지 않았다."]),
        ("값이 올랐어요. 정말이에요!", ["값이 올랐어요.", "정말이에요!"]),
        ("그는 갔다.그러나 돌아왔다.", ["그는 갔다.", "그러나 돌아왔다."]),
        ("It rose by 3.5 percent. Then it fell.", ["It rose by 3.5 percent.", "Then it fell."]),
        ("Dr. J. Smith et al. found it. He left.", ["Dr. J. Smith et al. found it.", "He left."]),
        ("It was sold to Acme Inc. They paid.", ["It was sold to Acme Inc.", "They paid."]),
        ("At 5 p.m. the U.S. team won, e.g. twice.", ["At 5 p.m. the U.S. team won, e.g. twice."]),
        ('"그만두겠다."라고 말했다. 그리고 갔다.', ['"그만두겠다."라고 말했다.', "그리고 갔다."]),
        ("“First. Second.” he said.", ["“First. Second.” he said."]),
        ("1. 첫째이다.\n2. 둘째이다.", ["1. 첫째이다.", "2. 둘째이다."]),
        ("- 사과\n- 배", ["- 사과", "- 배"]),
        ("왜? 몰라. 정말!", ["왜?", "몰라.", "정말!"]),
        ("終わり。次。", ["終わり。", "次。"]),
        ("", []),
        (" \n ", []),
    ],
)
def test_when_marks_end_sentences_or_do_not_then_the_split_tells_them_apart(text: str, expected: list[str]) -> None:
    assert texts(text) == expected


def test_when_brackets_never_close_then_a_long_text_is_still_split() -> None:
    assert len(split_sentences("(그는 갔다. " * 20_000)) == 20_000
