"""Where documents come from: files, ZIP, folders, a web page, and the workbench's own results.

A source only lists what it has; `plans` compares that with what a collection holds. Databases: `database_source`.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Literal, Protocol
from urllib.parse import unquote, urlsplit

from core.errors import BadInput, NotFound, TooLarge
from core.knowledge.ingestion.archives import is_litter, packed_files
from core.knowledge.parsing.limits import DEFAULT_LIMITS
from core.security.outbound.fetching import DEFAULT_REACH, Reach, fetch
from core.settings.current import get_settings

Origin = Literal["file", "web", "database", "workbench", "records"]
LONGEST_KEY = 500
MOST_FILES = 10_000  # in one folder
PAGES = (
    "text/html", "application/xhtml+xml", "text/plain", "text/markdown", "text/csv", "application/pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "application/vnd.ms-excel",
)  # fmt: skip
ZIP_START = b"PK\x03\x04"


@dataclass(frozen=True)
class SourceItem:
    """One document-to-be. key: the same for the same thing next time. name: with the suffix of a file.

    read: its content as bytes; it raises BadInput for what cannot be had. doc_type, metadata: of typed documents.
    """

    key: str
    name: str
    origin: Origin
    read: Callable[[], bytes]
    title: str = ""
    doc_type: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)


class Source(Protocol):
    """name: as it is shown. is_whole: what it no longer has is to be removed, as far as `covers` a key says."""

    @property
    def name(self) -> str: ...

    @property
    def is_whole(self) -> bool: ...

    def items(self) -> Iterator[SourceItem]: ...

    def covers(self, origin: str, key: str) -> bool: ...


@dataclass(frozen=True)
class Listed:
    """A source whose items are known. prefix: of the keys of everything it covers."""

    name: str
    listed: Callable[[], Iterable[SourceItem]]
    is_whole: bool = False
    origin: Origin = "file"
    prefix: str = ""

    def items(self) -> Iterator[SourceItem]:
        yield from self.listed()

    def covers(self, origin: str, key: str) -> bool:
        return origin == self.origin and key.startswith(self.prefix)


def files(contents: Mapping[str, bytes]) -> Listed:
    """Uploaded files by name; a ZIP among them stands for the files in it, unless it is a DOCX or XLSX."""

    def listed() -> Iterator[SourceItem]:
        for name, content in contents.items():
            if content.startswith(ZIP_START) and PurePosixPath(name).suffix.lower() in (".zip", ""):
                yield from archive(content, name=name).items()
            else:
                yield _file(_nfc(name), constant(content))

    return Listed(", ".join(contents)[:200], listed)


def archive(content: bytes, *, name: str, is_whole: bool = False) -> Listed:
    """A ZIP; the key of a file is its path in it. is_whole: files of earlier archives that it lacks are removed."""

    def listed() -> Iterator[SourceItem]:
        for one in packed_files(content, name):
            # Looked at before it is unpacked: one file may be as large as a whole archive may become.
            problem = one.problem or too_large(PurePosixPath(one.path).name, one.size)
            yield _file(one.path, _refusing(problem) if problem is not None else one.read)

    return Listed(name, listed, is_whole)


def folder(path: Path, *, name: str) -> Listed:
    """Every file below a folder; links are left out. The collection follows it: what is gone there is removed.

    Raises NotFound when there is no such folder: a disk that is not there must not empty a collection.
    """
    prefix = f"{_nfc(name)}/"

    def listed() -> Iterator[SourceItem]:
        if not path.is_dir():
            raise NotFound("knowledge.no_such_folder", name=name, known="-")
        count = 0
        for base, folders, names in os.walk(path, onerror=_raise):
            folders.sort()
            for one in sorted(names):
                place = Path(base) / one
                inside = place.relative_to(path).as_posix()
                if place.is_symlink() or not place.is_file() or is_litter(inside):
                    continue
                count += 1
                if count > MOST_FILES:
                    raise TooLarge("knowledge.too_many_files", name=name, count=count, limit=MOST_FILES)
                yield _file(prefix + _nfc(inside), _reading(place))

    return Listed(name, listed, is_whole=True, prefix=prefix)


def named_folder(name: str) -> Listed:
    """The folder that the settings call `name`; no other folder of the server can be named. Raises NotFound."""
    known = dict(pair.split("=", 1) for pair in get_settings().knowledge_folders)
    if name not in known:
        raise NotFound("knowledge.no_such_folder", name=name[:80], known=", ".join(known) or "-")
    return folder(Path(known[name]).expanduser(), name=name)


def web_page(url: str, *, reach: Reach = DEFAULT_REACH) -> Listed:
    """One page of the public web, fetched when the plan is made."""
    parts = urlsplit(url.strip())
    key = parts._replace(fragment="", scheme=parts.scheme.lower(), netloc=parts.netloc.lower()).geturl()
    last = unquote(PurePosixPath(parts.path).name) or parts.hostname or "-"

    def read() -> bytes:
        return fetch(key, max_bytes=DEFAULT_LIMITS.max_bytes, accept=PAGES, reach=reach).content

    def listed() -> Iterator[SourceItem]:
        if len(key) > LONGEST_KEY:
            raise TooLarge("knowledge.long_key", name=last[:80], limit=LONGEST_KEY)
        yield SourceItem(key, last, "web", read, metadata={"url": key})

    return Listed(key[:200], listed, origin="web")


@dataclass(frozen=True)
class Finding:
    """One result of the workbench in words. markdown: its text; metadata: at least the run it comes from."""

    key: str
    title: str
    markdown: str
    metadata: Mapping[str, Any]


class Findings(Protocol):
    """What a domain tells about its published results; whoever knows the domains hands these in."""

    @property
    def name(self) -> str: ...

    def findings(self, language: str) -> Iterable[Finding]: ...


def workbench(results: Findings, *, language: str) -> Listed:
    """The published results of one domain; what is no longer published goes with the next plan."""
    prefix = f"{results.name}/{language}/"

    def listed() -> Iterator[SourceItem]:
        for one in results.findings(language):
            read = constant(one.markdown.encode())
            yield SourceItem(prefix + one.key, f"{one.key}.md", "workbench", read, one.title, metadata=one.metadata)

    return Listed(results.name, listed, is_whole=True, origin="workbench", prefix=prefix)


def too_large(name: str, size: int) -> TooLarge | None:
    """What to say of a document of `size` bytes that is over the limit; None for one that is not."""
    limit = DEFAULT_LIMITS.max_bytes
    if size <= limit:
        return None
    return TooLarge("knowledge.too_large", name=name, size_mb=f"{size / 2**20:.1f}", limit_mb=f"{limit / 2**20:.1f}")


def _file(path: str, read: Callable[[], bytes]) -> SourceItem:
    name = PurePosixPath(path).name or "-"
    if len(path) > LONGEST_KEY:
        read = _refusing(TooLarge("knowledge.long_key", name=name[:80], limit=LONGEST_KEY))
    return SourceItem(path[:LONGEST_KEY], name, "file", read)


def _reading(path: Path) -> Callable[[], bytes]:
    def read() -> bytes:
        try:
            problem = too_large(path.name, path.stat().st_size)
            if problem is None:
                return path.read_bytes()
        except OSError as error:
            raise BadInput("knowledge.unreadable", name=path.name) from error
        raise problem

    return read


def constant(content: bytes) -> Callable[[], bytes]:
    """What is at hand, as a source reads it."""
    return lambda: content


def _refusing(problem: BadInput) -> Callable[[], bytes]:
    def read() -> bytes:
        raise problem

    return read


def _raise(error: OSError) -> None:
    raise BadInput("knowledge.unreadable", name=Path(str(error.filename)).name) from error


def _nfc(name: str) -> str:
    return unicodedata.normalize("NFC", name.replace("\\", "/"))
