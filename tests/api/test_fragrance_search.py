"""Searching over HTTP: what a client may send, what every result carries, and what cannot be used."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from core.fragrance.search import collections
from tests.api.fragrance_home import Perfumery, perfumery
from tests.fragrance import search_home

__all__ = ["perfumery"]

SEARCH = "/api/v1/search/semantic"
SEED = {"query": "romantic rose", "top_k": 10, "search_type": "similarity"}
EVERY_RESULT = {"id", "document", "metadata", "distance", "similarity", "collection", "weighted_score", "rank"}


@pytest.mark.parametrize("path", [SEARCH, "/api/v2/semantic-search", "/api/v1/semantic-search"])
def test_when_the_seed_example_is_sent_then_results_are_sorted_and_their_scale_is_one(
    perfumery: Perfumery, path: str
) -> None:
    found = perfumery.answer(path, SEED)
    results = found["results"]

    assert 1 <= len(results) <= 10
    assert found["search_time"] > 0
    assert found["total_results"] == len(results)
    assert all(set(one) >= EVERY_RESULT for one in results)
    assert all(one["similarity"] == pytest.approx(1 - one["distance"], abs=1e-6) for one in results)
    scores = [one["weighted_score"] for one in results]
    assert scores == sorted(scores, reverse=True)
    assert [one["rank"] for one in results] == list(range(1, len(results) + 1))


def test_when_nothing_rearranges_then_the_rerank_score_is_null_and_the_reason_is_told(perfumery: Perfumery) -> None:
    found = perfumery.answer(SEARCH, {**SEED, "enable_reranking": True})

    assert {one["rerank_score"] for one in found["results"]} == {None}
    assert "rearranges" in found["rerank_reason"]


def test_when_there_are_filters_then_all_of_them_hold_and_are_told(perfumery: Perfumery) -> None:
    filters = {"max_price": 100000, "gender": "feminine", "season": "winter", "exclude_notes": ["vanilla"]}
    found = perfumery.answer(
        SEARCH, {"query": "rose", "collection_name": "fragrance_perfumes", "filters": filters, "top_k": 5}
    )

    assert [one["id"] for one in found["results"]] == ["rose-oud"]
    assert found["filters_applied"]["max_price"] == 100000
    assert found["filters_applied"]["seasons"] == ["winter"]
    assert found["filters_applied"]["exclude_notes"] == ["vanilla"]


def test_when_a_filter_is_said_in_the_query_then_it_is_told_with_the_others(perfumery: Perfumery) -> None:
    found = perfumery.answer(SEARCH, {"query": "leather without vanilla", "collection_name": "fragrance_perfumes"})

    assert "vanilla" in found["filters_applied"]["exclude_notes"][0]
    assert "leather" not in [one["id"] for one in found["results"]]


def test_when_collections_have_weights_then_these_decide_the_order(perfumery: Perfumery) -> None:
    both = ["fragrance_notes", "fragrance_perfumes"]

    def first(weights: dict[str, float]) -> str:
        body = {"query": "rose", "search_type": "hybrid", "collections": both, "collection_weights": weights}
        return str(perfumery.answer(SEARCH, body)["results"][0]["collection"])

    assert first({"fragrance_notes": 2.0, "fragrance_perfumes": 0.1}) == "fragrance_notes"
    assert first({"fragrance_notes": 0.1, "fragrance_perfumes": 2.0}) == "fragrance_perfumes"


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"query": "rose", "search_type": "hybrid"}, "collection"),
    ({"query": "rose", "search_type": "hybrid", "collections": ["recipes"], "collection_weights": {"x": 1}}, "'x'"),
    (
        {"query": "rose", "search_type": "hybrid", "collections": ["recipes"], "collection_weights": {"recipes": 3}},
        "recipes",
    ),
    ({"query": "rose", "top_k": 51}, "51"),
    ({"query": "rose", "top_k": 0}, "0"),
    ({"query": "rose", "sort": "price"}, "sort"),
    ({"query": "rose", "filters": {"colour": "red"}}, "colour"),
    ({"query": "rose", "filters": {"gender": "robots"}}, "gender"),
    ({"query": "rose", "filters": {"max_price": -1}}, "max_price"),
    ({"query": "rose", "search_type": "magic"}, "search_type"),
    ({"query": "rose", "min_similarity": 7}, "7"),
    ({"query": ""}, "query"),
    ({"query": "r" * 501}, "500"),
    ({"query": "rose", "collection_name": "nowhere"}, "nowhere"),
]


@pytest.mark.parametrize(("body", "named"), REFUSED)
def test_when_a_search_cannot_be_used_then_400_says_what_is_wrong(
    perfumery: Perfumery, body: dict[str, Any], named: str
) -> None:
    answer = perfumery.asks(SEARCH, body)

    assert answer.status_code == 400
    assert named in answer.json()["message"]
    assert answer.json()["detail"] == answer.json()["message"]


def test_when_the_body_is_no_json_then_the_sentence_says_so(perfumery: Perfumery) -> None:
    answer = perfumery.client.post(
        SEARCH, content=b"{", headers={**perfumery.perfumer, "Content-Type": "application/json"}
    )

    assert answer.status_code == 400
    assert "JSON" in answer.json()["message"]


def test_when_the_lowest_similarity_is_given_then_nothing_below_it_is_found(perfumery: Perfumery) -> None:
    body = {"query": "rose", "collection_name": "fragrance_perfumes", "search_type": "semantic"}
    everything = perfumery.answer(SEARCH, body)["results"]
    bar = sorted(one["similarity"] for one in everything)[len(everything) // 2]
    near = perfumery.answer(SEARCH, {**body, "min_similarity": bar})["results"]

    assert 0 < len(near) < len(everything)
    assert all(one["similarity"] >= bar for one in near)


def test_when_the_encoder_is_away_then_words_are_searched_and_that_is_told(
    perfumery: Perfumery, monkeypatch: pytest.MonkeyPatch
) -> None:
    search_home.use(monkeypatch, None)
    found = perfumery.answer(SEARCH, SEED)

    assert found["results"]
    assert {one["similarity"] for one in found["results"]} == {None}
    assert "No vectors" in found["notices"][0]


def test_when_a_customer_searches_materials_then_costs_stock_and_amounts_are_kept_back(perfumery: Perfumery) -> None:
    body = {"query": "bergamot oil", "collection_name": "fragrance_notes", "top_k": 1}
    told = perfumery.answer(SEARCH, body, who=perfumery.customer)["results"][0]
    whole = perfumery.answer(SEARCH, body)["results"][0]

    assert whole["metadata"]["price"]["per_kg"] > 0
    assert set(whole["metadata"]) - set(told["metadata"]) >= {"price", "stock_g", "usual_share", "highest_share"}
    assert told["id"] == whole["id"]


def test_when_documents_are_asked_by_one_who_may_not_read_them_then_that_is_told(perfumery: Perfumery) -> None:
    found = perfumery.answer(SEARCH, {"query": "what is an accord", "search_type": "rag"}, who={})

    assert set(found["collections"]) == {"fragrance_notes", "recipes", "knowledge_base"}
    assert any("role" in told for told in found["notices"])


def test_when_what_is_alike_is_asked_then_the_item_itself_is_not_among_it(perfumery: Perfumery) -> None:
    found = perfumery.answer("/api/v1/search/similar/rose-oud?collection_name=fragrance_perfumes&top_k=3", method="GET")

    ids = [one["id"] for one in found["results"]]
    assert "rose-oud" not in ids
    assert 1 <= len(ids) <= 3
    assert found["total_results"] == len(ids)
    for one, other in itertools.pairwise(found["results"]):
        assert one["rank"] < other["rank"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/search/similar/rose-oud?collection_name=fragrance_perfumes&top_k=21", 400),
        ("/api/v1/search/similar/rose-oud?collection_name=nowhere", 400),
        ("/api/v1/search/similar/nothing", 404),
        ("/api/v1/search/collections/nowhere/stats", 400),
    ],
)
def test_when_something_is_not_there_then_the_status_tells_which(perfumery: Perfumery, path: str, status: int) -> None:
    assert perfumery.asks(path, method="GET").status_code == status


def test_when_a_collection_is_asked_for_its_size_then_encoded_items_are_counted(perfumery: Perfumery) -> None:
    stats = perfumery.answer("/api/v1/search/collections/fragrance_perfumes/stats", method="GET")

    assert (stats["count"], stats["with_vectors"]) == (len(search_home.PERFUMES), len(search_home.PERFUMES))
    assert stats["distance"] == "cosine"


def test_when_one_collection_is_searched_by_its_address_then_only_its_items_are_found(perfumery: Perfumery) -> None:
    found = perfumery.answer("/api/v1/search/collections/fragrance_perfumes/search?query=leather&top_k=2")

    assert {one["collection"] for one in found["results"]} == {"fragrance_perfumes"}
    assert len(found["results"]) <= 2
    assert set(found["collections"]) < set(collections.EVERY)
