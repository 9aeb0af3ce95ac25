"""Briefs and perfumes of a training: divided by perfume, the same for the same data, and enough of them."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from core.errors import BadInput
from core.fragrance.catalogue.perfumes import Perfume
from core.fragrance.search.items import perfume_item
from core.fragrance.tuning.drawn_perfumes import drawn_perfumes
from core.fragrance.tuning.pairs import FEWEST_PERFUMES, briefs_for, facets, pairs_of


def test_when_perfumes_are_divided_then_no_brief_of_a_tested_one_is_learnt() -> None:
    pairs = pairs_of(drawn_perfumes(40), briefs_each=3)
    parts = {
        part: {pairs.asks_for[place] for place in pairs.briefs_of(part)} for part in ("train", "validation", "test")
    }

    assert not parts["train"] & parts["test"]
    assert not parts["validation"] & (parts["train"] | parts["test"])
    assert sorted(len(perfumes) for perfumes in parts.values()) == [6, 10, 24]


def test_when_perfumes_come_in_another_order_then_the_pairs_are_the_same() -> None:
    perfumes = list(drawn_perfumes(40))
    before = pairs_of(perfumes, seed=3)
    random.Random(1).shuffle(perfumes)

    assert pairs_of(perfumes, seed=3) == before
    assert pairs_of(perfumes, seed=4).sha256 != before.sha256


def test_when_two_perfumes_are_told_alike_then_only_one_of_them_counts() -> None:
    perfumes = drawn_perfumes(30)
    twins = [replace(one, id=f"{one.id}-twin", name="another name") for one in perfumes]

    assert len(pairs_of([*perfumes, *twins]).perfumes) == 30


def test_when_a_perfume_has_several_windows_then_they_are_those_that_the_search_encodes() -> None:
    perfumes = {one.id: one for one in drawn_perfumes(25)}
    pairs = pairs_of(perfumes.values())

    for place, perfume_id in enumerate(pairs.perfumes):
        windows = perfume_item(perfumes[perfume_id]).windows
        start = pairs.starts[place]
        assert pairs.passages[start : start + len(windows)] == windows


def test_when_briefs_are_made_then_both_languages_come_in_turn_and_name_what_is_told() -> None:
    (perfume,) = drawn_perfumes(1)
    briefs = briefs_for(perfume, count=6, seed=0)
    words = {word for facet in facets(perfume) for word in (facet.en, facet.ko, *facet.words)}

    assert [any("가" <= letter <= "힣" for letter in brief) for brief in briefs] == [True, False] * 3
    assert all(any(word in brief for word in words) for brief in briefs)


@pytest.mark.parametrize(
    "perfumes",
    [drawn_perfumes(FEWEST_PERFUMES - 1), [Perfume(f"p{number}", f"No. {number}", "") for number in range(50)]],
    ids=["too few", "nothing told of them"],
)
def test_when_too_little_is_told_then_it_says_how_many_are_needed(perfumes: list[Perfume]) -> None:
    with pytest.raises(BadInput) as refused:
        pairs_of(perfumes)

    assert refused.value.key == "fragrance_tuning.too_few_perfumes"
    assert str(FEWEST_PERFUMES) in refused.value.text("ko")


def test_when_one_perfume_is_no_sample_then_the_data_count_as_real() -> None:
    perfumes = drawn_perfumes(25)

    assert pairs_of(perfumes).synthetic
    assert not pairs_of([*perfumes[1:], replace(perfumes[0], is_sample=False)]).synthetic
