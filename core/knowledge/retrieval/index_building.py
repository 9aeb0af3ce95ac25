"""Builds a snapshot of everything that answers; one process at a time, and a killed one lets go."""

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

from core.errors import StorageFull, Unavailable
from core.knowledge.index_generations import Mark, index_mark
from core.knowledge.passages.stored import IndexedPassage, passages_to_index
from core.knowledge.passages.vectors import unpacked
from core.knowledge.retrieval.dense import DenseIndex, build_dense, joined
from core.knowledge.retrieval.lexical import build_lexical
from core.knowledge.retrieval.passage_columns import GatheredColumns
from core.knowledge.retrieval.snapshots import UNFINISHED, Snapshot, open_snapshot, write_snapshot, written_generations
from core.knowledge.retrieval.vector_server import is_used

FORMAT = 1  # raised when the arrays of a snapshot mean something else
AT_ONCE = 2000  # passages whose vectors are held in full precision


@dataclass(frozen=True)
class Facts:
    """What a snapshot says of itself. raised_at: when its generation was. arrays: their names, to know if one is gone.

    seconds: that building it took.
    """

    encoder_id: str
    raised_at: str
    passages: int
    seconds: float
    arrays: list[str]

    def fits(self, generation: int, mark: Mark) -> bool:
        """Whether it can have been built of the database that says `mark`."""
        return generation < mark.generation or (generation, self.raised_at) == (mark.generation, mark.raised_at)


def facts_of(snapshot: Snapshot) -> Facts | None:
    """None for a snapshot that is none of ours."""
    return Facts(**snapshot.facts) if set(snapshot.facts) == set(Facts.__dataclass_fields__) else None


def is_whole(snapshot: Snapshot) -> bool:
    """Whether every array that was written can be read."""
    facts = facts_of(snapshot)
    return facts is not None and set(facts.arrays) == set(snapshot.arrays)


def build(folder: Path, encoder_id: str) -> None:
    """Write the snapshot of the database's generation, unless it is there.

    Waits for another process that builds. Raises StorageFull or Unavailable; earlier snapshots stay.
    """
    try:
        with _building(folder):
            mark = index_mark()
            if mark.generation and not _is_written(folder, mark):
                _write(folder, encoder_id, mark)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise StorageFull("storage.disk_full") from error
        raise Unavailable("knowledge.index_not_built", reason=error.strerror or type(error).__name__) from error


def _write(folder: Path, encoder_id: str, mark: Mark) -> None:
    began = time.monotonic()
    columns, dense = GatheredColumns(), _GatheredVectors()

    def words() -> Iterator[str]:
        for passage in passages_to_index(encoder_id):
            columns.add(passage)
            if not is_used():
                dense.add(passage)
            yield passage.words

    parts = {"lexical": build_lexical(words()).arrays()}
    made, vectors = columns.columns(), dense.index()
    parts["columns"] = made.arrays()
    if vectors is not None:
        parts["dense"] = vectors.arrays()
    arrays = [f"{part}.{field}" for part, of_part in parts.items() for field in of_part]
    facts = Facts(encoder_id, mark.raised_at, made.size, round(time.monotonic() - began, 3), arrays)
    write_snapshot(folder, mark.generation, parts, asdict(facts))


class _GatheredVectors:
    """Takes passages one by one and rounds their vectors in turn, so that few are held in full precision."""

    def __init__(self) -> None:
        self._parts: list[DenseIndex] = []
        self._rows: list[NDArray[np.float32]] = []
        self._counts: list[int] = []
        self._dim = 0

    def add(self, passage: IndexedPassage) -> None:
        if passage.vectors is not None and passage.dim is not None:
            self._dim = passage.dim
            self._rows.append(unpacked(passage.vectors, passage.dim))
        self._counts.append(len(self._rows[-1]) if passage.vectors is not None else 0)
        if len(self._counts) >= AT_ONCE and self._dim:
            self._round()

    def index(self) -> DenseIndex | None:
        """None where no passage has vectors."""
        if not self._dim:
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
        if found is None or facts is None or not facts.fits(generation, mark) or not is_whole(found):
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
