"""Searching perfumes, materials, formulas and documents, as clients of the former service ask for it."""

from __future__ import annotations

import time
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from app.api.deps import CALLER, needs
from app.api.fragrance_answers import PerfumeryRoute, language_of
from app.api.wire.fragrance_queries import DOCUMENTS, LONGEST_QUERY, PERFUMES, SearchBody
from app.api.wire.fragrance_search import (
    CollectionStatsAnswer,
    SearchAnswer,
    SimilarAnswer,
    search_answer,
    similar_result,
)
from core.errors import BadInput, Unavailable
from core.messages import say
from core.security.policy import Permission, Principal

router = APIRouter(tags=["fragrance"], route_class=PerfumeryRoute)

MOST_SIMILAR = 20
NO_LEG = "fragrance_search.no_leg"


@router.post("/api/v1/search/semantic", response_model=SearchAnswer)
@router.post("/api/v2/semantic-search", response_model=SearchAnswer)
@router.post("/api/v1/semantic-search", response_model=SearchAnswer)
@needs(Permission.FRAGRANCE_READ)
def search(body: SearchBody, request: Request, principal: Principal = CALLER) -> Any:
    """Find by meaning, words and notes under all filters at once.

    similarity: by vectors alone, as far as there are any. single_collection: in one. semantic: in one or several.
    hybrid: in several, each with its weight. rag: materials, formulas and documents unless others are named. Filters
    that the query says in words ("under 90,000 won", "without vanilla") hold as well and are told.
    """
    from core.fragrance.search.collections import search_collections

    language = language_of(request)

    def found(legs: tuple[str, ...]) -> Any:
        return search_collections(
            body.query, body.searched, body.collection_weights, top_k=body.top_k, filters=body.filters.filters(),
            min_similarity=body.min_similarity, legs=legs, principal=principal,  # type: ignore[arg-type]
        )  # fmt: skip

    if body.search_type != "similarity":
        return search_answer(found(("words", "vectors", "notes")), body.search_type, language, principal)
    try:
        return search_answer(found(("vectors",)), body.search_type, language, principal)
    except Unavailable as error:
        if error.key != NO_LEG:
            raise
        # A fresh home has encoded nothing yet; an answer by words that says so is of more use than none.
        told = say("api.searched_by_words", language)
        return search_answer(found(("words", "vectors", "notes")), body.search_type, language, principal, (told,))


@router.get("/api/v1/search/similar/{item_id}", response_model=SimilarAnswer)
@needs(Permission.FRAGRANCE_READ)
def search_similar(
    item_id: str,
    request: Request,
    principal: Principal = CALLER,
    collection_name: str = PERFUMES,
    top_k: Annotated[int, Query(description="1 to 20")] = 10,
) -> Any:
    """What is most like one item, of the same collection."""
    from core.fragrance.search.similar import similar_items

    if not 1 <= top_k <= MOST_SIMILAR:
        raise BadInput("fragrance_search.k_out_of_range", k=top_k, limit=MOST_SIMILAR)
    began = time.perf_counter()
    found = similar_items(item_id, k=top_k, collection=collection_name, principal=principal)  # type: ignore[arg-type]
    language = language_of(request)
    return {
        "item_id": item_id,
        "collection_name": collection_name,
        "results": [similar_result(one, collection_name, principal) for one in found.results],
        "total_results": len(found.results),
        "search_time": time.perf_counter() - began,
        "notices": [one.text(language) for one in found.notices],
    }


@router.get("/api/v1/search/collections/{name}/stats", response_model=CollectionStatsAnswer)
@needs(Permission.FRAGRANCE_READ)
def collection_stats(name: str, principal: Principal = CALLER) -> Any:
    """How large a collection is: perfumes, materials or formulas."""
    from core.fragrance.search import collections

    found = collections.collection_stats(name, principal=principal)
    return {
        "name": found.name,
        "count": found.items,
        "with_vectors": found.with_vectors,
        "encoder": found.encoder_id,
        "distance": "cosine",
        "generation": found.generation,
    }


@router.post("/api/v1/search/collections/{name}/search", response_model=SearchAnswer)
@needs(Permission.FRAGRANCE_READ)
def search_collection(
    name: str,
    request: Request,
    query: Annotated[str, Query(min_length=1, max_length=LONGEST_QUERY)],
    principal: Principal = CALLER,
    top_k: Annotated[int, Query(description="1 to 50")] = 10,
) -> Any:
    """Search one collection, among them the documents (`knowledge_base`)."""
    from core.fragrance.search.collections import search_collections

    found = search_collections(query, [name], top_k=top_k, principal=principal)
    return search_answer(found, "single_collection" if name != DOCUMENTS else "rag", language_of(request), principal)
