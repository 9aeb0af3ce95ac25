"""The verdict: which class, how surely, and when it is unknown."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.errors import BadInput
from core.images.prototypes import Thresholds
from core.images.verdict import (
    Match,
    claim,
    in_words,
    leads,
    match_many,
    match_prototypes,
    over_target_in_words,
)
from core.messages import say
from tests.images.vectors import domain

ANYTHING = Thresholds(-1.0, 0.0)


@pytest.mark.parametrize("with_space", [False, True])
def test_when_a_prototype_asks_for_itself_then_it_is_its_class_with_similarity_one(with_space: bool) -> None:
    prototypes = domain(with_space=with_space)

    for name, vector in zip(prototypes.classes, prototypes.vectors, strict=True):
        match = match_prototypes(vector, prototypes)
        assert match.verdict == name
        assert match.s1 == pytest.approx(1.0, abs=1e-5)


def test_when_a_verdict_is_read_then_its_numbers_agree_with_each_other() -> None:
    match = match_prototypes(np.random.default_rng(0).normal(size=48), domain("a b c d e"), top_k=3)

    scores = [score for _, score in match.top]
    assert scores == sorted(scores, reverse=True)
    assert len(match.top) == 3
    assert match.s1 == scores[0]
    assert match.margin == pytest.approx(scores[0] - scores[1], abs=1e-6)


def test_when_only_one_class_is_asked_for_then_the_lead_is_still_over_the_runner_up() -> None:
    prototypes = domain("a b c d e")
    between = prototypes.vectors[0] + prototypes.vectors[1]

    one, three = (match_prototypes(between, prototypes, top_k=top_k) for top_k in (1, 3))

    assert len(one.top) == 1
    assert one.is_unknown and three.is_unknown
    assert one.margin == three.margin < 0.04


def test_when_the_domain_has_one_class_then_the_lead_is_the_similarity_itself() -> None:
    prototypes = domain("ant")

    match = match_prototypes(prototypes.vectors[0], prototypes)

    assert (match.margin, match.verdict) == (match.s1, "ant")


@pytest.mark.parametrize("with_space", [False, True])
@pytest.mark.parametrize("value", [0.0, np.nan, np.inf, 1e-45])
def test_when_the_query_is_no_direction_then_it_is_unknown_and_every_number_is_finite(
    value: float, with_space: bool
) -> None:
    query = np.ones(48, dtype=np.float32) * np.float32(value) if value != 1e-45 else np.zeros(48, dtype=np.float32)

    match = match_prototypes(query, domain(with_space=with_space), thresholds=ANYTHING)

    assert (match.verdict, match.is_unknown, match.s1, match.margin) == ("unknown", True, 0.0, 0.0)
    assert [score for _, score in match.top] == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("length", [1e-30, 1e-3, 1e30])
def test_when_a_query_is_very_short_or_long_then_only_its_direction_counts(length: float) -> None:
    prototypes = domain()
    unit = prototypes.vectors[1]

    assert match_prototypes(unit * np.float32(length), prototypes).s1 == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize(
    ("rule", "is_unknown"),
    [((0.6, 0.0), True), ((0.59, 0.0), False), ((0.0, 0.61), True), ((0.0, 0.59), False)],
)
def test_when_similarity_or_lead_is_under_its_threshold_then_the_verdict_is_unknown(
    rule: tuple[float, float], is_unknown: bool
) -> None:
    prototypes = replace(domain("ant bee"), vectors=np.eye(48, dtype=np.float32)[:2])
    query = np.zeros(48)
    query[[0, 5]] = 0.595, np.sqrt(1 - 0.595**2)

    match = match_prototypes(query, prototypes, thresholds=Thresholds(*rule))

    assert match.is_unknown is is_unknown
    assert match.verdict == ("unknown" if is_unknown else "ant")


def test_when_two_classes_are_equally_alike_then_the_first_by_name_comes_first() -> None:
    axis = np.eye(48, dtype=np.float32)[:1]
    prototypes = replace(domain("ant bee cat"), vectors=axis.repeat(3, axis=0))

    assert [name for name, _ in match_prototypes(axis[0], prototypes).top] == ["ant", "bee", "cat"]


@pytest.mark.parametrize(("wanted", "given"), [(1, 1), (3, 3), (10, 4)])
def test_when_more_classes_are_asked_for_than_there_are_then_all_come(wanted: int, given: int) -> None:
    assert len(match_prototypes(np.ones(48), domain("a b c d"), top_k=wanted).top) == given


@pytest.mark.parametrize("top_k", [0, 11])
def test_when_top_k_is_out_of_range_then_it_is_refused(top_k: int) -> None:
    with pytest.raises(BadInput, match="from 1 to 10"):
        match_prototypes(np.ones(48), domain(), top_k=top_k)


def test_when_the_query_has_another_dimension_then_it_is_refused() -> None:
    with pytest.raises(BadInput, match="48"):
        match_prototypes(np.ones(47), domain())


def test_when_many_are_matched_at_once_then_each_gets_the_answer_it_gets_alone() -> None:
    prototypes = domain("a b c d", with_space=True)
    queries = np.random.default_rng(1).normal(size=(5, 48))

    for query, together in zip(queries, match_many(queries, prototypes), strict=True):
        alone = match_prototypes(query, prototypes)
        assert (alone.verdict, alone.top[0][0]) == (together.verdict, together.top[0][0])
        assert alone.s1 == pytest.approx(together.s1, abs=1e-6)


def test_when_the_class_knows_its_own_pictures_then_the_percentile_is_within_them() -> None:
    known = np.array([0.2, 0.4, 0.6, 0.999], dtype=np.float32)
    prototypes = replace(domain("ant bee"), known_scores=(known, np.empty(0, dtype=np.float32)))

    assert match_prototypes(prototypes.vectors[0], prototypes).percentile == 100.0
    query = 0.5 * prototypes.vectors[0] + np.sqrt(0.75) * _orthogonal(prototypes.vectors)
    assert match_prototypes(query, prototypes).percentile == 50.0
    assert match_prototypes(prototypes.vectors[1], prototypes).percentile is None


def test_when_nobody_calibrated_then_the_words_say_so() -> None:
    match = match_prototypes(np.ones(48), domain())

    key, details = in_words(match.thresholds)

    assert not match.calibrated
    assert "Not calibrated" in say(key, "en", **details)


def test_when_the_rate_was_measured_then_the_words_tell_it_with_its_interval() -> None:
    rule = Thresholds(0.5, 0.0, True, 0.05, 0.048, 0.012, 0.13)

    key, details = in_words(rule)

    assert say(key, "en", **details) == ("About 5 of 100 unknown images would be accepted (95 % interval 1 to 13).")


def test_when_several_domains_are_asked_then_the_surest_claim_wins_and_none_may_claim() -> None:
    zoo, farm = domain("ant bee"), replace(domain("cow hen", seed=7), domain="farm")
    rule = Thresholds(0.9, 0.0)
    domains = [replace(one, thresholds=rule) for one in (zoo, farm)]

    def asked(query: np.ndarray) -> str | None:
        return claim({one.domain: match_prototypes(query, one) for one in domains})

    assert asked(farm.vectors[0]) == "farm"
    assert asked(np.random.default_rng(3).normal(size=48)) is None


def _orthogonal(vectors: np.ndarray) -> np.ndarray:
    """A unit vector at right angles to all rows."""
    return np.linalg.svd(vectors)[2][-1]


def test_when_more_unknown_pictures_pass_than_were_asked_for_then_it_is_said() -> None:
    over = Thresholds(0.5, 0.0, is_calibrated=True, target=0.05, false_accept=0.075)

    told = over_target_in_words(over)

    assert told is not None
    assert "7.5 %" in say(told[0], "en", **told[1]) and "5.0 %" in say(told[0], "en", **told[1])
    assert over_target_in_words(replace(over, false_accept=0.05)) is None
    assert over_target_in_words(Thresholds(0.3, 0.04)) is None


def test_when_leads_are_taken_then_each_is_over_the_runner_up_and_with_one_class_the_similarity_itself() -> None:
    assert leads(np.array([[0.9, 0.7], [0.2, 0.6]])) == pytest.approx([0.2, 0.4])
    assert leads(np.array([[0.1, 0.9, 0.4]])) == pytest.approx([0.5])
    assert leads(np.array([[0.9], [0.2]])) == pytest.approx([0.9, 0.2])


def claiming(s1: float, tau1: float, *, percentile: float | None = None, is_calibrated: bool = True) -> Match:
    """A match that claims its picture."""
    return Match("ant", False, s1, 0.5, (("ant", s1),), percentile, Thresholds(tau1, 0.0, is_calibrated))


@pytest.mark.parametrize(
    ("zoo", "farm"),
    [
        (claiming(0.75, 0.30), claiming(0.80, 0.70)),
        (claiming(0.90, 0.80), claiming(0.60, 0.30)),
        (claiming(0.60, 0.50, percentile=90.0), claiming(0.95, 0.50, percentile=10.0)),
        (claiming(0.95, 0.50, percentile=10.0), claiming(0.60, 0.50)),
        (claiming(0.60, 0.50), claiming(0.95, 0.30, is_calibrated=False)),
    ],
    ids=["farther over a low bar", "farther over a high bar", "percentile", "a percentile unknown", "measured rule"],
)
def test_when_two_domains_claim_a_picture_then_the_surer_one_has_it(zoo: Match, farm: Match) -> None:
    assert claim({"farm": farm, "zoo": zoo}) == "zoo"
    assert claim({"a zoo": zoo, "farm": farm}) == "a zoo"
