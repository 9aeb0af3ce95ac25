"""The promise behind text vectors: each is of the right length, finite and has a direction, or there is none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.errors import Unavailable
from core.telemetry.metrics import inference

Rows = NDArray[np.float32]
Purpose = Literal["query", "passage"]  # models trained for search hear the two differently


@dataclass(frozen=True, eq=False)
class CheckedTextModel:
    """A text model around a plain call (texts, purpose) -> rows, whatever length the rows of that call have."""

    id: str
    dim: int
    vectors_of: Callable[[Sequence[str], Purpose], object]

    def embed_query(self, text: str, /) -> Rows:
        """The unit vector of what somebody looks for, shape (dim,). Raises Unavailable."""
        return self._units([text], "query")[0]

    def embed_passages(self, texts: Sequence[str], /) -> Rows:
        """Unit rows of texts to be found, shape (n, dim). Raises Unavailable: half the rows would be no answer."""
        if not texts:
            return np.empty((0, self.dim), dtype=np.float32)
        return self._units(texts, "passage")

    @inference("text_encoder")
    def _units(self, texts: Sequence[str], purpose: Purpose) -> Rows:
        rows = matrix(self.vectors_of(texts, purpose), model=self.id)
        if rows.shape != (len(texts), self.dim):
            raise wrong_shape(self.id, rows.shape, (len(texts), self.dim))
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        if bad := int((~np.isfinite(lengths) | (lengths == 0)).sum()):
            raise Unavailable("embeddings.no_direction", model=self.id, count=bad, total=len(texts))
        return np.asarray(rows / lengths, dtype=np.float32)


def matrix(vectors: object, *, model: str) -> NDArray[np.float64]:
    """What a model or a server gave, as numbers, shape (n, dim). Raises Unavailable where it is no such thing."""
    try:
        rows = np.asarray(vectors, dtype=np.float64)
    except (TypeError, ValueError) as error:  # rows of several lengths, or texts among the numbers
        raise wrong_shape(model, "uneven", "(n, dim)") from error
    if rows.ndim != 2 or rows.shape[1] == 0:
        raise wrong_shape(model, rows.shape, "(n, dim)")
    return rows


def wrong_shape(model: str, shape: object, wanted: object) -> Unavailable:
    return Unavailable("embeddings.wrong_shape", model=model, shape=str(shape), wanted=str(wanted))
