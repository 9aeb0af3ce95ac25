"""Ranks items by three measures at once: words, vectors, and how many of the asked notes they have.

Each judges the candidates of all three, and their standardised scores are added, as with two for documents.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from core.fragrance.search.index import Index
from core.knowledge.retrieval.fusion import POOL, fused, standardised

Leg = Literal["words", "vectors", "notes"]
LEGS: tuple[Leg, ...] = get_args(Leg)
# Chosen on one half of the labelled needs and judged on the other, see benchmarks/fragrance_quality.py.
DENSE_WEIGHT = 0.3  # of vectors; words have the rest of 1
NOTES_WEIGHT = 1.0  # beside those
SAID_WORTH = 0.5  # of an asked note that only name or description tell of, where one among the notes is worth 1

Scores = NDArray[np.float32]


@dataclass(frozen=True)
class Hit:
    """An item by its number in the index.

    score: only good for order within one query. lexical: BM25; similarity: cosine of its nearest text, -1 to 1.
    notes: share of the asked notes that it has, 0 to 1, one that is only said counting half. None where that leg was
    not asked or has nothing of the item.
    """

    number: int
    score: float
    lexical: float | None = None
    similarity: float | None = None
    notes: float | None = None


def ranked(
    index: Index, words: str, vector: Scores | None, notes: Sequence[int], allowed: NDArray[np.bool_], *, k: int,
    legs: Sequence[Leg] = LEGS, dense_weight: float = DENSE_WEIGHT, notes_weight: float = NOTES_WEIGHT,
    said_worth: float = SAID_WORTH,
) -> tuple[Hit, ...]:  # fmt: skip
    """The k best of the allowed items, best first; the lower number first among equals.

    vector: of the query, unit length; None where the encoder is away. notes: numbers of the concepts that are asked
    for. allowed: shape (n,); what the others hold changes neither hits nor scores.
    """
    from core.knowledge.retrieval.kernels import best_of

    pool = max(POOL, k)
    candidates: list[NDArray[np.int64]] = []
    by_words = by_notes = dense = None
    if "words" in legs:
        by_words = index.lexical.scores(words, allowed)
        candidates.append(best_of(by_words, allowed, 0.0, pool))
    if "vectors" in legs and vector is not None and index.dense is not None:
        dense, reached = index.dense, index.dense.has_vectors & allowed
        candidates.append(best_of(dense.scores(vector, reached), reached, -np.inf, pool))
    if "notes" in legs and notes:
        by_notes = shares(index, notes, said_worth)
        candidates.append(best_of(by_notes, allowed, 0.0, pool))
    if not candidates:
        return ()
    numbers = np.unique(np.concatenate(candidates))
    lexical = None if by_words is None else by_words[numbers]
    similarity = None if dense is None or vector is None else dense.nearest_windows(vector, numbers)[0]
    asked = None if by_notes is None else by_notes[numbers]
    scores = np.zeros(len(numbers), dtype=np.float32)
    if lexical is not None or similarity is not None:
        scores += fused(lexical, similarity, dense_weight=dense_weight)
    if asked is not None:
        scores += np.float32(notes_weight) * standardised(asked)
    scores[np.isnan(scores)] = -np.inf  # found by no leg but one that has nothing of it
    order = np.lexsort((numbers, -scores))[:k]
    return tuple(
        Hit(int(numbers[at]), float(scores[at]), _at(lexical, at), _cosine(_at(similarity, at)), _at(asked, at))
        for at in order
    )


def shares(index: Index, notes: Sequence[int], said_worth: float = SAID_WORTH) -> Scores:
    """Of every item the share of these concepts that its notes name, shape (n,); what is only said counts less."""
    named, said = np.zeros((2, index.size), dtype=np.uint8)
    for one in notes:  # counted in small numbers: a float for each of a hundred thousand takes several times as long
        named += index.columns.naming(one)
        said += index.columns.saying(one)
    worth = np.float32(1 / len(notes))
    return named * (worth * np.float32(1 - said_worth)) + said * (worth * np.float32(said_worth))


def _at(values: Scores | None, at: int) -> float | None:
    return None if values is None or np.isnan(values[at]) else float(values[at])


def _cosine(value: float | None) -> float | None:
    """Within -1 and 1, which a product of rounded vectors may pass by a hair."""
    return None if value is None else min(max(value, -1.0), 1.0)
