"""The folder through which several processes of one machine add up to one answer at /metrics.

prometheus_client keeps a process's numbers in memory-mapped files there. This sees to it that a full disk cannot kill
a process through them, and that files of processes that ended are added up and removed.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

ENDED = 0  # stands in a file's name for all processes that ended; none has this number
MIB = 1024 * 1024
SIZES = {"counter": MIB // 2, "histogram": 2 * MIB, "gauge_livesum": MIB // 16}
SHORTEST_LIFE_S = 1.0  # by how much the clocks of files and processes may differ


def folder() -> Path:
    """Of this machine: a process's number says nothing on another."""
    from core.settings.current import get_settings

    settings = get_settings()
    place = Path(settings.metrics_dir) if settings.metrics_dir else settings.data_dir / "metrics"
    return place / socket.gethostname()


def prepare(place: Path) -> None:
    """Make this process's files with all their space: a memory-mapped file that cannot grow ends its process.

    Raises OSError where there is no room or no right to write.
    """
    place.mkdir(parents=True, exist_ok=True)
    for kind, size in SIZES.items():
        wanted = place / f"{kind}_{os.getpid()}.db"
        if wanted.exists():  # of an earlier process with our number: its counts are kept
            continue
        begun = wanted.with_suffix(".begun")
        try:
            begun.write_bytes(bytes(size))
            begun.rename(wanted)
        finally:
            begun.unlink(missing_ok=True)


def forget(place: Path) -> None:
    """Begin at zero: remove what processes left that no longer live."""
    if not place.is_dir():
        return
    with locked(place, is_alone=True):
        for file in _files(place):
            if not _is_alive(file):
                file.unlink(missing_ok=True)


def settle(place: Path) -> None:
    """Add the counts of processes that ended to those of earlier ones, and let go of their gauges."""
    if all(_is_alive(file) or _number(file) == ENDED for file in _files(place)):
        return
    with locked(place, is_alone=True):
        left = [file for file in _files(place) if not _is_alive(file)]
        for kind in ("counter", "histogram"):
            _add_up(place, kind, [file for file in left if file.name.startswith(f"{kind}_")])
        for file in left:
            if file.name.startswith("gauge_"):
                file.unlink(missing_ok=True)


@contextmanager
def locked(place: Path, *, is_alone: bool) -> Iterator[None]:
    """Nobody removes files while somebody reads them."""
    with (place / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX if is_alone else fcntl.LOCK_SH)
        yield


def _add_up(place: Path, kind: str, files: list[Path]) -> None:
    from prometheus_client.mmap_dict import MmapedDict

    if not [file for file in files if _number(file) != ENDED]:
        return
    sums: dict[str, float] = defaultdict(float)
    for file in files:
        for key, value, _, _ in MmapedDict.read_all_values_from_file(str(file)):
            sums[_without_padding(key)] += value
    begun = place / f"{kind}_{ENDED}.begun"
    begun.unlink(missing_ok=True)
    written = MmapedDict(str(begun))
    for key, value in sums.items():
        written.write_value(key, value, 0.0)
    written.close()
    begun.rename(place / f"{kind}_{ENDED}.db")
    for file in files:
        if _number(file) != ENDED:
            file.unlink(missing_ok=True)


def _without_padding(key: str) -> str:
    return json.dumps(json.loads(key), sort_keys=True)


def _files(place: Path) -> Iterable[Path]:
    return sorted(place.glob("*.db"))


def _number(file: Path) -> int:
    return int(file.stem.rpartition("_")[2])


def _is_alive(file: Path) -> bool:
    """Whether the process that wrote the file lives; a younger one with its number is another."""
    import psutil

    number = _number(file)
    if number == os.getpid():
        return True
    if number == ENDED:
        return False
    try:
        return bool(psutil.Process(number).create_time() <= file.stat().st_mtime + SHORTEST_LIFE_S)
    except psutil.NoSuchProcess:
        return False
    except (psutil.AccessDenied, FileNotFoundError):
        return True
