"""Search by vectors: every passage is compared in 8 bits, then the windows of the nearest ones.

A passage is as near as the nearest of its windows. E5 cosines bunch up: good for order, never for a threshold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

STEPS = 127
QUERY_STEPS = 8191  # 384 products of 127 by this fit 32 bits


@dataclass(frozen=True, eq=False)
class DenseIndex:
    """Vectors of windows, and of whole passages as the mean of theirs, in 8 bits after `centre` is taken off.

    rows: shape (passages, dim). window_rows: shape (windows, dim). starts: shape (passages + 1,), where the windows
    of each begin. step: shape (dim,), what one of the 8 bits is worth.
    """

    rows: NDArray[np.int8]
    window_rows: NDArray[np.int8]
    starts: NDArray[np.int64]
    centre: NDArray[np.float32]
    step: NDArray[np.float32]

    @property
    def size(self) -> int:
        return len(self.rows)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What a snapshot keeps; `DenseIndex(**arrays)` takes it back."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    def scores(self, query: NDArray[np.float32], allowed: NDArray[np.bool_] | None = None) -> NDArray[np.int32]:
        """How near each whole passage is, in whole numbers for order alone, shape (n,); 0 where it is not allowed."""
        from core.knowledge.search_kernels import products

        found = np.zeros(self.size, dtype=np.int32)
        everything = np.empty(0, dtype=np.bool_)
        products(self.rows, self._asked(query)[0], everything if allowed is None else allowed, found)
        return found

    def nearest_windows(
        self, query: NDArray[np.float32], numbers: NDArray[np.int64]
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Of the numbered passages: cosine similarity of the nearest window (1 is identical), and which it is."""
        from core.knowledge.search_kernels import best_windows

        whole, worth = self._asked(query)
        found, places = np.empty(len(numbers), dtype=np.int32), np.zeros(len(numbers), dtype=np.int64)
        best_windows(self.window_rows, self.starts, numbers, whole, found, places)
        return (found * worth + float(query @ self.centre)).astype(np.float32), places

    def _asked(self, query: NDArray[np.float32]) -> tuple[NDArray[np.int16], float]:
        """The query in whole numbers, and what one of the products is worth."""
        weighted = query * self.step
        worth = max(float(np.abs(weighted).max(initial=0)), 1e-12) / QUERY_STEPS
        return np.rint(weighted / worth).astype(np.int16), worth


def build_dense(vectors: NDArray[np.float32], windows_of: NDArray[np.int64]) -> DenseIndex:
    """vectors: unit rows, shape (windows, dim). windows_of: how many windows each passage has, at least one.

    Raises ValueError where they do not fit together.
    """
    if windows_of.sum() != len(vectors) or (windows_of < 1).any():
        raise ValueError(f"{len(vectors)} vectors for {windows_of.sum()} windows; every passage needs at least one")
    starts = np.concatenate([[0], np.cumsum(windows_of)]).astype(np.int64)
    if not len(vectors):
        empty = np.empty((0, vectors.shape[1]), dtype=np.int8)
        nothing = np.zeros(vectors.shape[1], dtype=np.float32)
        return DenseIndex(empty, empty, starts, nothing, nothing)
    centre = vectors.mean(axis=0, dtype=np.float64).astype(np.float32)
    means = np.add.reduceat(vectors, starts[:-1], axis=0)
    means /= np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-12)
    step = np.maximum(np.abs(vectors - centre).max(axis=0), 1e-6) / STEPS
    return DenseIndex(_in_8_bits(means, centre, step), _in_8_bits(vectors, centre, step), starts, centre, step)


def _in_8_bits(
    vectors: NDArray[np.float32], centre: NDArray[np.float32], step: NDArray[np.float32]
) -> NDArray[np.int8]:
    return np.clip(np.rint((vectors - centre) / step), -STEPS, STEPS).astype(np.int8)
