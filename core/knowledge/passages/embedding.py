"""Batches of texts to vectors: by the encoder at hand, or by the workers of a cluster with the same encoder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from core.cluster.connection import is_configured
from core.cluster.spread import spread
from core.errors import Unavailable

Rows = NDArray[np.float32]


class Embeds(Protocol):
    """What is asked of an encoder here."""

    @property
    def id(self) -> str: ...

    def embed_passages(self, texts: Sequence[str], /) -> Rows: ...


def embedded(batches: Iterable[Sequence[str]], encoder: Embeds) -> Iterator[Rows]:
    """Rows of each batch, in their order; not looked at yet. Raises Unavailable."""
    if is_configured():
        yield from spread(embed_there, ((encoder.id, list(texts)) for texts in batches), name="embedding")
        return
    for texts in batches:
        yield np.asarray(encoder.embed_passages(texts), dtype=np.float32)


def embed_there(part: tuple[str, list[str]]) -> Rows:
    """One batch on a worker, whose own settings name the model. Raises Unavailable where it is another one."""
    from core.embeddings.text_models import text_model

    wanted, texts = part
    model = text_model()
    if model.id != wanted:
        raise Unavailable("cluster.other_encoder", theirs=model.id, ours=wanted)
    return np.asarray(model.embed_passages(texts), dtype=np.float32)
