"""Builds the snapshot of every passage that answers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.knowledge.index_generations import index_mark
from core.knowledge.passages.stored import IndexedPassage, passages_to_index
from core.knowledge.passages.vectors import unpacked
from core.knowledge.retrieval import snapshot_building
from core.knowledge.retrieval.passage_columns import GatheredColumns
from core.knowledge.retrieval.vector_server import is_used

FORMAT = 1  # raised when the arrays of a snapshot mean something else


def build(folder: Path, encoder_id: str) -> None:
    """Write the snapshot of the database's generation, unless it is there. Raises StorageFull or Unavailable."""
    snapshot_building.build(
        folder, encoder_id, mark=index_mark, columns=GatheredColumns(), entries=_entries(encoder_id)
    )  # fmt: skip


def _entries(encoder_id: str) -> Iterator[tuple[IndexedPassage, NDArray[np.float32] | None]]:
    """Every passage with its vectors; without where a server keeps those."""
    for one in passages_to_index(encoder_id):
        if one.vectors is None or one.dim is None or is_used():
            yield one, None
        else:
            yield one, unpacked(one.vectors, one.dim)
