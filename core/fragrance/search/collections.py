"""Several collections at once, each with its weight: perfumes, materials, formulas, and documents.

Similarity is the cosine of query and text, -1 to 1, distance exactly 1 less similarity. Scores of different collections
stand on different scales: each is brought to 0 to 1 by the logistic function of its standing among the best of its own
collection, then multiplied by the collection's weight.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import exp
from typing import Any

import numpy as np

from core.errors import BadInput, Unavailable
from core.fragrance.catalogue.documents import material_document, perfume_document
from core.fragrance.search.encoder import search_encoder
from core.fragrance.search.filters import Filters
from core.fragrance.search.finding import Found, find_perfumes
from core.fragrance.search.index import current_index
from core.fragrance.search.items import COLLECTIONS
from core.fragrance.search.matching import texts_of
from core.fragrance.search.narrowing import readable
from core.fragrance.search.ranking import LEGS, Leg
from core.knowledge.notices import Notice, notice_of
from core.knowledge.retrieval.find import Leg as DocumentLeg
from core.knowledge.retrieval.find import find
from core.security.policy import Permission, Principal, is_allowed, require

DOCUMENTS = "knowledge_base"
EVERY = (*COLLECTIONS, DOCUMENTS)
MOST = 50
HIGHEST_WEIGHT = 2.0


@dataclass(frozen=True)
class CollectionHit:
    """document: the text that was found. metadata: plain values. score: 0 to 1 within its collection."""

    id: str
    collection: str
    document: str
    metadata: Mapping[str, Any]
    similarity: float | None
    score: float
    weighted_score: float
    rank: int = 0
    highlights: tuple[str, ...] = ()

    @property
    def distance(self) -> float | None:
        return None if self.similarity is None else 1.0 - self.similarity


@dataclass(frozen=True)
class CollectionsAnswer:
    """results: by weighted score. found: how many of each collection are among them."""

    query: str
    results: tuple[CollectionHit, ...]
    found: Mapping[str, int]
    filters: Mapping[str, object]
    seconds: float
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True)
class CollectionStats:
    """items: that may be read. with_vectors: of the encoder in use."""

    name: str
    items: int
    with_vectors: int
    encoder_id: str
    generation: int


@dataclass
class _Gathered:
    hits: list[CollectionHit] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    filters: dict[str, object] = field(default_factory=dict)


def search_collections(
    query: str, collections: Sequence[str], weights: Mapping[str, float] | None = None, *, top_k: int = 10,
    filters: Filters | None = None, min_similarity: float | None = None, legs: Sequence[Leg] = LEGS,
    reads_words: bool = True, principal: Principal,
) -> CollectionsAnswer:  # fmt: skip
    """The top_k best of all named collections; one without a weight has 1.

    min_similarity: a cosine; what has no vector is not known to reach it, and is left out. Raises BadInput for no or an
    unknown collection, a weight out of 0 to 2 or of what is not searched; else as `find_perfumes`.
    """
    require(principal, Permission.FRAGRANCE_READ)
    began = time.perf_counter()
    weight_of = _checked(collections, weights or {}, top_k, min_similarity)
    made = _Gathered()
    for name in weight_of:
        if name == DOCUMENTS:
            hits = _documents(query, top_k, filters, legs, principal, made)
        else:
            hits = _items(query, name, top_k, filters, legs, reads_words, principal, made)
        made.hits += _near(hits, name, min_similarity, made)
    weighted = [replace(one, weighted_score=weight_of[one.collection] * one.score) for one in made.hits]
    places = {name: place for place, name in enumerate(weight_of)}
    weighted.sort(key=lambda one: (-one.weighted_score, places[one.collection], -one.score))  # stable within each
    results = tuple(replace(one, rank=rank) for rank, one in enumerate(weighted[:top_k], start=1))
    found = {name: sum(one.collection == name for one in results) for name in weight_of}
    notices = tuple({one.key + repr(sorted(one.details.items())): one for one in made.notices}.values())
    return CollectionsAnswer(query, results, found, made.filters, time.perf_counter() - began, notices)


def collection_stats(name: str, *, principal: Principal) -> CollectionStats:
    """How many items a collection of perfumes, materials or formulas has. Raises BadInput for any other."""
    require(principal, Permission.FRAGRANCE_READ)
    if name not in COLLECTIONS:
        raise BadInput("fragrance_search.unknown_part", name=name, known=", ".join(COLLECTIONS))
    try:
        model = search_encoder()
        index = current_index(model.id, model.dim)
    except Unavailable:
        index = current_index()
    mine = readable(index, tuple(one for one in COLLECTIONS if one == name), principal, [])
    having = 0 if index.dense is None else int(np.count_nonzero(mine & index.dense.has_vectors))
    return CollectionStats(name, int(np.count_nonzero(mine)), having, index.encoder_id, index.generation)


def _checked(
    collections: Sequence[str], weights: Mapping[str, float], top_k: int, min_similarity: float | None
) -> dict[str, float]:
    """The weight of each collection, in the order given."""
    named = tuple(dict.fromkeys(collections))
    if not named:
        raise BadInput("fragrance_search.collections_missing", known=", ".join(EVERY))
    for name in named:
        if name not in EVERY:
            raise BadInput("fragrance_search.unknown_part", name=name, known=", ".join(EVERY))
    for name, weight in weights.items():
        if name not in named:
            raise BadInput("fragrance_search.weight_without_collection", name=name)
        if not 0 <= weight <= HIGHEST_WEIGHT:
            limit = f"{HIGHEST_WEIGHT:g}"
            raise BadInput("fragrance_search.weight_out_of_range", name=name, weight=f"{weight:g}", limit=limit)
    if not 1 <= top_k <= MOST:
        raise BadInput("fragrance_search.k_out_of_range", k=top_k, limit=MOST)
    if min_similarity is not None and not -1 <= min_similarity <= 1:
        raise BadInput("fragrance_search.similarity_out_of_range", value=f"{min_similarity:g}")
    return {name: float(weights.get(name, 1.0)) for name in named}


def _items(
    query: str, name: str, top_k: int, filters: Filters | None, legs: Sequence[Leg], reads_words: bool,
    principal: Principal, made: _Gathered,
) -> list[CollectionHit]:  # fmt: skip
    kinds = tuple(one for one in COLLECTIONS if one == name)
    answer = find_perfumes(
        query, filters, k=top_k, principal=principal, legs=legs, collections=kinds, reads_words=reads_words
    )
    made.notices += answer.notices
    made.filters |= answer.filters.given()
    return [_hit(one) for one in answer.results]


def _hit(found: Found) -> CollectionHit:
    row = found.perfume or found.material or found.formula
    assert row is not None
    if found.perfume is not None:
        metadata = perfume_document(found.perfume)
    elif found.material is not None:
        metadata = material_document(found.material)
    else:
        metadata = {**vars(row), "materials": list(texts_of(row)[0])}
    highlights = tuple(dict.fromkeys((*found.matched.notes, *found.matched.words)))
    score = _logistic(found.score)
    return CollectionHit(
        found.id, found.collection, texts_of(row)[1], metadata, found.similarity, score, score, highlights=highlights
    )


def _documents(
    query: str, top_k: int, filters: Filters | None, legs: Sequence[Leg], principal: Principal, made: _Gathered
) -> list[CollectionHit]:
    """Passages of documents that the principal may read."""
    if filters is not None and filters.given():
        made.notices.append(Notice("fragrance_search.documents_not_filtered"))
        return []
    if not is_allowed(principal, Permission.KNOWLEDGE_READ):
        made.notices.append(Notice("fragrance_search.documents_not_read"))
        return []
    asked: list[DocumentLeg] = [one for one in ("words", "vectors") if one in legs]
    try:
        answer = find(query, principal=principal, k=top_k, legs=asked or ("words", "vectors"))
    except Unavailable as error:
        made.notices.append(notice_of(error))
        return []
    made.notices += answer.warnings
    found: list[CollectionHit] = []
    for one in answer.passages:
        passage, score = one.passage, _logistic(one.score)
        metadata = {"title": passage.title, "document_id": passage.document_id, "collection_id": passage.collection_id}
        similarity = None if one.dense is None else min(max(one.dense, -1.0), 1.0)
        found.append(
            CollectionHit(str(passage.id), DOCUMENTS, passage.text, metadata, similarity, score, score)
        )  # fmt: skip
    return found


def _near(
    hits: list[CollectionHit], name: str, min_similarity: float | None, made: _Gathered
) -> list[CollectionHit]:  # fmt: skip
    """Those that reach the lowest similarity; all where vectors took no part, which is told."""
    if min_similarity is None or not hits:
        return hits
    if all(one.similarity is None for one in hits):
        made.notices.append(Notice("fragrance_search.similarity_not_known", {"name": name}))
        return hits
    return [one for one in hits if one.similarity is not None and one.similarity >= min_similarity]


def _logistic(score: float) -> float:
    return 1 / (1 + exp(-max(min(score, 50.0), -50.0)))
