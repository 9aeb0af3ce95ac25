"""What lies in a ZIP or a folder, nothing extracted: names as people wrote them, contents on demand."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from core.archives import BROKEN, Problem, lists_more_than, problem_of, written_name
from core.errors import BadInput, TooLarge, UploadRejected
from core.images.decoding import shown_name
from core.images.names import nfc

UNSAFE = "images.unsafe_path"
PROBLEMS: dict[Problem, str] = {"unsafe": UNSAFE, "locked": "images.entry_locked", "packing": "images.entry_packing"}


@dataclass(frozen=True)
class ArchiveLimits:
    """max_files counts all entries. max_bytes: of all files unpacked. max_ratio: unpacked over packed."""

    max_files: int = 20_000
    max_bytes: int = 2 * 2**30
    max_ratio: float = 100.0


@dataclass(frozen=True)
class Entry:
    """parts: the path, NFC, one name each; a folder when `size` is None. problem: why it may not be read.

    read(limit) gives at most that many bytes; it raises BadInput for content that is damaged.
    """

    parts: tuple[str, ...]
    size: int | None
    read: Callable[[int], bytes]
    problem: str | None = None


DEFAULT_LIMITS = ArchiveLimits()


def folder_entries(folder: Path, limits: ArchiveLimits = DEFAULT_LIMITS) -> Iterator[Entry]:
    """Everything below `folder`, in the order of names. Links and pipes are listed with a problem.

    Raises TooLarge when there are more files than `limits` allow.
    """
    count = 0
    for base, folders, files in os.walk(folder):
        folders.sort()
        here = Path(base)
        for name in (*folders, *sorted(files)):
            count += 1
            if count > limits.max_files:
                raise TooLarge("images.too_many_files", name=shown_name(folder.name), limit=f"{limits.max_files:,}")
            yield _found(folder, here / name)


def zip_entries(archive: zipfile.ZipFile, path: Path, name: str, limits: ArchiveLimits) -> list[Entry]:
    """Everything in an open ZIP, in its own order. Raises TooLarge for what would unpack beyond `limits`."""
    listed = archive.infolist()
    if len(listed) > limits.max_files:
        raise TooLarge("images.too_many_files", name=name, limit=f"{limits.max_files:,}")
    total = sum(info.file_size for info in listed)
    if total > limits.max_bytes or total > limits.max_ratio * path.stat().st_size + 2**20:
        limit_mb = f"{limits.max_bytes / 2**20:,.0f}"
        raise TooLarge("images.unpacks_too_large", name=name, limit_mb=limit_mb, ratio=f"{limits.max_ratio:g}")
    return [_packed(archive, info) for info in listed]


def open_zip(path: Path, name: str, limits: ArchiveLimits = DEFAULT_LIMITS) -> zipfile.ZipFile:
    """Raises UploadRejected when it is no ZIP, TooLarge when its table of contents alone would fill the memory."""
    try:
        with path.open("rb") as source:
            if lists_more_than(source, limits.max_files):
                raise TooLarge("images.too_many_files", name=name, limit=f"{limits.max_files:,}")
        return zipfile.ZipFile(path)
    except BROKEN as error:
        raise UploadRejected("images.not_a_zip", name=name) from error


def _found(folder: Path, path: Path) -> Entry:
    parts = tuple(nfc(part) for part in path.relative_to(folder).parts)

    def read(limit: int) -> bytes:
        try:
            with path.open("rb") as source:
                return source.read(limit)
        except OSError as error:
            raise BadInput("images.entry_damaged", name=shown_name(path.name)) from error

    if path.is_symlink() or not (path.is_dir() or path.is_file()):
        return Entry(parts, 0, read, UNSAFE)
    return Entry(parts, None if path.is_dir() else path.stat().st_size, read)


def _packed(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Entry:
    name = written_name(info)
    parts = tuple(part for part in name.split("/") if part not in ("", "."))

    def read(limit: int) -> bytes:
        try:
            with archive.open(info) as source:
                return source.read(limit)
        except BROKEN as error:
            raise BadInput("images.entry_damaged", name=shown_name(name)) from error

    problem = problem_of(info)
    size = None if name.endswith("/") else info.file_size
    return Entry(parts, size, read, PROBLEMS[problem] if problem is not None else None)
