"""Measures of rankings against values worked out by hand."""

from __future__ import annotations

from math import log2

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.fragrance.evaluation.retrieval_metrics import (
    average_precision,
    mean_interval,
    ndcg_at,
    paired_gain,
    precision_at,
    recall_at,
    reciprocal_rank,
)

RANKED = np.array([0.0, 3.0, 1.0, 2.0])
EVERY = np.array([3.0, 2.0, 2.0, 1.0, 0.0, 0.0])


def test_when_grades_are_ranked_then_each_measure_has_its_textbook_value() -> None:
    best = 7 + 3 / log2(3) + 3 / 2
    assert ndcg_at(RANKED, EVERY, 3) == pytest.approx((7 / log2(3) + 1 / 2) / best)
    assert precision_at(RANKED, 4) == 0.5
    assert recall_at(RANKED, EVERY, 4) == pytest.approx(2 / 3)
    assert average_precision(RANKED, EVERY) == pytest.approx((1 / 2 + 2 / 4) / 3)
    assert reciprocal_rank(RANKED) == 0.5


def test_when_nothing_is_relevant_then_what_cannot_be_told_is_none() -> None:
    nothing = np.zeros(3)
    assert (ndcg_at(nothing, nothing, 3), recall_at(nothing, nothing, 3), average_precision(nothing, nothing)) == (
        None,
        None,
        None,
    )
    assert reciprocal_rank(nothing) == 0.0


def test_when_fewer_than_k_are_found_then_the_empty_places_count() -> None:
    assert precision_at(np.array([3.0]), 10) == 0.1


@given(st.lists(st.integers(0, 3), min_size=1, max_size=12), st.integers(1, 12))
@settings(max_examples=50)
def test_when_the_best_order_is_ranked_then_ndcg_is_one_and_never_more(grades: list[int], k: int) -> None:
    every = np.array(grades, dtype=np.float64)
    if every.max() == 0:
        assert ndcg_at(every, every, k) is None
    else:
        assert ndcg_at(np.sort(every)[::-1], every, k) == pytest.approx(1.0)
        found = ndcg_at(every, every, k)
        assert found is not None
        assert 0 <= found <= 1 + 1e-12


def test_when_queries_of_one_need_agree_then_the_interval_is_that_of_needs_and_not_of_queries() -> None:
    values = [0.0, 1.0] * 10
    groups = [str(number // 2) for number in range(20)]
    paired = mean_interval(values, groups)
    assert paired.value == 0.5
    assert paired.low == paired.high == 0.5
    assert mean_interval(values).low < 0.5 < mean_interval(values).high


def test_when_one_way_is_better_for_every_query_then_the_gain_is_above_zero() -> None:
    gain = paired_gain([0.9, 0.7, 0.8, 0.6], [0.5, 0.4, 0.6, 0.5])
    assert gain.value == pytest.approx(0.25)
    assert gain.low > 0


def test_when_lengths_differ_or_nothing_is_there_then_it_is_refused() -> None:
    with pytest.raises(ValueError, match="2 values against 1"):
        paired_gain([1.0, 2.0], [1.0])
    with pytest.raises(ValueError, match="no values"):
        mean_interval([])
