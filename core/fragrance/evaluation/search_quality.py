"""How well perfumes are found: every labelled query asked of the product, by each leg alone and by all together.

The perfumes are those in the catalogue; the labels are those of `search_queries`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.fragrance.catalogue.perfumes import Perfume
from core.fragrance.evaluation.retrieval_metrics import (
    Grades,
    average_precision,
    mean_interval,
    ndcg_at,
    paired_gain,
    precision_at,
    recall_at,
    reciprocal_rank,
)
from core.fragrance.evaluation.search_queries import Need, Query, grades, queries
from core.fragrance.search.filters import Filters
from core.fragrance.search.finding import find_perfumes
from core.fragrance.search.ranking import LEGS, Leg
from core.intervals import Interval
from core.security.policy import Principal

K = 10
RANKED = 100  # results that average precision and reciprocal rank look at
WAYS: Mapping[str, tuple[Leg, ...]] = {
    "words": ("words",), "vectors": ("vectors",), "notes": ("notes",), "words and notes": ("words", "notes"),
    "words and vectors": ("words", "vectors"), "hybrid": LEGS,
}  # fmt: skip
SUBSETS: Mapping[str, Callable[[Query], bool]] = {
    "all": lambda query: True,
    "filtered": lambda query: query.need.is_filtered,
    "unfiltered": lambda query: not query.need.is_filtered,
    "English": lambda query: query.language == "en",
    "Korean": lambda query: query.language == "ko",
    "filtered, English": lambda query: query.need.is_filtered and query.language == "en",
    "filtered, Korean": lambda query: query.need.is_filtered and query.language == "ko",
}

Way = Callable[[Query], Sequence[str]]  # ids, best first


@dataclass(frozen=True)
class Judged:
    """What came of one query by one way; None where nothing in the catalogue is relevant for it."""

    query: Query
    way: str
    ndcg: float | None
    precision: float
    recall: float | None
    average_precision: float | None
    reciprocal_rank: float


@dataclass(frozen=True)
class Quality:
    """Of one way on some queries. count: queries that tell; values with 95 % intervals over needs."""

    way: str
    subset: str
    count: int
    measures: Mapping[str, Interval]


def product_ways(principal: Principal, names: Sequence[str] = tuple(WAYS)) -> dict[str, Way]:
    """The product's own search, with the legs that each name stands for."""
    return {name: _way(WAYS[name], principal) for name in names}


def judged(ways: Mapping[str, Way], perfumes: Sequence[Perfume], needs: Sequence[Need]) -> list[Judged]:
    """Ask the queries of these needs by every way. perfumes: all that can be found."""
    chosen = {need.id for need in needs}
    grade_of = {
        need.id: dict(zip((one.id for one in perfumes), grades(need, perfumes), strict=True)) for need in needs
    }  # fmt: skip
    found: list[Judged] = []
    for query in queries():
        if query.need.id in chosen:
            of = grade_of[query.need.id]
            every = np.array(list(of.values()))
            for name, way in ways.items():
                found.append(_judged(query, name, np.array([of.get(one, 0.0) for one in way(query)]), every))
    return found


def qualities(found: Sequence[Judged], subsets: Sequence[str] = tuple(SUBSETS)) -> list[Quality]:
    """Every measure of every way on every subset that has queries."""
    made: list[Quality] = []
    for subset in subsets:
        for way in dict.fromkeys(one.way for one in found):
            mine = [one for one in found if one.way == way and SUBSETS[subset](one.query) and one.ndcg is not None]
            if mine:
                names = ("ndcg", "precision", "recall", "average_precision", "reciprocal_rank")
                measures = {name: interval for name in names if (interval := _interval(mine, name)) is not None}
                made.append(Quality(way, subset, len(mine), measures))
    return made


def gains(found: Sequence[Judged], way: str, over: Sequence[str], subset: str) -> dict[str, Interval]:
    """By how much nDCG at 10 of one way is over that of others, query by query, on a subset."""
    made: dict[str, Interval] = {}
    ours = _ndcg_of(found, way, subset)
    for other in over:
        theirs = _ndcg_of(found, other, subset)
        both = sorted(ours.keys() & theirs.keys())
        if both:
            made[other] = paired_gain(
                [ours[one] for one in both], [theirs[one] for one in both], [need for need, _ in both]
            )
    return made


def filters_of(need: Need) -> Filters:
    """What is given beside the words; an exclusion that stands in the words is given by them alone."""
    if need.in_words:
        return Filters()
    spoken = {name: tuple(group.replace("_", " ") for group in getattr(need, name)) for name in ("include", "exclude")}
    return Filters(include_notes=spoken["include"], exclude_notes=spoken["exclude"])


def _way(legs: Sequence[Leg], principal: Principal) -> Way:
    def ids(query: Query) -> Sequence[str]:
        answer = find_perfumes(query.text, filters_of(query.need), k=RANKED, legs=legs, principal=principal)
        return [one.id for one in answer.results]

    return ids


def _judged(query: Query, way: str, ranked: Grades, every: Grades) -> Judged:
    return Judged(
        query, way, ndcg_at(ranked, every, K), precision_at(ranked, K), recall_at(ranked, every, K),
        average_precision(ranked, every), reciprocal_rank(ranked),
    )  # fmt: skip


def _interval(mine: Sequence[Judged], name: str) -> Interval | None:
    told = [(value, one.query.need.id) for one in mine if (value := getattr(one, name)) is not None]
    return mean_interval([value for value, _ in told], [need for _, need in told]) if told else None


def _ndcg_of(found: Sequence[Judged], way: str, subset: str) -> dict[tuple[str, str], float]:
    return {
        (one.query.need.id, one.query.language): one.ndcg
        for one in found
        if one.way == way and SUBSETS[subset](one.query) and one.ndcg is not None
    }
