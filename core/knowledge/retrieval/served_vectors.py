"""The leg of vectors where a server proposes passages: what it proposed for one question, compared here exactly."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from core.knowledge.passages.stored import vectors_of

CANDIDATES = 100
Row = TypeVar("Row")


@dataclass(frozen=True, eq=False)
class ServedVectors:
    """What `retrieval.dense.DenseIndex` does, for one question. ids: of all passages of the index, ascending.

    proposed: passage to cosine of its mean vector. is_behind: the database has changed since the server was filled.
    """

    encoder_id: str
    ids: NDArray[np.int64]
    proposed: Mapping[int, float]
    is_behind: bool = False

    @property
    def size(self) -> int:
        return len(self.ids)

    @cached_property
    def has_vectors(self) -> NDArray[np.bool_]:
        """Shape (n,): the server is taken to hold every passage; `is_behind` says where it may not."""
        return np.ones(self.size, dtype=np.bool_)

    def scores(self, query: NDArray[np.float32], allowed: NDArray[np.bool_] | None = None) -> NDArray[np.float32]:
        """How near the proposed passages are, for order alone, shape (n,); -1 for all others.

        allowed: what the server proposes beside these is left out, whatever it was asked for.
        """
        scores = np.full(self.size, -1.0, dtype=np.float32)
        for passage, cosine in self.proposed.items():
            place = int(np.searchsorted(self.ids, passage))
            is_known = place < self.size and self.ids[place] == passage
            if is_known and (allowed is None or allowed[place]):
                scores[place] = cosine
        return scores

    def nearest_windows(
        self, query: NDArray[np.float32], numbers: NDArray[np.int64]
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Of the numbered passages: cosine similarity of the nearest window, and which it is; NaN and -1 for none."""
        cosines, places = np.full(len(numbers), np.nan, dtype=np.float32), np.full(len(numbers), -1, dtype=np.int64)
        stored = vectors_of([int(self.ids[number]) for number in numbers], self.encoder_id)
        for row, number in enumerate(numbers):
            windows = stored.get(int(self.ids[number]))
            if windows is not None:
                near = windows @ query
                places[row] = int(near.argmax())
                cosines[row] = near[places[row]]
        return cosines, places


def mean_of(windows: NDArray[np.float32]) -> NDArray[np.float32]:
    """The unit vector that a server keeps of a passage. windows: shape (windows, dim)."""
    mean = windows.mean(axis=0)
    unit: NDArray[np.float32] = mean / max(float(np.linalg.norm(mean)), 1e-12)
    return unit


def batches(rows: Iterable[Row], most: int) -> Iterator[tuple[Row, ...]]:
    """As they come, at most so many at once."""
    left = iter(rows)
    while some := tuple(islice(left, most)):
        yield some
