"""Search indexes in files that every process maps into memory: whole or not at all, one folder for each generation.

Nothing here is the only copy: a snapshot is built from the database and may be deleted.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

KEPT = 2  # the newest, and the one before it, which others may be opening right now
FACTS = "facts.json"
UNFINISHED = ".writing-"  # begins the name of a folder that is being written


@dataclass(frozen=True, eq=False)
class Snapshot:
    """arrays: by name, memory-mapped and read-only. facts: what was told when it was written, such as encoder ids."""

    generation: int
    arrays: Mapping[str, NDArray[Any]]
    facts: Mapping[str, Any]

    def part(self, name: str) -> dict[str, NDArray[Any]]:
        """The arrays of one part, by field: `LexicalIndex(**snapshot.part("lexical"))`."""
        prefix = f"{name}."
        return {key.removeprefix(prefix): array for key, array in self.arrays.items() if key.startswith(prefix)}


def write_snapshot(
    folder: Path, generation: int, parts: Mapping[str, Mapping[str, NDArray[Any]]], facts: Mapping[str, Any]
) -> None:  # fmt: skip
    """Write the indexes of a generation; nothing happens where another process has already written it.

    parts: arrays by part and field. Older snapshots but the last one are deleted; who reads one keeps it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / str(generation)
    with tempfile.TemporaryDirectory(prefix=UNFINISHED, dir=folder) as beside:
        new = Path(beside) / place.name
        new.mkdir()
        for part, arrays in parts.items():
            for field, array in arrays.items():
                np.save(new / f"{part}.{field}.npy", array, allow_pickle=False)
        (new / FACTS).write_text(json.dumps(dict(facts), ensure_ascii=False), "utf-8")
        try:
            new.replace(place)
        except OSError:
            if not (place / FACTS).exists():
                raise
    for old in written_generations(folder)[:-KEPT]:
        shutil.rmtree(folder / str(old), ignore_errors=True)


def written_generations(folder: Path) -> list[int]:
    """Those that can be opened, oldest first."""
    if not folder.is_dir():
        return []
    return sorted(int(one.name) for one in folder.iterdir() if one.name.isdigit())


class Snapshots:
    """Opens a folder's newest snapshot, and the next one as soon as it is written; one per process and folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._opened: Snapshot | None = None
        self._guard = threading.Lock()

    def newest(self) -> Snapshot | None:
        """None where nothing was written. Compare its generation with the database's to know whether it is behind."""
        generations = written_generations(self.folder)
        with self._guard:
            if not generations:
                self._opened = None
            elif self._opened is None or self._opened.generation != generations[-1]:
                self._opened = open_snapshot(self.folder, generations[-1]) or self._opened
            return self._opened


def open_snapshot(folder: Path, generation: int) -> Snapshot | None:
    """Arrays that cannot be read are left out; None where the facts cannot, or it was deleted meanwhile."""
    place = folder / str(generation)
    try:
        facts = json.loads((place / FACTS).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(facts, dict):
        return None
    mapped = {path.stem: _mapped(path) for path in sorted(place.glob("*.npy"))}
    return Snapshot(generation, {name: array for name, array in mapped.items() if array is not None}, facts)


def _mapped(path: Path) -> NDArray[Any] | None:
    """A plain array over the mapped file: numba compiles anew for the subclass that NumPy maps with."""
    try:
        mapped: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return mapped.view(np.ndarray)
