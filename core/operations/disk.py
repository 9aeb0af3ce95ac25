"""How much of the disk is used for what: by part of the home folder, and by run, counted at most every KEPT_S."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from core.security.policy import Permission, Principal, require
from core.settings.current import get_settings
from core.storage.database import utc_now

KEPT_S = 30.0
# Part to its folders below the home folder; what no part names is `other`.
PARTS: dict[str, tuple[str, ...]] = {
    "database": ("data/workbench.db", "data/workbench.db-wal", "data/workbench.db-shm"),
    "runs": ("data/runs",),
    "checkpoints": ("data/checkpoints",),
    "models": ("models",),
    "datasets": ("data/datasets",),
    "documents": ("data/documents",),
    "domains": ("data/domains",),
    "pictures": ("data/staged_pictures",),
    "indexes": ("data/cache/knowledge_index", "data/cache/fragrance_index"),
    "caches": ("data/cache",),
    "reports": ("data/reports",),
    "logs": ("data/logs",),
    "incoming": ("data/incoming",),
    "backups": ("data/backups",),
}


@dataclass(frozen=True)
class Part:
    """What one kind of file takes. bytes: as the files are long, not as the disk cuts them into blocks."""

    name: str
    bytes: int
    files: int


@dataclass(frozen=True)
class RunFiles:
    """What one run left: its artifacts, and the notebook with its log."""

    run_id: str
    room: str
    artifact_bytes: int
    log_bytes: int
    changed_at: datetime

    @property
    def bytes(self) -> int:
        return self.artifact_bytes + self.log_bytes


@dataclass(frozen=True)
class Usage:
    """free_bytes, total_bytes: of the disk that the home folder lies on. runs: largest first."""

    measured_at: datetime
    free_bytes: int
    total_bytes: int
    parts: tuple[Part, ...]
    runs: tuple[RunFiles, ...]

    @property
    def used_bytes(self) -> int:
        """What the workbench takes."""
        return sum(one.bytes for one in self.parts)


def usage(*, principal: Principal) -> Usage:
    """The figures, at most KEPT_S old. Raises NotAllowed."""
    require(principal, Permission.SYSTEM_READ)
    home = get_settings().home
    with _guard:
        kept = _kept.get(home)
        if kept is None or time.monotonic() - kept[0] > KEPT_S:
            _kept.clear()
            _kept[home] = kept = time.monotonic(), _measured(home)
        return kept[1]


def forget() -> None:
    """Count anew at the next question: something was cleaned up."""
    with _guard:
        _kept.clear()


def free_bytes() -> int:
    """Of the disk that the home folder lies on, now."""
    home = get_settings().home
    home.mkdir(parents=True, exist_ok=True)
    return shutil.disk_usage(home).free


def files_below(place: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Every file at or below a place with its figures; links are not followed, what vanishes meanwhile is left out."""
    try:
        if place.is_symlink() or not place.is_dir():
            yield place, place.lstat()
            return
        with os.scandir(place) as entries:
            names = [entry.path for entry in entries]
    except OSError:
        return
    for name in names:
        yield from files_below(Path(name))


def _measured(home: Path) -> Usage:
    folders = {home / folder: name for name, folders in PARTS.items() for folder in folders}
    sums: dict[str, list[int]] = {name: [0, 0] for name in (*PARTS, "other")}
    runs: dict[str, dict[str, float | str]] = {}
    for top in (home / "data", home / "models"):
        for path, figures in files_below(top):
            place = next((one for one in (path, *path.parents) if one in folders), None)
            name = "other" if place is None else folders[place]
            sums[name][0] += figures.st_size
            sums[name][1] += 1
            below = path.relative_to(top).parts
            if name == "models" and len(below) > 2:
                _add(runs, below[1], below[0], "artifact", figures)
            elif name == "runs" and len(below) > 2:
                _add(runs, below[1], "", "log", figures)
    disk = shutil.disk_usage(home)
    found = [
        RunFiles(
            run_id, str(one["room"]), int(one["artifact"]), int(one["log"]),
            datetime.fromtimestamp(float(one["changed"]), utc_now().tzinfo),
        )
        for run_id, one in runs.items()
    ]  # fmt: skip
    found.sort(key=lambda one: -one.bytes)
    parts = tuple(Part(name, size, count) for name, (size, count) in sums.items())
    return Usage(utc_now(), disk.free, disk.total, parts, tuple(found))


def _add(runs: dict[str, dict[str, float | str]], run_id: str, room: str, what: str, figures: os.stat_result) -> None:
    one = runs.setdefault(run_id, {"room": "", "artifact": 0, "log": 0, "changed": 0.0})
    one["room"] = one["room"] or room
    one[what] = float(one[what]) + figures.st_size
    one["changed"] = max(float(one["changed"]), figures.st_mtime)


_kept: dict[Path, tuple[float, Usage]] = {}
_guard = threading.Lock()
