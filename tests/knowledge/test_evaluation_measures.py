"""Measures of an evaluation, against values worked out by hand."""

from __future__ import annotations

from math import log2

import pytest

from core.knowledge.evaluation.measures import Outcome, by_language, measures


def outcome(
    *, ranks: tuple[int, ...] | None = (1,), answerable: bool = True, state: str = "answered", language: str = "ko",
    cited: int = 1, right: int | None = 1, confidence: float = 1.0,
) -> Outcome:  # fmt: skip
    return Outcome("1", "written", "?", language, answerable, state, confidence, ranks, cited, right)


def test_when_the_answer_is_third_then_the_reciprocal_rank_is_a_third() -> None:
    found = measures([outcome(ranks=(3, 7))])

    assert found["mrr_at_10"].value == pytest.approx(1 / 3)
    assert found["recall_at_5"].value == 1.0
    assert found["ndcg_at_10"].value == pytest.approx((1 / log2(4) + 1 / log2(8)) / (1 + 1 / log2(3)))


def test_when_the_answer_is_sixth_or_eleventh_then_it_is_no_recall_at_five_and_no_rank_at_ten() -> None:
    found = measures([outcome(ranks=(6,)), outcome(ranks=(11,)), outcome(ranks=())])

    assert found["recall_at_5"].value == 0.0
    assert found["mrr_at_10"].value == pytest.approx((1 / 6) / 3)


def test_when_nobody_knows_where_the_answer_stands_then_ranking_is_not_measured_but_answering_is() -> None:
    found = measures([outcome(ranks=None, right=None, state="not_in_documents", cited=0)])

    assert found["mrr_at_10"].value is None
    assert found["citation_precision"].value is None
    assert (found["answered"].value, found["answered"].count) == (0.0, 1)


def test_when_an_unanswerable_question_is_refused_then_it_counts_for_refusals_alone() -> None:
    refused = outcome(ranks=None, answerable=False, state="not_in_documents", cited=0, right=None, confidence=0.2)
    fooled = outcome(ranks=None, answerable=False, state="partly", right=None, confidence=0.6)

    found = measures([refused, fooled, outcome(confidence=0.9)])

    assert (found["refused"].value, found["refused"].count) == (0.5, 2)
    assert (found["answered"].value, found["answered"].count) == (1.0, 1)
    assert found["citation_precision"].count == 1
    assert found["brier"].value == pytest.approx((0.2**2 + 0.6**2 + 0.1**2) / 3)


def test_when_every_case_is_right_then_the_interval_still_has_a_width() -> None:
    found = measures([outcome()] * 10)["recall_at_5"]

    assert (found.value, found.high) == (1.0, pytest.approx(1.0))
    assert found.low == pytest.approx(0.7225, abs=1e-4)


def test_when_citations_are_counted_then_their_sum_is_the_base() -> None:
    assert measures([outcome(cited=3, right=1), outcome(cited=1, right=1)])["citation_precision"].value == 0.5


def test_when_there_are_two_languages_then_each_has_its_own_measures() -> None:
    found = by_language([outcome(), outcome(language="en", ranks=(2,))])

    assert {name: one["mrr_at_10"].value for name, one in found.items()} == {"all": 0.75, "ko": 1.0, "en": 0.5}


def test_when_there_are_no_cases_then_every_value_is_missing_and_none_is_invented() -> None:
    assert {one.value for one in measures([]).values()} == {None}
