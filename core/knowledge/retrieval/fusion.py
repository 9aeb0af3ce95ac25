"""Joins the two legs of retrieval: each judges the candidates of both, and their standardised scores are added."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from core.knowledge.retrieval.lexical import LexicalIndex

Scores = NDArray[np.float32]

DENSE_WEIGHT = 0.6  # of 1; chosen across articles, the same in each part, see benchmarks/knowledge_quality.py
POOL = 100  # candidates of each leg at least
LEADERS = 50  # a leg's scores are measured against its own best ones: the rest says nothing about this question


class VectorLeg(Protocol):
    """What compares vectors: `DenseIndex` here, or `ServedVectors` with what a server proposed."""

    @property
    def has_vectors(self) -> NDArray[np.bool_]: ...
    def scores(self, query: Scores, allowed: NDArray[np.bool_] | None = None) -> Scores: ...
    def nearest_windows(self, query: Scores, numbers: NDArray[np.int64]) -> tuple[Scores, NDArray[np.int64]]: ...


@dataclass(frozen=True)
class Hit:
    """A passage by its number. lexical: BM25, dense: cosine of its nearest window; None where that leg was not asked.

    score: only good for order within one question. window: which window of the passage is nearest.
    """

    number: int
    score: float
    lexical: float | None = None
    dense: float | None = None
    window: int | None = None


def search(
    query: str, vector: Scores | None, *, lexical: LexicalIndex | None, dense: VectorLeg | None, k: int = 10,
    allowed: NDArray[np.bool_] | None = None, dense_weight: float = DENSE_WEIGHT,
) -> tuple[Hit, ...]:  # fmt: skip
    """The k best passages, best first. A leg that is None takes no part.

    vector: of the query, unit length; None where the encoder is away. allowed: which passages may be seen, shape (n,);
    what the others hold changes neither hits nor scores. Raises ValueError when neither leg can be asked.
    """
    from core.knowledge.retrieval.kernels import best_of

    has_dense = dense is not None and vector is not None
    if lexical is None and not has_dense:
        raise ValueError("neither a lexical nor a dense leg to search with")
    seen = np.empty(0, dtype=np.bool_) if allowed is None else allowed
    pool = max(POOL, k)
    words = lexical.scores(query, allowed) if lexical is not None else None
    found = [best_of(words, seen, 0.0, pool)] if words is not None else []
    if dense is not None and vector is not None:
        reached = dense.has_vectors if allowed is None else dense.has_vectors & allowed
        found.append(best_of(dense.scores(vector, reached), reached, -np.inf, pool))
    numbers = np.unique(np.concatenate(found))
    by_words = None if words is None else words[numbers]
    by_vector, windows = None, None
    if dense is not None and vector is not None:
        by_vector, windows = dense.nearest_windows(vector, numbers)
    scores = fused(by_words, by_vector, dense_weight=dense_weight)
    order = np.lexsort((numbers, -scores))[:k]
    return tuple(
        Hit(
            int(numbers[at]),
            float(scores[at]),
            None if by_words is None else float(by_words[at]),
            None if by_vector is None or np.isnan(by_vector[at]) else float(by_vector[at]),
            None if windows is None or windows[at] < 0 else int(windows[at]),
        )
        for at in order
    )


def fused(lexical: Scores | None, dense: Scores | None, *, dense_weight: float = DENSE_WEIGHT) -> Scores:
    """The weighted sum of both legs' standardised scores of the same candidates; of one leg, that one's.

    dense: NaN for a candidate without vectors, which its words alone are judged by.
    """
    if lexical is None or dense is None:
        alone = dense if lexical is None else lexical
        if alone is None:
            raise ValueError("no leg")
        return standardised(alone)
    by_words, by_vector = standardised(lexical), standardised(dense)
    return np.where(np.isnan(by_vector), by_words, (1 - dense_weight) * by_words + dense_weight * by_vector)


def standardised(scores: Scores) -> Scores:
    """Scores less the mean of the best ones, in standard deviations of those; zeros where all are equal.

    What is not a number stays so and is not counted.
    """
    best = np.sort(scores[~np.isnan(scores)])[-LEADERS:]
    deviation = float(best.std()) if len(best) else 0.0
    if deviation < 1e-9:
        return np.where(np.isnan(scores), scores, np.float32(0))
    return ((scores - best.mean()) / deviation).astype(np.float32)
