"""A text model for tests: each word has a direction of its own, and a part of every vector says nothing.

What says nothing depends on the whole text, so a head that learns to leave it out finds more.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.embeddings.checked_vectors import CheckedTextModel, Purpose

TELLING, SILENT = 72, 24  # dimensions
DIM = TELLING + SILENT
LOUD = 2.0  # how much longer the part that says nothing is


def word_encoder(name: str = "words-1") -> CheckedTextModel:
    def vectors_of(texts: Sequence[str], purpose: Purpose) -> NDArray[np.float64]:
        return np.stack([_vector(text) for text in texts])

    return CheckedTextModel(name, DIM, vectors_of)


def _vector(text: str) -> NDArray[np.float64]:
    words = text.casefold().replace(",", " ").split()
    told = sum((_drawn(word, TELLING) for word in words), np.zeros(TELLING))
    silent = _drawn(text, SILENT)
    return np.concatenate([told, LOUD * np.linalg.norm(told) / np.linalg.norm(silent) * silent])


def _drawn(text: str, dim: int) -> NDArray[np.float64]:
    seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])
    return np.random.default_rng(seed).standard_normal(dim)
