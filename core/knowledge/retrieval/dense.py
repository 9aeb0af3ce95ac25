"""Search by vectors: every passage is compared in 8 bits, then the windows of the nearest ones.

A passage is as near as the nearest of its windows. E5 cosines bunch up: good for order, never for a threshold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

STEPS = 127
QUERY_STEPS = 8191
LARGEST = 2**31 - 1  # that a sum of products may reach
AT_ONCE = 2000  # passages whose vectors are held in full precision while an index is gathered


@dataclass(frozen=True, eq=False)
class DenseIndex:
    """Vectors of windows, and of whole passages as the mean of theirs, in 8 bits.

    rows: shape (passages, dim). window_rows: shape (windows, dim). starts: shape (passages + 1,), where the windows
    of each begin; a passage may have none. row_steps, window_steps: what one of the 8 bits is worth in each row.
    Every row is rounded by itself alone, so that no other passage can be told from its score.
    """

    rows: NDArray[np.int8]
    row_steps: NDArray[np.float32]
    window_rows: NDArray[np.int8]
    window_steps: NDArray[np.float32]
    starts: NDArray[np.int64]

    @property
    def size(self) -> int:
        return len(self.rows)

    @cached_property
    def has_vectors(self) -> NDArray[np.bool_]:
        """Which passages can be found by this leg, shape (n,)."""
        return self.starts[1:] > self.starts[:-1]

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What a snapshot keeps; `DenseIndex(**arrays)` takes it back."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    def scores(self, query: NDArray[np.float32], allowed: NDArray[np.bool_] | None = None) -> NDArray[np.float32]:
        """How near each whole passage is, for order alone, shape (n,); 0 where it is not allowed."""
        from core.knowledge.retrieval.kernels import products

        found = np.zeros(self.size, dtype=np.int32)
        everything = np.empty(0, dtype=np.bool_)
        products(self.rows, _asked(query)[0], everything if allowed is None else allowed, found)
        return found.astype(np.float32) * self.row_steps

    def nearest_windows(
        self, query: NDArray[np.float32], numbers: NDArray[np.int64]
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Of the numbered passages: cosine similarity of the nearest window (1 is identical), and which it is.

        A passage without vectors has NaN and -1.
        """
        from core.knowledge.retrieval.kernels import best_windows

        whole, worth = _asked(query)
        found, places = np.empty(len(numbers), dtype=np.float32), np.empty(len(numbers), dtype=np.int64)
        best_windows(self.window_rows, self.window_steps, self.starts, numbers, whole, found, places)
        return (found * np.float32(worth)).astype(np.float32), places


def build_dense(vectors: NDArray[np.float32], windows_of: NDArray[np.int64]) -> DenseIndex:
    """vectors: unit rows, shape (windows, dim). windows_of: how many windows each passage has; it may have none.

    Raises ValueError where they do not fit together.
    """
    if windows_of.sum() != len(vectors) or (windows_of < 0).any():
        raise ValueError(f"{len(vectors)} vectors for {windows_of.sum()} windows")
    starts = np.concatenate([[0], np.cumsum(windows_of)]).astype(np.int64)
    means = np.zeros((len(windows_of), vectors.shape[1]), dtype=np.float32)
    has_some = windows_of > 0
    if has_some.any():
        means[has_some] = np.add.reduceat(vectors, starts[:-1][has_some], axis=0)
        means /= np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-12)
    return DenseIndex(*_in_8_bits(means), *_in_8_bits(vectors), starts)


def joined(parts: Sequence[DenseIndex]) -> DenseIndex:
    """One index over the passages of several, in their order; of at least one."""
    counts = np.concatenate([np.diff(one.starts) for one in parts])
    return DenseIndex(
        np.concatenate([one.rows for one in parts]),
        np.concatenate([one.row_steps for one in parts]),
        np.concatenate([one.window_rows for one in parts]),
        np.concatenate([one.window_steps for one in parts]),
        np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
    )


class GatheredVectors:
    """Takes the vectors of passages one by one and rounds them in turn, so that few are held in full precision."""

    def __init__(self) -> None:
        self._parts: list[DenseIndex] = []
        self._rows: list[NDArray[np.float32]] = []
        self._counts: list[int] = []
        self._dim = 0

    def add(self, rows: NDArray[np.float32] | None) -> None:
        """The windows of the next passage, unit rows, shape (windows, dim); None where it has none."""
        if rows is not None:
            self._dim = rows.shape[1]
            self._rows.append(rows)
        self._counts.append(0 if rows is None else len(rows))
        if len(self._counts) >= AT_ONCE and self._dim:
            self._round()

    def index(self) -> DenseIndex | None:
        """None where no passage has vectors."""
        if not self._dim:
            return None
        self._round()
        return joined(self._parts)

    def _round(self) -> None:
        rows = np.concatenate(self._rows) if self._rows else np.empty((0, self._dim), dtype=np.float32)
        self._parts.append(build_dense(rows, np.array(self._counts, dtype=np.int64)))
        self._rows, self._counts = [], []


def _asked(query: NDArray[np.float32]) -> tuple[NDArray[np.int16], float]:
    """The query in whole numbers, small enough for sums of 32 bits, and what one of them is worth."""
    steps = min(QUERY_STEPS, LARGEST // (STEPS * len(query)))
    worth = max(float(np.abs(query).max(initial=0)), 1e-12) / steps
    return np.rint(query / worth).astype(np.int16), worth


def _in_8_bits(vectors: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Whole numbers, and a step for each row that gives it back its length: otherwise cosines pass 1."""
    largest = np.maximum(np.abs(vectors).max(axis=1, initial=0, keepdims=True), 1e-12)
    whole = np.rint(vectors * (STEPS / largest)).astype(np.int8)
    lengths = np.sqrt(np.einsum("ij,ij->i", whole, whole, dtype=np.float32))
    return whole, (np.linalg.norm(vectors, axis=1) / np.maximum(lengths, 1)).astype(np.float32)
