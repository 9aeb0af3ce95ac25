"""Builds a snapshot of everything that can be found; one process at a time, and a killed one lets go."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from core.errors import Unavailable
from core.knowledge.retrieval.dense import GatheredVectors
from core.knowledge.retrieval.lexical import build_lexical
from core.knowledge.retrieval.snapshots import UNFINISHED, Snapshot, open_snapshot, write_snapshot, written_generations
from core.storage.full_disk import told_when_full
from core.storage.generations import Mark


class Entry(Protocol):
    """What can be found, such as a passage."""

    @property
    def words(self) -> str: ...


Found = TypeVar("Found", bound=Entry)
Taken_contra = TypeVar("Taken_contra", contravariant=True)


class Columns(Protocol):
    def arrays(self) -> dict[str, NDArray[Any]]: ...


class Gathering(Protocol[Taken_contra]):
    """Takes entries one by one and makes columns of them."""

    def add(self, entry: Taken_contra, /) -> None: ...

    def columns(self) -> Columns: ...


@dataclass(frozen=True)
class Facts:
    """What a snapshot says of itself. raised_at: when its generation was. arrays: their names, to know if one is gone.

    encoder_id: whose vectors it holds, "" for none. seconds: that building it took.
    """

    encoder_id: str
    raised_at: str
    seconds: float
    arrays: list[str]

    def fits(self, generation: int, mark: Mark) -> bool:
        """Whether it can have been built of the database that says `mark`."""
        return generation < mark.generation or (generation, self.raised_at) == (mark.generation, mark.raised_at)


def facts_of(snapshot: Snapshot) -> Facts | None:
    """None for a snapshot that is none of ours."""
    told, wanted = snapshot.facts, Facts.__dataclass_fields__
    return Facts(**{name: told[name] for name in wanted}) if set(told) >= set(wanted) else None


def is_whole(snapshot: Snapshot) -> bool:
    """Whether every array that was written can be read."""
    facts = facts_of(snapshot)
    return facts is not None and set(facts.arrays) == set(snapshot.arrays)


def build(
    folder: Path, encoder_id: str, *, mark: Callable[[], Mark], columns: Gathering[Found],
    entries: Iterable[tuple[Found, NDArray[np.float32] | None]],
) -> None:  # fmt: skip
    """Write the snapshot of what the database holds now, unless it is there or there is nothing to hold.

    mark: of the database, looked up before the entries. entries: asked for only if something is to be written; each
    with its vectors, shape (windows, dim), None where it has none. Waits for another process that builds.
    Raises StorageFull or Unavailable; earlier snapshots stay.
    """
    try:
        with told_when_full(), _building(folder):
            now = mark()
            if now.generation and not _is_written(folder, now):
                _write(folder, encoder_id, now, columns, entries)
    except OSError as error:
        raise Unavailable("knowledge.index_not_built", reason=error.strerror or type(error).__name__) from error


def _write(
    folder: Path, encoder_id: str, mark: Mark, columns: Gathering[Found],
    entries: Iterable[tuple[Found, NDArray[np.float32] | None]],
) -> None:  # fmt: skip
    began = time.monotonic()
    vectors = GatheredVectors()

    def words() -> Iterator[str]:
        for entry, rows in entries:
            columns.add(entry)
            vectors.add(rows)
            yield entry.words

    parts = {"lexical": build_lexical(words()).arrays(), "columns": columns.columns().arrays()}
    dense = vectors.index()
    if dense is not None:
        parts["dense"] = dense.arrays()
    arrays = [f"{part}.{field}" for part, of_part in parts.items() for field in of_part]
    facts = Facts(encoder_id, mark.raised_at, round(time.monotonic() - began, 3), arrays)
    write_snapshot(folder, mark.generation, parts, asdict(facts))


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
