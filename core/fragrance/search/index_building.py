"""Builds the snapshot of everything that can be found, and tells what it rests on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.fragrance.generations import raised_here
from core.fragrance.search.item_columns import GatheredItems
from core.fragrance.search.items import Item, stored_items
from core.fragrance.search.vectors import kept_vectors
from core.knowledge.retrieval import snapshot_building
from core.storage.generations import Mark, mark_of
from core.storage.perfumery_tables import fragrance_generations

FORMAT = 2  # raised when the arrays of a snapshot mean something else
RISING = ("catalogue", "formulas", "vectors")  # generations that an index rests on


def current_mark() -> Mark:
    """What the database says now; the generation is at least 1, as the shipped materials are there from the start."""
    stored = mark_of(fragrance_generations, fragrance_generations.c.name.in_(RISING))
    return replace(stored, generation=1 + stored.generation)


def changed_here() -> int:
    """Goes up whenever this process changes what an index rests on."""
    return sum(raised_here(name) for name in RISING)


def build(folder: Path, encoder_id: str, dim: int) -> None:
    """Write the snapshot of what the database holds now, unless it is there. Raises StorageFull or Unavailable."""
    snapshot_building.build(
        folder, encoder_id, mark=current_mark, columns=GatheredItems(), entries=_entries(encoder_id, dim)
    )  # fmt: skip


def _entries(encoder_id: str, dim: int) -> Iterator[tuple[Item, NDArray[np.float32] | None]]:
    vector_of = kept_vectors(encoder_id, dim) if encoder_id else None
    for item in stored_items():
        yield item, vector_of(item) if vector_of is not None else None
