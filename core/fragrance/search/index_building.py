"""Builds the snapshot of everything that can be found; one process at a time, and a killed one lets go."""

from __future__ import annotations

import errno
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from core.errors import StorageFull, Unavailable
from core.fragrance.search.item_columns import GatheredItems
from core.fragrance.search.items import stored_items
from core.fragrance.search.vectors import kept_vectors
from core.knowledge.retrieval.dense import DenseIndex, build_dense, joined
from core.knowledge.retrieval.lexical import build_lexical
from core.knowledge.retrieval.snapshots import UNFINISHED, Snapshot, open_snapshot, write_snapshot, written_generations
from core.storage.database import reading
from core.storage.perfumery_tables import fragrance_generations

FORMAT = 2  # raised when the arrays of a snapshot mean something else
AT_ONCE = 2000  # items whose vectors are held in full precision
RISING = ("catalogue", "formulas", "vectors")  # generations that an index rests on


@dataclass(frozen=True)
class Mark:
    """generation: of all that an index rests on, summed. raised_at: when each was, which tells databases apart."""

    generation: int
    raised_at: str


@dataclass(frozen=True)
class Facts:
    """What a snapshot says of itself. arrays: their names, to know if one is gone. seconds: that building it took."""

    encoder_id: str
    raised_at: str
    items: int
    seconds: float
    arrays: list[str]

    def fits(self, generation: int, mark: Mark) -> bool:
        """Whether it can have been built of the database that says `mark`."""
        return generation < mark.generation or (generation, self.raised_at) == (mark.generation, mark.raised_at)


def current_mark() -> Mark:
    """What the database says now; the generation is at least 1, as the shipped materials are there from the start."""
    table = fragrance_generations
    wanted = select(table.c.name, table.c.generation, table.c.updated_at).where(table.c.name.in_(RISING))
    with reading() as connection:
        rows = connection.execute(wanted.order_by(table.c.name)).all()
    return Mark(1 + sum(row.generation for row in rows), " ".join(row.updated_at.isoformat() for row in rows))


def facts_of(snapshot: Snapshot) -> Facts | None:
    """None for a snapshot that is none of ours, or of which a part is gone."""
    told = snapshot.facts if isinstance(snapshot.facts, dict) else {}
    facts = Facts(**told) if set(told) == set(Facts.__dataclass_fields__) else None
    return facts if facts is not None and set(facts.arrays) == set(snapshot.arrays) else None


def build(folder: Path, encoder_id: str, dim: int) -> None:
    """Write the snapshot of what the database holds now, unless it is there; waits for another process that builds.

    encoder_id: whose vectors it holds, "" for none. Raises StorageFull or Unavailable; earlier snapshots stay.
    """
    try:
        with _building(folder):
            mark = current_mark()
            if not _is_written(folder, mark):
                _write(folder, encoder_id, dim, mark)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise StorageFull("storage.disk_full") from error
        reason = error.strerror or type(error).__name__
        raise Unavailable("fragrance_search.index_not_built", reason=reason) from error


def _write(folder: Path, encoder_id: str, dim: int, mark: Mark) -> None:
    began = time.monotonic()
    columns, vectors = GatheredItems(), _GatheredVectors(dim)
    vector_of = kept_vectors(encoder_id, dim) if encoder_id else None

    def words() -> Iterator[str]:
        for item in stored_items():
            columns.add(item)
            vectors.add(vector_of(item) if vector_of is not None else None)
            yield item.words

    parts = {"lexical": build_lexical(words()).arrays()}
    made, dense = columns.columns(), vectors.index()
    parts["columns"] = made.arrays()
    if dense is not None:
        parts["dense"] = dense.arrays()
    arrays = [f"{part}.{field}" for part, of_part in parts.items() for field in of_part]
    facts = Facts(encoder_id, mark.raised_at, made.size, round(time.monotonic() - began, 3), arrays)
    write_snapshot(folder, mark.generation, parts, asdict(facts))


class _GatheredVectors:
    """Takes items one by one and rounds their vectors in turn, so that few are held in full precision."""

    def __init__(self, dim: int) -> None:
        self._dim = dim
        self._parts: list[DenseIndex] = []
        self._rows: list[NDArray[np.float32]] = []
        self._counts: list[int] = []
        self._has_any = False

    def add(self, rows: NDArray[np.float32] | None) -> None:
        if rows is not None:
            self._rows.append(rows)
            self._has_any = True
        self._counts.append(0 if rows is None else len(rows))
        if len(self._counts) >= AT_ONCE:
            self._round()

    def index(self) -> DenseIndex | None:
        """None where no item has vectors."""
        if not self._has_any:
            return None
        self._round()
        return joined(self._parts)

    def _round(self) -> None:
        rows = np.concatenate(self._rows) if self._rows else np.empty((0, self._dim), dtype=np.float32)
        self._parts.append(build_dense(rows, np.array(self._counts, dtype=np.int64)))
        self._rows, self._counts = [], []


def _is_written(folder: Path, mark: Mark) -> bool:
    """Whether that very snapshot is whole; what was built of another database, or cannot be read, goes."""
    for generation in written_generations(folder):
        found = open_snapshot(folder, generation)
        facts = facts_of(found) if found is not None else None
        if facts is None or not facts.fits(generation, mark):
            shutil.rmtree(folder / str(generation), ignore_errors=True)
    return mark.generation in written_generations(folder)


@contextmanager
def _building(folder: Path) -> Iterator[None]:
    import fcntl

    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for left in folder.glob(f"{UNFINISHED}*"):  # of a process that was killed: nobody else writes now
            shutil.rmtree(left, ignore_errors=True)
        yield
