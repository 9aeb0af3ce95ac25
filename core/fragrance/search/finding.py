"""Finds perfumes, materials and formulas by words, vectors and notes, under all filters at once, and says why.

Similarity is the cosine of query and text, -1 to 1, distance is 1 less similarity; order is by the joint score.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.embeddings.remembered_queries import embed_query
from core.embeddings.text_models import TextModel
from core.errors import BadInput, Unavailable
from core.fragrance.catalogue.materials import Material
from core.fragrance.catalogue.perfumes import Perfume
from core.fragrance.search.concepts import Concept, mentions
from core.fragrance.search.encoder import search_encoder
from core.fragrance.search.filters import Filtered, Filters, Removal, checked
from core.fragrance.search.index import Index, current_index
from core.fragrance.search.items import COLLECTIONS, PERFUMES
from core.fragrance.search.items import Collection as Kind
from core.fragrance.search.matching import Matched, matched
from core.fragrance.search.narrowing import narrowed, readable, tell_if_nothing_left
from core.fragrance.search.ranking import LEGS, Hit, Leg, ranked
from core.fragrance.search.reading_queries import ReadFilter, ReadQuery, expanded, read_query
from core.fragrance.search.rows import FoundFormula, rows_of
from core.knowledge.notices import Notice, notice_of
from core.knowledge.retrieval.remembered_hits import remembered_hits
from core.security.policy import Permission, Principal, require
from core.telemetry.metrics import count_search
from core.telemetry.traces import traced

LONGEST_QUERY = 2000
MOST = 200
SPARE = 5  # hits more than are wanted: of some the perfume may have been removed since the index was built


@dataclass(frozen=True)
class Found:
    """One result. rank: from 1. score: only good for order within one query. distance: exactly 1 - similarity.

    lexical, similarity, notes: what each leg says, as `ranking.Hit`. One of perfume, material, formula is there.
    """

    id: str
    collection: Kind
    rank: int
    score: float
    lexical: float | None
    similarity: float | None
    notes: float | None
    matched: Matched
    perfume: Perfume | None = None
    material: Material | None = None
    formula: FoundFormula | None = None

    @property
    def distance(self) -> float | None:
        return None if self.similarity is None else 1.0 - self.similarity


@dataclass(frozen=True)
class Answer:
    """Results, best first, and how they came about.

    filters: all that held, read ones too; read: those read from the words of the query, to be shown and switched off;
    removals: what each removed by itself. searched: how many items passed. legs: those that answered.
    """

    query: ReadQuery
    results: tuple[Found, ...]
    filters: Filters
    read: tuple[ReadFilter, ...]
    removals: tuple[Removal, ...]
    searched: int
    total: int
    legs: tuple[Leg, ...]
    encoder_id: str | None
    notices: tuple[Notice, ...]
    seconds: float


@traced("fragrance.search")
def find_perfumes(
    query: str, filters: Filters | None = None, *, k: int = 10, principal: Principal, legs: Sequence[Leg] = LEGS,
    ignored: Collection[str] = (), reads_words: bool = True, collections: Sequence[Kind] = (PERFUMES,),
) -> Answer:  # fmt: skip
    """The k best among what the principal may read; nothing is found of what any filter removes.

    ignored: names of filters that are not to be read from the query; reads_words: False reads none. A filter that was
    read and would leave nothing is let go of, and told; a given one holds, and so does what is to be left out.
    Raises BadInput, NotAllowed, Unavailable.
    """
    require(principal, Permission.FRAGRANCE_READ)
    began = time.perf_counter()
    _check(query, k, legs, collections)
    count_search("fragrance")
    notices: list[Notice] = []
    read = read_query(query) if reads_words else ReadQuery(query, query, expanded(query))
    model, vector = _vector(read.expanded, notices) if "vectors" in legs and query.strip() else (None, None)
    index = current_index(model.id, model.dim) if model is not None else current_index()
    _tell_if_behind(index, notices)
    among = readable(index, collections, principal, notices)
    held, counted, passed = narrowed(index, checked(filters or Filters()), read, ignored, among, notices)
    tell_if_nothing_left(passed, notices)
    answered = _legs(index, vector, legs, passed, notices)
    asked = asked_concepts(read, held)
    results: tuple[Found, ...] = ()
    if passed.after and query.strip():
        if not answered:
            raise Unavailable("fragrance_search.no_leg")
        results = _found(index, read, vector, asked, passed, answered, k, held, principal)
    return Answer(
        read, results, held, tuple(counted), passed.removals, passed.after, passed.before, answered,
        index.encoder_id or None, tuple(notices), time.perf_counter() - began,
    )  # fmt: skip


def asked_concepts(read: ReadQuery, filters: Filters) -> tuple[Concept, ...]:
    """What the words ask for, each once and in its narrowest sense; what is to be left out is not asked for."""
    unwanted = {one.number for note in filters.exclude_notes for mention in mentions(note) for one in mention.concepts}
    found = (mention.concepts[0] for mention in mentions(read.searched))
    return tuple(one for one in dict.fromkeys(found) if one.number not in unwanted)


def _check(query: str, k: int, legs: Sequence[Leg], collections: Sequence[Kind]) -> None:
    if len(query) > LONGEST_QUERY:
        raise BadInput("fragrance_search.query_too_long", length=len(query), limit=LONGEST_QUERY)
    if not 1 <= k <= MOST:
        raise BadInput("fragrance_search.k_out_of_range", k=k, limit=MOST)
    for one in (*legs, *collections):
        if one not in LEGS and one not in COLLECTIONS:
            raise BadInput("fragrance_search.unknown_part", name=one, known=", ".join((*COLLECTIONS, *LEGS)))


def _vector(text: str, notices: list[Notice]) -> tuple[TextModel | None, NDArray[np.float32] | None]:
    model = None
    try:
        model = search_encoder()
        return model, embed_query(model, text)
    except Unavailable as error:
        notices.append(Notice("fragrance_search.encoder_away", {"reason": notice_of(error).plain()}))
        return model, None


def _tell_if_behind(index: Index, notices: list[Notice]) -> None:
    if index.is_behind and index.failure is not None:
        notices.append(Notice("fragrance_search.index_stuck", {"reason": notice_of(index.failure).plain()}))
    elif index.is_behind:
        notices.append(Notice("fragrance_search.index_behind"))


def _legs(
    index: Index, vector: NDArray[np.float32] | None, legs: Sequence[Leg], passed: Filtered, notices: list[Notice]
) -> tuple[Leg, ...]:  # fmt: skip
    """Those that can answer; told how many items the leg of vectors does not know."""
    answering: list[Leg] = [one for one in LEGS if one in legs and one != "vectors"]
    if "vectors" in legs and vector is not None and passed.after:
        lacking = passed.after
        if index.dense is not None:
            lacking = int(np.count_nonzero(passed.allowed & ~index.dense.has_vectors))
        if lacking:
            details = {"count": lacking, "total": passed.after}
            notices.append(Notice("fragrance_search.without_vectors", details))
        if lacking < passed.after:
            answering.append("vectors")
    return tuple(one for one in LEGS if one in answering)


def _found(
    index: Index, read: ReadQuery, vector: NDArray[np.float32] | None, asked: Sequence[Concept], passed: Filtered,
    legs: Sequence[Leg], k: int, filters: Filters, principal: Principal,
) -> tuple[Found, ...]:  # fmt: skip
    """Those of the best hits that are still there; more hits are taken where some are not."""
    wanted, numbers = k + SPARE, [one.number for one in asked]
    while True:
        hits = _ranked(index, read.expanded, vector, tuple(numbers), passed.allowed, wanted, legs)
        results = _results(index, hits, read, asked, filters, principal, k)
        if len(results) == k or len(hits) < wanted:
            return results
        wanted *= 2


def _ranked(
    index: Index, words: str, vector: NDArray[np.float32] | None, numbers: tuple[int, ...],
    allowed: NDArray[np.bool_], wanted: int, legs: Sequence[Leg],
) -> tuple[Hit, ...]:  # fmt: skip
    """The hits, remembered; the vector is that of the words, by the encoder of the index."""
    asked = words, numbers, wanted, tuple(legs), vector is None, index.dense is None
    return remembered_hits(
        "perfume_searches", index, index.columns.ids, asked, allowed,
        lambda: ranked(index, words, vector, numbers, allowed, k=wanted, legs=legs), model=tuple[Hit, ...],
    )  # fmt: skip


def _results(
    index: Index, hits: Sequence[Hit], read: ReadQuery, asked: Sequence[Concept], filters: Filters,
    principal: Principal, k: int,
) -> tuple[Found, ...]:  # fmt: skip
    columns = index.columns
    keys = [
        (COLLECTIONS[int(columns.collection[hit.number])], columns.ids[hit.number].decode()) for hit in hits
    ]  # fmt: skip
    read_rows = rows_of(keys[:k], principal)
    if len(read_rows) < min(k, len(keys)):
        read_rows |= rows_of(keys[k:], principal)
    found: list[Found] = []
    named = tuple(filters.given())
    for hit, key in zip(hits, keys, strict=True):
        row = read_rows.get(key)
        if row is None or len(found) == k:
            continue
        kind, item_id = key
        found.append(
            Found(
                item_id, kind, len(found) + 1, hit.score, hit.lexical, hit.similarity, hit.notes,
                matched(row, read, asked, named),
                row if isinstance(row, Perfume) else None,
                row if isinstance(row, Material) else None,
                row if isinstance(row, FoundFormula) else None,
            )
        )  # fmt: skip
    return tuple(found)
