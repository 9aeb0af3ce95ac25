"""Nearest vectors: an exact matrix product up to a stated size, an approximate index beyond, with its recall measured.

The index is faiss's graph (HNSW, Malkov and Yashunin 2018) over half-precision copies, whose candidates are scored
again by the exact product. Without faiss the product answers at any size: slower, never different.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

EXACT_VALUES = 10_000 * 512  # 20 MB, which one thread reads in about two milliseconds
RECALL = 0.95  # at 5, of the exact answer
EXTRA_CANDIDATES = 5  # beyond the answers asked for, before the exact product orders them
SAMPLE_QUERIES, SEED = 200, 0  # rows that the recall is measured on, and how they are drawn
NEIGHBOURS, BUILD_BREADTH = 16, 100  # links of each vector, and how far it looks for them
BREADTHS = (16, 32, 64, 128, 256, 512, 1024)  # candidates kept while searching; the first that reaches the recall
MARGIN = 0.01  # the measured recall has an error of its own


@dataclass(frozen=True)
class Nearest:
    """rows: shape (n, k), -1 where there were fewer. similarities: cosine, falling, shape (n, k)."""

    rows: NDArray[np.int64]
    similarities: Vectors


class VectorIndex(Protocol):
    """What finds the nearest of many unit vectors. recall: measured share of the exact five that are found."""

    @property
    def recall(self) -> float: ...
    @property
    def is_exact(self) -> bool: ...
    def search(self, queries: Vectors, k: int) -> Nearest: ...


@dataclass(frozen=True, eq=False)
class ExactIndex:
    """One matrix product; equals keep the order of their rows. vectors: unit rows, shape (n, dim)."""

    vectors: Vectors
    recall: float = 1.0
    is_exact: bool = True

    def search(self, queries: Vectors, k: int) -> Nearest:
        scores = np.clip(np.atleast_2d(queries) @ self.vectors.T, -1.0, 1.0)
        count = min(k, scores.shape[1])
        if scores.shape[1] > 50 * count:  # sorting all would cost more than the product
            # Everything equal to the last one kept is looked at too: among equals the lower row wins.
            rows = np.stack([_best(row, count) for row in scores])
        else:
            rows = np.argsort(-scores, axis=1, kind="stable")[:, :count]
        return Nearest(rows.astype(np.int64), np.take_along_axis(scores, rows, axis=1))


@dataclass(frozen=True, eq=False)
class GraphIndex:
    """Vectors linked to their neighbours, walked with `breadth` candidates. recall: at 5, measured on own rows."""

    vectors: Vectors
    graph: Any  # faiss.IndexHNSWSQ
    breadth: int
    recall: float
    is_exact: bool = False

    def search(self, queries: Vectors, k: int) -> Nearest:
        import faiss

        asked = np.ascontiguousarray(np.atleast_2d(queries), dtype=np.float32)
        count = min(k, len(self.vectors))
        width = min(count + EXTRA_CANDIDATES, len(self.vectors))
        chosen = faiss.SearchParametersHNSW(efSearch=max(self.breadth, width))  # type: ignore[attr-defined]
        _, rows = self.graph.search(asked, width, params=chosen)
        scores = np.einsum("nkd,nd->nk", self.vectors[rows], asked)
        scores = np.where(rows >= 0, np.clip(scores, -1.0, 1.0), -2.0)
        order = np.lexsort((rows, -scores), axis=1)[:, :count]
        return Nearest(np.take_along_axis(rows, order, axis=1), np.take_along_axis(scores, order, axis=1))


def make_index(vectors: Vectors, *, exact_values: int = EXACT_VALUES, recall: float = RECALL) -> VectorIndex:
    """The index for these unit rows, by their size; exact as well where no number of probes reaches `recall`."""
    rows = np.ascontiguousarray(vectors, dtype=np.float32)
    if rows.size <= exact_values or find_spec("faiss") is None:
        return ExactIndex(rows)
    graph = _graph(rows)
    asked = np.random.default_rng(SEED).choice(len(rows), min(SAMPLE_QUERIES, len(rows)), replace=False)
    truth = _others(ExactIndex(rows), rows, asked)
    for breadth in BREADTHS:
        measured = overlap(_others(GraphIndex(rows, graph, breadth, 0.0), rows, asked), truth)
        if measured >= recall + MARGIN:
            return GraphIndex(rows, graph, breadth, measured)
    return ExactIndex(rows)


def recall_at(index: VectorIndex, exact: VectorIndex, queries: Vectors, k: int = 5) -> float:
    """Share of the exact k nearest that `index` finds."""
    parts = np.array_split(queries, max(1, len(queries) // 25))  # a product with a million rows at a time
    shares = [overlap(index.search(one, k).rows, exact.search(one, k).rows) * len(one) for one in parts]
    return float(sum(shares) / len(queries))


def overlap(found: NDArray[np.int64], truth: NDArray[np.int64]) -> float:
    """Mean share of the rows of `truth` that `found` holds, line by line."""
    return float(np.mean([len(set(one) & set(other)) / len(other) for one, other in zip(found, truth, strict=True)]))


def _others(index: VectorIndex, rows: Vectors, asked: NDArray[np.int64]) -> NDArray[np.int64]:
    """The five nearest of each asked row besides itself, shape (n, 5)."""
    answers = []
    for part in np.array_split(asked, max(1, len(asked) // 25)):
        for own, line in zip(part, index.search(rows[part], 6).rows, strict=True):
            answers.append([one for one in line if one != own][:5])
    return np.array(answers)


def _graph(rows: Vectors) -> Any:
    import faiss

    dim = rows.shape[1]
    kind: Any = faiss.ScalarQuantizer.QT_fp16  # the annotations ask for the class, the library for its number
    made = faiss.IndexHNSWSQ(dim, kind, NEIGHBOURS, faiss.METRIC_INNER_PRODUCT)
    made.hnsw.efConstruction = BUILD_BREADTH
    made.train(rows[:1])  # half precision has nothing to learn
    made.add(rows)
    return made


def _best(scores: Vectors, count: int) -> NDArray[np.int64]:
    least = np.partition(scores, -count)[-count]
    near = np.flatnonzero(scores >= least)
    return near[np.argsort(-scores[near], kind="stable")][:count]
