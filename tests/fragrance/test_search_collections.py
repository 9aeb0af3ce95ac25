"""Several collections at once, weighted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.errors import BadInput
from core.fragrance.search.collections import collection_stats, search_collections
from core.fragrance.search.filters import Filters
from tests.fragrance.search_home import CUSTOMER, encoder, fill, use

PERFUMES, MATERIALS, DOCUMENTS = "fragrance_perfumes", "fragrance_notes", "knowledge_base"


@pytest.fixture
def filled(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, encoder())
    fill()


def test_when_collections_are_searched_then_results_are_one_list_by_weighted_score(filled: None) -> None:
    answer = search_collections("rose", [PERFUMES, MATERIALS], top_k=8, principal=CUSTOMER)
    scores = [one.weighted_score for one in answer.results]
    assert scores == sorted(scores, reverse=True)
    assert [one.rank for one in answer.results] == list(range(1, 9))
    assert all(0 <= one.score <= 1 for one in answer.results)
    assert answer.found[PERFUMES] + answer.found[MATERIALS] == 8
    assert answer.found[PERFUMES] and answer.found[MATERIALS]


def test_when_a_collection_weighs_more_then_its_scores_are_multiplied(filled: None) -> None:
    plain = search_collections("rose", [PERFUMES, MATERIALS], top_k=5, principal=CUSTOMER)
    heavy = search_collections("rose", [PERFUMES, MATERIALS], {MATERIALS: 2.0}, top_k=5, principal=CUSTOMER)
    assert heavy.found[MATERIALS] >= plain.found[MATERIALS]
    for one in heavy.results:
        assert one.weighted_score == one.score * (2.0 if one.collection == MATERIALS else 1.0)


def test_when_a_collection_weighs_nothing_then_the_others_come_first(filled: None) -> None:
    answer = search_collections("rose", [MATERIALS, PERFUMES], {MATERIALS: 0.0}, top_k=3, principal=CUSTOMER)
    assert {one.collection for one in answer.results} == {PERFUMES}


def test_when_results_are_told_then_distance_is_one_less_similarity_and_metadata_is_plain(filled: None) -> None:
    for one in search_collections("dark rose", [PERFUMES], principal=CUSTOMER).results:
        assert one.similarity is not None
        assert one.distance == 1.0 - one.similarity
        assert one.metadata["name"] in one.document


def test_when_a_lowest_similarity_is_given_then_what_is_farther_is_left_out(filled: None) -> None:
    every = search_collections("dark rose", [PERFUMES], principal=CUSTOMER).results
    bar = sorted(one.similarity or 0.0 for one in every)[2]
    near = search_collections("dark rose", [PERFUMES], min_similarity=bar, principal=CUSTOMER).results
    assert {one.id for one in near} == {one.id for one in every if (one.similarity or 0.0) >= bar}


def test_when_vectors_take_no_part_then_a_lowest_similarity_is_not_applied_and_told(
    filled: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, None)
    answer = search_collections("rose", [PERFUMES], min_similarity=0.9, principal=CUSTOMER)
    assert answer.results
    assert "fragrance_search.similarity_not_known" in {one.key for one in answer.notices}


def test_when_filters_are_given_then_documents_are_not_searched_and_it_is_told(filled: None) -> None:
    answer = search_collections(
        "rose", [PERFUMES, DOCUMENTS], filters=Filters(brand="House A"), principal=CUSTOMER
    )  # fmt: skip
    assert {one.metadata["brand"] for one in answer.results} == {"House A"}
    assert answer.filters == {"brand": "house a"}
    assert "fragrance_search.documents_not_filtered" in {one.key for one in answer.notices}


def test_when_a_collection_is_counted_then_items_and_vectors_are_told(filled: None) -> None:
    found = collection_stats(PERFUMES, principal=CUSTOMER)
    assert (found.items, found.with_vectors, found.encoder_id) == (6, 6, "shared-words")
    assert collection_stats("recipes", principal=CUSTOMER).items == 0


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"collections": []}, "fragrance_search.collections_missing"),
        ({"collections": ["elsewhere"]}, "fragrance_search.unknown_part"),
        ({"collections": [PERFUMES], "weights": {MATERIALS: 1.0}}, "fragrance_search.weight_without_collection"),
        ({"collections": [PERFUMES], "weights": {PERFUMES: 2.5}}, "fragrance_search.weight_out_of_range"),
        ({"collections": [PERFUMES], "top_k": 51}, "fragrance_search.k_out_of_range"),
        ({"collections": [PERFUMES], "min_similarity": 1.5}, "fragrance_search.similarity_out_of_range"),
    ],
)
def test_when_a_request_cannot_be_then_it_is_refused(home: Path, given: dict[str, Any], key: str) -> None:
    with pytest.raises(BadInput) as refused:
        search_collections("rose", principal=CUSTOMER, **given)
    assert refused.value.key == key
