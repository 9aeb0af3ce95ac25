"""The index over perfumes, materials and formulas that this process serves from, kept up to date with the database."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from core.errors import Unavailable
from core.fragrance.search.concepts import concepts_sha256
from core.fragrance.search.index_building import FORMAT, build, changed_here, current_mark
from core.fragrance.search.item_columns import ItemColumns
from core.knowledge.retrieval.dense import DenseIndex
from core.knowledge.retrieval.lexical import LexicalIndex
from core.knowledge.retrieval.served_snapshots import ServedIndex, ServedSnapshots
from core.knowledge.retrieval.snapshot_building import Facts, is_whole
from core.knowledge.retrieval.snapshots import Snapshot
from core.settings.current import get_settings

FOLDER = "fragrance_index"  # in data/cache; all of it can be deleted


@dataclass(frozen=True, eq=False)
class Index(ServedIndex):
    """What is searched. dense: None where nothing has a vector of the encoder."""

    columns: ItemColumns
    lexical: LexicalIndex
    dense: DenseIndex | None

    @property
    def size(self) -> int:
        return self.columns.size


def current_index(encoder_id: str = "", dim: int = 0) -> Index:
    """The index at hand, which may be behind; built at once where there is none yet.

    Whether the database is ahead is looked up once a second, and at once after a change by this process.
    Raises StorageFull or Unavailable where there is none.
    """
    return _there(_serving(_folder(encoder_id), encoder_id, dim).current())


def bring_up_to_date(encoder_id: str = "", dim: int = 0) -> Index:
    """The index of what the database holds now, built here and now unless another process has."""
    return _there(_serving(_folder(encoder_id), encoder_id, dim).brought_up_to_date())


def _there(index: Index | None) -> Index:
    """Something is always stored: an index that is not there was deleted or damaged as soon as it was built."""
    if index is None:
        raise Unavailable("knowledge.index_not_built", reason=FOLDER)
    return index


def _folder(encoder_id: str) -> Path:
    """One for each encoder and vocabulary: what was built with other words is of no use."""
    name = hashlib.sha256(f"{FORMAT}\n{concepts_sha256()}\n{encoder_id}".encode()).hexdigest()[:16]
    return get_settings().data_dir / "cache" / FOLDER / name


@cache
def _serving(folder: Path, encoder_id: str, dim: int) -> ServedSnapshots[Index]:
    return ServedSnapshots(
        folder, name=FOLDER, mark=current_mark, raised=changed_here, build=lambda: build(folder, encoder_id, dim),
        opened=_opened,
    )  # fmt: skip


def _opened(snapshot: Snapshot, facts: Facts) -> Index | None:
    """None where a part cannot be read."""
    if not is_whole(snapshot):
        return None
    dense = snapshot.part("dense")
    return Index(
        snapshot.generation, facts, ItemColumns(**snapshot.part("columns")),
        LexicalIndex(**snapshot.part("lexical")), DenseIndex(**dense) if dense else None,
    )  # fmt: skip
