"""The one image encoder: a preparation, a network behind a plain call, and batches between them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.embeddings.picture_preparation import Preparation
from core.resilience.resident_models import resident
from core.telemetry.metrics import inference

Rows = NDArray[np.float32]
Forward = Callable[[Rows], Rows]  # (n, 3, size, size) -> (n, dim)

BATCH = 8  # one thread gains nothing from more; a batch of 224 x 224 pictures holds 5 MB


@dataclass(frozen=True)
class BatchedEncoder:
    """An ImageEncoder. with_mirror: the mean of a picture's vector and that of its mirror image."""

    id: str
    dim: int
    weights_sha256: str
    preparation: Preparation
    forward: Forward
    text_encoder: TextTower | None = None
    with_mirror: bool = False

    @property
    def preprocessing_sha256(self) -> str:
        return self.preparation.sha256

    @inference("image_encoder")
    def encode(self, pictures: Sequence[Image.Image]) -> Rows:
        """Unit rows, shape (n, dim); zeros where the network gave nothing finite or no direction."""
        rows = np.empty((len(pictures), self.dim), dtype=np.float32)
        for start in range(0, len(pictures), BATCH):
            batch = np.stack([self.preparation(picture) for picture in pictures[start : start + BATCH]])
            units = unit_rows(self.forward(batch))
            if self.with_mirror:
                units = unit_rows(units + unit_rows(self.forward(np.ascontiguousarray(batch[..., ::-1]))))
            rows[start : start + BATCH] = units
        return rows


@dataclass(frozen=True)
class TextTower:
    """A text encoder that is loaded when the first text comes: most work is done with pictures alone."""

    key: str
    dim: int
    load: Callable[[], Callable[[list[str]], Any]]
    size_bytes: int

    @inference("image_encoder")
    def encode_texts(self, texts: Sequence[str]) -> Rows:
        """Unit rows in the space of the pictures, shape (n, dim)."""
        if not texts:
            return np.empty((0, self.dim), dtype=np.float32)
        forward = resident(f"text_tower:{self.key}", "1", self.load, size_bytes=self.size_bytes)
        return unit_rows(np.asarray(forward(list(texts)), dtype=np.float32))


def unit_rows(rows: Rows) -> Rows:
    """Rows of length 1; a row that is zero or not finite becomes zeros, which match nothing."""
    lengths = np.linalg.norm(rows.astype(np.float64), axis=1, keepdims=True)
    is_sound = np.isfinite(lengths) & (lengths > 0)
    units = np.divide(rows, lengths, out=np.zeros(rows.shape), where=is_sound)
    return units.astype(np.float32)
