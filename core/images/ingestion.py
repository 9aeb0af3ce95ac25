"""A ZIP of class folders, or a folder of them, as pictures by class; what cannot be used is reported, file by file.

Nothing is extracted to disk. The first folder of a path is the class; folders that everything shares are taken off.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import BadInput, NotFound, TooLarge, UploadRejected
from core.images.archives import DEFAULT_LIMITS as ARCHIVE_LIMITS
from core.images.archives import UNSAFE, ArchiveLimits, Entry, folder_entries, open_zip, zip_entries
from core.images.decoding import DEFAULT_LIMITS as PICTURE_LIMITS
from core.images.decoding import DecodedPicture, DecodingLimits, check_format, decode, shown_name
from core.images.names import class_name

SYSTEM_FILES = frozenset({"__macosx", "thumbs.db", "desktop.ini"})  # and whatever begins with a dot
PICTURE_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp")  # a hint at the layout; content decides
MOST_REFUSALS = 1000  # kept with their reasons; all are counted


@dataclass(frozen=True)
class ClassPicture:
    """A file of a class: `file_name` is its path below the class folder, `content` begins like a picture."""

    class_name: str
    file_name: str
    content: bytes


@dataclass(frozen=True)
class Refusal:
    """Why a file was left out; `class_name` is empty where the file has none."""

    class_name: str
    file_name: str
    error: BadInput


@dataclass(frozen=True)
class ClassCount:
    """How many pictures of a class were taken and refused; an empty class has neither."""

    class_name: str
    taken: int
    refused: int


@dataclass(frozen=True)
class IngestionTable:
    """classes: by name. refusals: the first MOST_REFUSALS of `refused`. system_files: what was passed over."""

    classes: tuple[ClassCount, ...]
    refusals: tuple[Refusal, ...]
    refused: int
    system_files: int

    @property
    def empty_classes(self) -> tuple[str, ...]:
        return tuple(one.class_name for one in self.classes if one.taken == 0)


class Ingestion:
    """One ZIP or folder: iterate for the pictures, then ask for the table. Close it, or use it in `with`.

    loose_class: the class of files that lie in no folder; without it they are refused. class_of: the class that a
    folder's name stands for, BadInput where it stands for none. total, done: files to look at, and how many were.
    Raises NotFound, UploadRejected or TooLarge at once when the whole cannot be used.
    """

    def __init__(
        self,
        source: Path,
        *,
        name: str | None = None,
        loose_class: str | None = None,
        class_of: Callable[[str], str] = class_name,
        limits: ArchiveLimits = ARCHIVE_LIMITS,
        picture_limits: DecodingLimits = PICTURE_LIMITS,
    ) -> None:
        self.name = shown_name(name or source.name)
        self.picture_limits = picture_limits
        self._loose_class = loose_class
        self._class_of = class_of
        if not source.exists():
            raise NotFound("images.no_source", name=self.name)
        self._archive = None if source.is_dir() else open_zip(source, self.name, limits)
        if self._archive is None:
            listed = list(folder_entries(source, limits))
        else:
            listed = zip_entries(self._archive, source, self.name, limits)
        self._entries = [entry for entry in listed if not _is_system(entry)]
        self._system_files = _files(listed) - _files(self._entries)
        self._shared = _shared_folders(self._entries)
        self.total = _files(self._entries)
        in_folders = any(len(one.parts) > len(self._shared) + 1 for one in self._entries if one.size is not None)
        if not self.total or (loose_class is None and not in_folders):
            raise UploadRejected("images.no_class_folders", name=self.name)
        self._begin()

    def __enter__(self) -> Ingestion:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        if self._archive is not None:
            self._archive.close()

    def __iter__(self) -> Iterator[ClassPicture]:
        """The pictures in the order they lie in; a file that cannot be read is refused and the next one follows."""
        self._begin()
        for entry in self._entries:
            self.done += entry.size is not None
            picture = self._picture(entry)
            if picture is not None:
                self._taken[picture.class_name] += 1
                yield picture

    def decoded(self, *, target_edge: int | None = None) -> Iterator[tuple[ClassPicture, DecodedPicture]]:
        """The same pictures decoded (see `decode`); one that is damaged is refused."""
        for picture in self:
            try:
                done = decode(
                    picture.content, name=picture.file_name, limits=self.picture_limits, target_edge=target_edge
                )
            except BadInput as error:
                self.refuse(picture, error)
            else:
                yield picture, done

    def newly_refused(self) -> tuple[Refusal, ...]:
        """The files refused since this was asked last, for who tells of each as it comes."""
        new = tuple(self._untold)
        self._untold.clear()
        return new

    def refuse(self, picture: ClassPicture, error: BadInput) -> None:
        """Count a picture that was handed out as refused after all."""
        self._taken[picture.class_name] -= 1
        self._refuse(picture.class_name, picture.file_name, error)

    def table(self) -> IngestionTable:
        """What came of the last pass, so far."""
        classes = sorted({*self._taken, *self._refused} - {""})
        counts = tuple(ClassCount(one, self._taken[one], self._refused[one]) for one in classes)
        return IngestionTable(counts, tuple(self._refusals), self._refused.total(), self._system_files)

    def _begin(self) -> None:
        self.done = 0
        self._taken: Counter[str] = Counter()
        self._refused: Counter[str] = Counter()
        self._refusals: list[Refusal] = []
        self._untold: list[Refusal] = []

    def _picture(self, entry: Entry) -> ClassPicture | None:
        depth = len(self._shared)
        parts = entry.parts[depth:] if entry.parts[:depth] == self._shared else entry.parts
        named, file_name = "", "/".join(parts)
        try:
            _check_place(entry, parts, may_be_loose=self._loose_class is not None)
            if entry.size is None:
                if parts:
                    self._taken[self._class_of(parts[0])] += 0  # a class, even if nothing lies in it
                return None
            if len(parts) == 1 and self._loose_class is not None:
                named = self._loose_class
            else:
                named, file_name = self._class_of(parts[0]), "/".join(parts[1:])
            return ClassPicture(named, file_name, self._content(entry, shown_name(file_name)))
        except BadInput as error:
            self._refuse(named, file_name, error)
            return None

    def _content(self, entry: Entry, name: str) -> bytes:
        if entry.problem:
            raise BadInput(entry.problem, name=name)
        limit = self.picture_limits.max_bytes
        # The size that an archive declares may be wrong; one byte more than the limit tells.
        content = entry.read(limit + 1)
        if len(content) > limit:
            raise TooLarge("images.entry_too_large", name=name, limit_mb=f"{limit / 2**20:g}")
        check_format(content[:512], name)
        return content

    def _refuse(self, named: str, file_name: str, error: BadInput) -> None:
        self._refused[named] += 1
        refusal = Refusal(named, file_name, error)
        self._untold.append(refusal)
        if len(self._refusals) < MOST_REFUSALS:
            self._refusals.append(refusal)


def _check_place(entry: Entry, parts: Sequence[str], *, may_be_loose: bool) -> None:
    name = shown_name("/".join(parts))
    if entry.problem == UNSAFE:
        raise BadInput(UNSAFE, name=name)
    if entry.size is not None and len(parts) < (1 if may_be_loose else 2):
        raise BadInput("images.outside_class", name=name)


def _files(entries: Sequence[Entry]) -> int:
    return sum(entry.size is not None for entry in entries)


def _is_system(entry: Entry) -> bool:
    return any(part.lower() in SYSTEM_FILES or part.startswith(".") for part in entry.parts if part != "..")


def _shared_folders(entries: Sequence[Entry]) -> tuple[str, ...]:
    """The folders in which all pictures lie, as long as a class folder remains below them."""
    files = [entry.parts for entry in entries if entry.size is not None and entry.problem is None]
    # A readme beside the class folders, or beside the folder that holds them, says nothing of where classes are.
    pictures = [parts for parts in files if parts[-1].lower().endswith(PICTURE_SUFFIXES)] or files
    folders = [parts[:-1] for parts in pictures]
    folders_and_empty = folders + [entry.parts for entry in entries if entry.size is None and entry.problem is None]
    shared: list[str] = []
    while folders and all(len(parts) > len(shared) + 1 for parts in folders):
        firsts = {parts[len(shared)] for parts in folders_and_empty if len(parts) > len(shared)}
        if len(firsts) > 1:
            break
        shared.append(firsts.pop())
    return tuple(shared)
