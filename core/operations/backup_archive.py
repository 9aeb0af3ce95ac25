"""The file of a backup: a ZIP64 with a manifest of what is in it, and every SHA-256; how it is read and proven."""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from core.errors import BadInput, NotFound
from core.operations.archived_rows import TYPES, TableShape
from core.operations.home_files import TOPS

FORMAT = "analyst-workbench-backup"
FORMAT_VERSION = 1
MANIFEST = "manifest.json"
ROWS, FILES = "rows", "files"
LARGEST_MANIFEST = 512 * 1024 * 1024
BLOCK = 1024 * 1024
_SAFE_PATH = re.compile(rf"(?:{'|'.join(TOPS)})/[^\x00\\]+")
_SAFE_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


@dataclass(frozen=True)
class Member:
    """One file within the archive. name: as it lies in the archive; bytes: unpacked."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class TableMember:
    """The rows of one table."""

    shape: TableShape
    rows: int
    member: Member


@dataclass(frozen=True)
class Manifest:
    """What a backup holds. revision: of the schema. left_out: what is not in it, and why. missing: files that went
    while it was made. has_key: whether data/token.key is in it, which seals the audit log and signs tokens.
    """

    made_at: datetime
    product: str
    revision: str
    database: str
    tables: tuple[TableMember, ...]
    files: tuple[Member, ...]
    left_out: dict[str, str]
    missing: tuple[str, ...] = ()
    has_key: bool = False

    @property
    def rows(self) -> int:
        return sum(one.rows for one in self.tables)

    @property
    def bytes(self) -> int:
        """Of all that is in it, unpacked."""
        return sum(one.bytes for one in self.files) + sum(one.member.bytes for one in self.tables)


@dataclass
class Measured:
    """A stream that is measured while it passes."""

    size: int = 0
    hash: Any = field(default_factory=hashlib.sha256)

    def take(self, block: bytes) -> bytes:
        self.size += len(block)
        self.hash.update(block)
        return block

    def member(self, name: str) -> Member:
        return Member(name, self.size, self.hash.hexdigest())


def written(manifest: Manifest) -> bytes:
    """The manifest as it lies in the archive."""
    plain = {"format": FORMAT, "format_version": FORMAT_VERSION, **asdict(manifest)}
    return json.dumps({**plain, "made_at": manifest.made_at.isoformat()}, ensure_ascii=False, indent=1).encode("utf-8")


@contextmanager
def opened(path: Path) -> Iterator[tuple[zipfile.ZipFile, Manifest]]:
    """The archive and its manifest; nothing else is looked at. Raises NotFound, and BadInput for any other file."""
    if not path.is_file():
        raise NotFound("alerts.no_such_backup", name=path.name)
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive, _manifest_in(archive, path.name)
    except zipfile.BadZipFile as error:
        raise BadInput("alerts.no_backup", name=path.name) from error


def verify(archive: zipfile.ZipFile, manifest: Manifest, name: str) -> None:
    """Read everything once and compare it with the manifest. Raises BadInput naming the first that does not fit."""
    listed = {one.name: one for one in (*manifest.files, *(table.member for table in manifest.tables))}
    names = set(archive.namelist()) - {MANIFEST}
    if names != set(listed) or len(archive.namelist()) != len(listed) + 1:
        odd = min(names ^ set(listed), default=MANIFEST)
        raise BadInput("alerts.backup_damaged", name=name, part=odd)
    for one in listed.values():
        measured = Measured()
        try:
            with archive.open(one.name) as source:
                for block in blocks(source):
                    measured.take(block)
                    if measured.size > one.bytes:
                        break
        except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError) as error:
            raise BadInput("alerts.backup_damaged", name=name, part=one.name) from error
        if measured.member(one.name) != one:
            raise BadInput("alerts.backup_damaged", name=name, part=one.name)


def blocks(source: IO[bytes]) -> Iterator[bytes]:
    while block := source.read(BLOCK):
        yield block


def _manifest_in(archive: zipfile.ZipFile, name: str) -> Manifest:
    try:
        if archive.getinfo(MANIFEST).file_size > LARGEST_MANIFEST:
            raise BadInput("alerts.no_backup", name=name)
        read = json.loads(archive.read(MANIFEST))
        if read.pop("format") != FORMAT:
            raise BadInput("alerts.no_backup", name=name)
        if (written_as := read.pop("format_version")) != FORMAT_VERSION:
            raise BadInput("alerts.backup_format", name=name, version=written_as)
        tables = tuple(_table(one) for one in read.pop("tables"))
        files = tuple(Member(**one) for one in read.pop("files"))
        made_at = datetime.fromisoformat(read.pop("made_at"))
        missing = tuple(read.pop("missing"))
        manifest = Manifest(made_at=made_at, tables=tables, files=files, missing=missing, **read)
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise BadInput("alerts.no_backup", name=name) from error
    _refuse_odd_names(manifest, name)
    return manifest


def _table(read: dict[str, Any]) -> TableMember:
    columns = tuple((str(column), str(kind)) for column, kind in read["shape"]["columns"])
    return TableMember(TableShape(read["shape"]["name"], columns), int(read["rows"]), Member(**read["member"]))


def _refuse_odd_names(manifest: Manifest, name: str) -> None:
    """A path that leads elsewhere, or a name that is no name, is not of our making."""
    for file in manifest.files:
        path = file.name.removeprefix(f"{FILES}/")
        is_plain = _SAFE_PATH.fullmatch(path) and not {"", ".", ".."} & set(path.split("/"))
        if not file.name.startswith(f"{FILES}/") or not is_plain:
            raise BadInput("alerts.backup_damaged", name=name, part=file.name)
    for table in manifest.tables:
        names = (table.shape.name, *(column for column, _ in table.shape.columns))
        is_known = all(kind in TYPES for _, kind in table.shape.columns)
        if not is_known or not all(_SAFE_NAME.fullmatch(one) for one in names):
            raise BadInput("alerts.backup_damaged", name=name, part=table.member.name)
