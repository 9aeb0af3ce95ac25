"""Both legs together: what either finds is found, rights come before everything, and one leg can serve alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.knowledge.retrieval.dense import DenseIndex, build_dense
from core.knowledge.retrieval.fusion import fused, search, standardised
from core.knowledge.retrieval.lexical import LexicalIndex, build_lexical

DIM, COUNT = 32, 40
TOPICS = ["환불 규정", "배송 지연", "보증 기간", "회원 등급", "결제 수단"]
TEXTS = [f"{TOPICS[number % 5]}에 대한 안내 {number}번" for number in range(COUNT)]


@pytest.fixture(scope="module")
def vectors() -> np.ndarray:
    rows = np.random.default_rng(1).standard_normal((COUNT, DIM)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def lexical() -> LexicalIndex:
    return build_lexical(TEXTS)


@pytest.fixture(scope="module")
def dense(vectors: np.ndarray) -> DenseIndex:
    return build_dense(vectors, np.ones(COUNT, dtype=np.int64))


def test_when_words_and_vector_agree_then_that_passage_is_first(
    lexical: LexicalIndex, dense: DenseIndex, vectors: np.ndarray
) -> None:
    hit = search("배송 지연 11번", vectors[11], lexical=lexical, dense=dense)[0]
    assert hit.number == 11 and hit.window == 0
    assert hit.dense == pytest.approx(1, abs=0.01)
    assert hit.lexical == pytest.approx(lexical.scores("배송 지연 11번")[11])


def test_when_only_the_vector_points_at_a_passage_then_it_is_among_the_first(
    lexical: LexicalIndex, dense: DenseIndex, vectors: np.ndarray
) -> None:
    hits = search("zebra", vectors[7], lexical=lexical, dense=dense, k=3)
    assert hits[0].number == 7 and hits[0].lexical == 0


@pytest.mark.parametrize("missing", ["lexical", "dense", "vector"])
def test_when_one_leg_is_away_then_the_other_serves_alone_and_says_so(
    missing: str, lexical: LexicalIndex, dense: DenseIndex, vectors: np.ndarray
) -> None:
    hits = search(
        "보증 기간 12번",
        None if missing == "vector" else vectors[12],
        lexical=None if missing == "lexical" else lexical,
        dense=None if missing == "dense" else dense,
    )
    assert hits[0].number == 12
    is_alone = [hit.lexical is None for hit in hits] if missing == "lexical" else [hit.dense is None for hit in hits]
    assert all(is_alone)


def test_when_no_leg_is_left_then_nothing_is_pretended(lexical: LexicalIndex, dense: DenseIndex) -> None:
    with pytest.raises(ValueError, match="neither"):
        search("환불", None, lexical=None, dense=dense)


@settings(max_examples=40, deadline=None)
@given(hidden=st.sets(st.integers(0, COUNT - 1)), asked=st.integers(0, COUNT - 1), leg=st.sampled_from("ldb"))
def test_when_passages_may_not_be_seen_then_none_of_them_is_found_by_any_leg(
    lexical: LexicalIndex, dense: DenseIndex, vectors: np.ndarray, hidden: set[int], asked: int, leg: str
) -> None:
    allowed = np.array([number not in hidden for number in range(COUNT)])
    hits = search(
        TEXTS[asked],
        None if leg == "l" else vectors[asked],
        lexical=None if leg == "d" else lexical,
        dense=dense,
        k=COUNT,
        allowed=allowed,
    )
    assert not hidden & {hit.number for hit in hits}
    assert asked in hidden or hits[0].number == asked


@settings(max_examples=20, deadline=None)
@given(hidden=st.lists(st.tuples(st.text("환불 규정배송a", max_size=60), st.integers(0, 9)), max_size=30))
def test_when_hidden_passages_are_added_then_hits_and_scores_are_the_same_to_the_last_digit(
    vectors: np.ndarray, hidden: list[tuple[str, int]]
) -> None:
    texts = [*TEXTS, *(text for text, _ in hidden)]
    rows = np.concatenate([vectors, *(np.roll(vectors[:1], number) * 0.5 for _, number in hidden)])
    allowed = np.arange(len(texts)) < COUNT
    found = [
        search("환불 규정 안내", vectors[0], lexical=build_lexical(texts[:size]),
               dense=build_dense(rows[:size], np.ones(size, dtype=np.int64)), allowed=allowed[:size])
        for size in (COUNT, len(texts))
    ]  # fmt: skip
    assert found[0] == found[1]


def test_when_a_passage_has_no_vectors_then_its_words_alone_judge_it(
    lexical: LexicalIndex, vectors: np.ndarray
) -> None:
    windows_of = np.ones(COUNT, dtype=np.int64)
    windows_of[11] = 0
    dense = build_dense(np.delete(vectors, 11, axis=0), windows_of)
    hits = {hit.number: hit for hit in search("배송 지연 11번", vectors[11], lexical=lexical, dense=dense, k=COUNT)}
    assert (
        hits[11].dense is None and hits[11].window is None and hits[11].score == max(hit.score for hit in hits.values())
    )
    assert 11 not in {hit.number for hit in search("x", vectors[11], lexical=None, dense=dense, k=COUNT)}


def test_when_k_is_one_then_the_best_one_is_the_same_as_among_many(
    lexical: LexicalIndex, dense: DenseIndex, vectors: np.ndarray
) -> None:
    many = search("결제 수단", vectors[3], lexical=lexical, dense=dense, k=20)
    assert search("결제 수단", vectors[3], lexical=lexical, dense=dense, k=1)[0] == many[0]
    assert [hit.score for hit in many] == sorted((hit.score for hit in many), reverse=True)


def test_when_scores_are_scaled_then_the_fused_order_stays() -> None:
    random = np.random.default_rng(2)
    lexical, dense = random.random(80).astype(np.float32) * 20, random.random(80).astype(np.float32)
    plain, scaled = fused(lexical, dense), fused(lexical * 3 + 5, dense / 10)
    assert np.array_equal(np.argsort(plain), np.argsort(scaled))


@pytest.mark.parametrize(("weight", "winner"), [(0.0, 1), (1.0, 0)])
def test_when_one_leg_has_all_the_weight_then_its_order_is_the_order(weight: float, winner: int) -> None:
    lexical, dense = np.array([1, 9, 3], dtype=np.float32), np.array([0.9, 0.8, 0.85], dtype=np.float32)
    assert fused(lexical, dense, dense_weight=weight).argmax() == winner


def test_when_a_leg_finds_all_equal_then_it_says_nothing() -> None:
    assert not standardised(np.full(5, 3.0, dtype=np.float32)).any()


def test_when_words_say_little_because_all_passages_hold_them_then_they_still_find_passages(
    lexical: LexicalIndex,
) -> None:
    assert 0 < lexical.scores("안내").max() < 1

    assert len(search("안내", None, lexical=lexical, dense=None, k=5)) == 5
