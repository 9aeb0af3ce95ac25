"""Perfumes, materials or formulas like a given one: by their vectors and by the notes they share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInput, NotFound, Unavailable
from core.fragrance.search.concepts import concepts_in
from core.fragrance.search.encoder import search_encoder
from core.fragrance.search.filters import Filters, checked, filtered
from core.fragrance.search.index import Index, current_index
from core.fragrance.search.items import COLLECTIONS, PERFUMES, Collection
from core.fragrance.search.matching import texts_of
from core.fragrance.search.narrowing import readable, tell_if_nothing_left
from core.fragrance.search.ranking import Leg, ranked
from core.fragrance.search.rows import Row, rows_of
from core.knowledge.notices import Notice, notice_of
from core.security.policy import Permission, Principal, require
from core.telemetry.metrics import count_search

MOST = 50


@dataclass(frozen=True)
class Alike:
    """row: the perfume, material or formula. similarity: cosine of the two, -1 to 1, None where one has no vector.

    shared, only_there, only_here: notes as written; shared ones as the found item writes them. overlap: share of what
    the notes of both name that both name, 0 to 1.
    """

    id: str
    rank: int
    row: Row
    similarity: float | None
    overlap: float
    shared: tuple[str, ...]
    only_there: tuple[str, ...]
    only_here: tuple[str, ...]

    @property
    def distance(self) -> float | None:
        return None if self.similarity is None else 1.0 - self.similarity


@dataclass(frozen=True)
class AlikeAnswer:
    """of: what the others are compared with; best first."""

    of: Row
    results: tuple[Alike, ...]
    notices: tuple[Notice, ...]


def similar_items(
    item_id: str, filters: Filters | None = None, *, k: int = 10, collection: Collection = PERFUMES,
    principal: Principal,
) -> AlikeAnswer:  # fmt: skip
    """The k most alike of the same collection, without itself. Raises NotFound, BadInput, NotAllowed, Unavailable."""
    require(principal, Permission.FRAGRANCE_READ)
    if not 1 <= k <= MOST:
        raise BadInput("fragrance_search.k_out_of_range", k=k, limit=MOST)
    if collection not in COLLECTIONS:
        raise BadInput("fragrance_search.unknown_part", name=collection, known=", ".join(COLLECTIONS))
    count_search("fragrance", "similar")
    notices: list[Notice] = []
    index = _index(notices)
    of = rows_of([(collection, item_id)], principal).get((collection, item_id))
    number = index.columns.number_of(item_id)
    if of is None or number is None:
        raise NotFound("fragrance.not_there")
    among = readable(index, (collection,), principal, notices)
    among[number] = False
    passed = filtered(index.columns, checked(filters or Filters()), among)
    tell_if_nothing_left(passed, notices)
    vector = _vector(index, number)
    if vector is None:
        notices.append(Notice("fragrance_search.compared_by_notes"))
    notes = texts_of(of)[0]
    legs: list[Leg] = ["notes"] if vector is None else ["vectors", "notes"]
    asked = [one.number for one in concepts_in(notes)]
    hits = ranked(index, "", vector, asked, passed.allowed, k=k, legs=legs) if passed.after else ()
    keys = [(collection, index.columns.ids[hit.number].decode()) for hit in hits]
    rows = rows_of(keys, principal)
    there = [(hit, key[1], rows[key]) for hit, key in zip(hits, keys, strict=True) if key in rows]
    results = tuple(
        Alike(one, rank, row, hit.similarity, *compared(notes, texts_of(row)[0]))
        for rank, (hit, one, row) in enumerate(there, start=1)
    )
    return AlikeAnswer(of, results, tuple(notices))


def compared(
    here: Sequence[str], there: Sequence[str]
) -> tuple[float, tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Overlap of what the notes name, and the notes that are shared, only there, and only here.

    Notes are the same where they name the same thing, or are the same word: "Bulgarian rose" and "rose".
    """
    mine, theirs = {note: _meanings(note) for note in here}, {note: _meanings(note) for note in there}
    all_mine = {one for meanings in mine.values() for one in meanings}
    all_theirs = {one for meanings in theirs.values() for one in meanings}
    every = all_mine | all_theirs
    return (
        len(all_mine & all_theirs) / len(every) if every else 0.0,
        tuple(note for note, meanings in theirs.items() if meanings & all_mine),
        tuple(note for note, meanings in theirs.items() if not meanings & all_mine),
        tuple(note for note, meanings in mine.items() if not meanings & all_theirs),
    )


def _meanings(note: str) -> frozenset[str]:
    return frozenset(one.id for one in concepts_in((note,))) or frozenset({note.casefold()})


def _index(notices: list[Notice]) -> Index:
    """That of the encoder; of words and notes alone where it is away."""
    try:
        model = search_encoder()
        return current_index(model.id, model.dim)
    except Unavailable as error:
        notices.append(Notice("fragrance_search.encoder_away", {"reason": notice_of(error).plain()}))
        return current_index()


def _vector(index: Index, number: int) -> NDArray[np.float32] | None:
    """The unit vector of an item: the mean of its windows; None where it has none."""
    if index.dense is None or not index.dense.has_vectors[number]:
        return None
    row = index.dense.rows[number].astype(np.float32)
    return np.asarray(row / np.linalg.norm(row), dtype=np.float32)
