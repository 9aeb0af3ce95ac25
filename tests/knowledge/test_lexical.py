"""Search by words in Korean and English: what counts as the same word, how scores come about, and what is kept."""

from __future__ import annotations

import math
import unicodedata

import numpy as np
import pytest

from core.knowledge.retrieval.lexical import K1, B, LexicalIndex, build_lexical
from core.knowledge.retrieval.terms import terms

KOREAN = [
    "환불은 구매 후 30일 안에 가능합니다.",
    "배송은 서울에서 이틀이 걸립니다.",
    "고객센터는 평일 아홉 시에 엽니다.",
]


def best(index: LexicalIndex, query: str) -> int:
    return int(index.scores(query).argmax())


@pytest.mark.parametrize(("query", "number"), [("환불이 되나요", 0), ("서울까지 배송", 1), ("고객센터에 전화", 2)])
def test_when_a_korean_word_has_another_ending_then_its_passage_is_found(query: str, number: int) -> None:
    assert best(build_lexical(KOREAN), query) == number


def test_when_an_english_word_has_another_ending_then_its_passage_is_found() -> None:
    index = build_lexical(["Refunds are granted late", "Delivery is quick", "The office opens at nine"])
    assert best(index, "refunding") == 0 and best(index, "opening hours") == 2


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("ＡＢＣ 스튜디오", "abc 스튜디오"),
        ("12,000원", "12000원"),
        ("환불 규정", unicodedata.normalize("NFD", "환불 규정")),
    ],
)
def test_when_text_is_written_in_another_form_then_its_terms_are_the_same(first: str, second: str) -> None:
    assert terms(first) == terms(second)


def test_when_letters_begin_a_word_then_they_are_told_from_the_same_letters_inside_one() -> None:
    assert set(terms("가나")) - set(terms("다가나")) == {"^가"}


def test_when_one_term_is_asked_then_the_score_is_bm25() -> None:
    texts = ["red red blue", "blue", "sky and sea"]
    scores = build_lexical(texts).scores("red")
    lengths = [len(terms(text)) for text in texts]
    damping = K1 * (1 - B + B * lengths[0] / (sum(lengths) / 3))
    rarity = math.log(1 + (3 - 1 + 0.5) / (1 + 0.5))
    assert scores[0] == pytest.approx(rarity * 2 * (K1 + 1) / (2 + damping), rel=1e-5)
    assert scores[1:].tolist() == [0, 0]


def test_when_a_term_is_rare_then_it_weighs_more_than_a_common_one() -> None:
    scores = build_lexical(["tea green", "tea black", "cup white", "cup blue"]).scores("tea black")
    assert scores[1] > 2 * scores[0] > 0


def test_when_there_are_few_passages_then_a_term_that_all_have_counts_too() -> None:
    assert (build_lexical(["tea green"]).scores("tea") > 0).tolist() == [True]


def test_when_most_passages_have_a_term_then_only_the_others_count_unless_there_are_none() -> None:
    index = build_lexical(["tea green", "tea black", "tea white", "cup white"] * 6)
    assert (index.scores("tea white") > 0).tolist() == [False, False, True, True] * 6
    assert (index.scores("tea") > 0).tolist() == [True, True, True, False] * 6


def test_when_only_some_passages_may_be_seen_then_rarity_is_counted_among_them() -> None:
    allowed = np.array([True, True, False, False])
    scores = build_lexical(["tea green", "cup blue", "tea white", "tea blue"]).scores("tea", allowed)
    assert scores[0] == pytest.approx(build_lexical(["tea green", "cup blue"]).scores("tea")[0])


def test_when_rarity_is_asked_then_only_passages_that_may_be_seen_are_counted() -> None:
    index = build_lexical(["tea green", "cup blue", "tea white", "tea blue"])
    allowed = np.array([True, True, False, False])
    assert index.passages_with(["tea", "blue", "zebra"]).tolist() == [3, 2, 0]
    assert index.passages_with(["tea", "blue"], allowed).tolist() == [1, 1]
    assert index.rarity("tea", allowed) == pytest.approx(build_lexical(["tea green", "cup blue"]).rarity("tea"))
    assert index.rarity("zebra") > index.rarity("blue") > index.rarity("tea")


@pytest.mark.parametrize("query", ["", "!?", "zebra", "\ud800"])
def test_when_nothing_is_shared_then_every_score_is_zero(query: str) -> None:
    assert not build_lexical(KOREAN).scores(query).any()


@pytest.mark.parametrize("texts", [[], [""], ["...", "zebra"]])
def test_when_there_is_little_or_nothing_to_index_then_it_is_searched_all_the_same(texts: list[str]) -> None:
    index = build_lexical(texts)
    assert index.size == len(texts) and (index.scores("zebra") > 0).tolist() == [text == "zebra" for text in texts]


def test_when_an_index_is_taken_apart_then_its_arrays_make_the_same_one() -> None:
    index = build_lexical(KOREAN)
    again = LexicalIndex(**index.arrays())
    assert np.array_equal(index.scores("환불 배송"), again.scores("환불 배송"))


def test_when_a_passage_repeats_a_term_more_often_than_is_counted_then_it_still_scores_above_one_mention() -> None:
    scores = build_lexical(["tea " * 1000, "tea milk", "milk"]).scores("tea")
    assert scores[0] > scores[1] > 0
