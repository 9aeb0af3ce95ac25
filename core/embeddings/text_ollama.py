"""Text vectors from an embedding model of the Ollama server."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.embeddings.checked_vectors import CheckedTextModel, Purpose, matrix, wrong_shape
from core.embeddings.text_prefixes import prefixes_of
from core.errors import Unavailable
from core.resilience.ollama_server import PROVIDER, asked, found, installed_models
from core.resilience.resident_models import resident
from core.settings.current import get_settings

BATCH = 16  # texts in one call; what is lost when it fails
MAX_CHARS = 8000  # the server cuts to what its model reads, but must be sent it first
ASK_AGAIN_S = 60  # after which a model that was replaced on the server is noticed


def ollama_text_model(name: str) -> CheckedTextModel:
    """The embedding model `name` of the server. Raises Unavailable where it is away or has no such model."""
    digest = _digest(name)
    return resident(f"text_model:{_place(name)}", digest, lambda: _load(name, digest))


def _load(name: str, digest: str) -> CheckedTextModel:
    prefixes = prefixes_of(name)
    made_by = hashlib.sha256(repr((digest, prefixes)).encode()).hexdigest()
    vector_id = f"{PROVIDER}:{name[:100]}:{made_by[:16]}"

    def vectors_of(texts: Sequence[str], purpose: Purpose) -> NDArray[np.float64]:
        if _digest(name) != digest:
            raise Unavailable("embeddings.model_replaced", model=name)
        before = prefixes.query if purpose == "query" else prefixes.passage
        sent = [before + text[:MAX_CHARS] for text in texts]
        batches = [_embed(name, sent[start : start + BATCH], purpose) for start in range(0, len(sent), BATCH)]
        return matrix([row for rows in batches for row in rows], model=vector_id)

    dim = matrix(_embed(name, ["1"], "passage"), model=vector_id).shape[1]
    return CheckedTextModel(vector_id, dim, vectors_of)


def _embed(name: str, texts: list[str], purpose: Purpose) -> Sequence[Sequence[float]]:
    settings = get_settings()
    # Whoever asks waits for the answer, and words alone find most of it; passages have time while a model loads.
    is_query = purpose == "query"
    answer = asked(
        lambda server: server.embed(model=name, input=texts),
        refused=lambda status: Unavailable("embeddings.refused", provider=PROVIDER, model=name, status=status),
        timeout_s=settings.outside_timeout_s if is_query else settings.llm_timeout_s,
        retries=0 if is_query else None,
    )
    rows: Sequence[Sequence[float]] = answer.embeddings
    if len(rows) != len(texts):
        raise wrong_shape(name, (len(rows), "dim"), (len(texts), "dim"))
    return rows


def _digest(name: str) -> str:
    """What the server says the model's files hash to, asked at most once a minute."""
    return resident(f"text_digest:{_place(name)}", str(_minute()), lambda: installed_digest(name), size_bytes=100)


def _minute() -> int:
    return int(time.monotonic() // ASK_AGAIN_S)


def installed_digest(name: str) -> str:
    """The same, asked now. Raises Unavailable where the server is away or has no such model."""
    models = installed_models()
    model = found(name, models)
    if model is None:
        known = ", ".join(one.name for one in models) or "-"
        raise Unavailable("embeddings.no_such_model", provider=PROVIDER, model=name, known=known)
    return model.digest


def _place(name: str) -> str:
    return f"{PROVIDER}:{get_settings().ollama_base_url}:{name}"
