"""Vectors of what was asked before: encoding a query takes longer than searching with its vector."""

from __future__ import annotations

import base64

import numpy as np

from core.embeddings.checked_vectors import Rows
from core.embeddings.text_models import TextModel
from core.resilience.result_cache import remembered

KIND = "query_vectors"


def embed_query(model: TextModel, text: str) -> Rows:
    """As `model.embed_query`, shape (dim,), to the last bit; nobody may write into it. Raises Unavailable."""
    kept = remembered(KIND, text, model.id, lambda: _packed(model.embed_query(text)), model=str)
    return np.frombuffer(base64.b64decode(kept), dtype=np.float32)


def _packed(vector: Rows) -> str:
    return base64.b64encode(np.ascontiguousarray(vector, dtype=np.float32).tobytes()).decode("ascii")
