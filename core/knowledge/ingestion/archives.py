"""The files in a ZIP, nothing extracted: names as people wrote them, contents on demand, bombs refused."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from core.archives import BROKEN, Problem, lists_more_than, problem_of, written_name
from core.errors import BadInput, TooLarge

# What systems and programs leave beside people's files.
LITTER = ("__MACOSX", "Thumbs.db", "desktop.ini")


@dataclass(frozen=True)
class ArchiveLimits:
    """max_ratio: unpacked over packed, counted from `free_bytes` on."""

    max_files: int = 10_000
    max_bytes: int = 2 * 2**30
    max_ratio: float = 200.0
    free_bytes: int = 2 * 2**20


DEFAULT_LIMITS = ArchiveLimits()


@dataclass(frozen=True)
class PackedFile:
    """path: as it was written, NFC, with slashes. size: unpacked [bytes]. problem: why it may not be read."""

    path: str
    size: int
    read: Callable[[], bytes]
    problem: BadInput | None = None


def packed_files(content: bytes, name: str, limits: ArchiveLimits = DEFAULT_LIMITS) -> Iterator[PackedFile]:
    """Every file in a ZIP, by path. Raises BadInput when it is none, TooLarge when it would unpack beyond `limits`."""
    try:
        if lists_more_than(io.BytesIO(content), limits.max_files):
            raise TooLarge("knowledge.too_many_files", name=name, count=limits.max_files + 1, limit=limits.max_files)
        archive = zipfile.ZipFile(io.BytesIO(content))
        entries = [entry for entry in archive.infolist() if not entry.filename.endswith("/")]
    except BROKEN as error:
        raise BadInput("knowledge.damaged", name=name, format="ZIP") from error
    # zipfile reads no file beyond the size stated in the table of contents, so the sum can be trusted.
    total = sum(entry.file_size for entry in entries)
    if total > min(limits.max_bytes, limits.max_ratio * len(content) + limits.free_bytes):
        raise TooLarge("knowledge.unpacks_too_far", name=name, limit_mb=limits.max_bytes >> 20)
    if len(entries) > limits.max_files:
        raise TooLarge("knowledge.too_many_files", name=name, count=len(entries), limit=limits.max_files)
    found = [_packed(archive, entry) for entry in entries]
    yield from (one for one in sorted(found, key=lambda one: one.path) if not is_litter(one.path))


def is_litter(path: str) -> bool:
    """Whether it is a file that a program left there: hidden, a lock of an office program, a system's own."""
    parts = PurePosixPath(path).parts
    return any(part.startswith(".") or part in LITTER for part in parts if part != "..") or parts[-1].startswith("~$")


def _packed(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> PackedFile:
    parts = PurePosixPath(written_name(entry)).parts
    shown = parts[-1] if parts else "-"

    def read() -> bytes:
        try:
            return archive.read(entry)
        except BROKEN as error:
            raise BadInput("knowledge.damaged", name=shown, format="ZIP") from error

    return PackedFile("/".join(parts), entry.file_size, read, _refusal(problem_of(entry), shown))


def _refusal(problem: Problem | None, name: str) -> BadInput | None:
    if problem == "unsafe":
        return BadInput("knowledge.unsafe_path", name=name)
    if problem == "locked":
        return BadInput("knowledge.encrypted", name=name)
    return BadInput("knowledge.damaged", name=name, format="ZIP") if problem == "packing" else None
