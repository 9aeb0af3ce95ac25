"""`workbench backup`: all rows and all files that belong to them, in one file that appears whole or not at all.

Rows are read in one view of one moment. A file that is named was written before the row that names it, so files
are collected after the rows. data/token.key goes along, because without it nobody could verify the audit log on
another machine; the archive is therefore readable by its owner alone.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import sqlite3
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata as packages
from pathlib import Path

from sqlalchemy import Connection

from core.errors import Conflict, StorageFull, Unavailable, WorkbenchError
from core.operations import disk, home_files
from core.operations.archived_rows import lines_of, shape_of
from core.operations.backup_archive import (
    FILES,
    MANIFEST,
    ROWS,
    Manifest,
    Measured,
    Member,
    TableMember,
    blocks,
    opened,
)
from core.operations.backup_archive import written as as_written
from core.security.policy import Permission, Principal, require
from core.settings.current import get_settings
from core.storage.all_tables import metadata
from core.storage.audit import note_now
from core.storage.database import snapshot, utc_now
from core.storage.full_disk import is_full
from core.storage.migrations import HEAD, is_current
from core.telemetry.logs import get_logger

PRODUCT = "analyst-workbench"
UNFINISHED, LOCK = ".unfinished-", ".backup.lock"
_NAME = re.compile(r"workbench-(\d{8}T\d{6}\d{3}Z)\.zip")
STAMP = "%Y%m%dT%H%M%S"
PACKED = (".parquet", ".npz", ".png", ".jpg", ".jpeg", ".webp", ".pdf", ".zip", ".xlsx", ".docx", ".pptx", ".gz")

log = get_logger("backup")


@dataclass(frozen=True)
class Backup:
    """A finished backup. manifest: None where the file cannot be read as one, `problem` then says why."""

    path: Path
    made_at: datetime
    bytes: int
    manifest: Manifest | None
    problem: WorkbenchError | None = None

    @property
    def name(self) -> str:
        return self.path.name


def back_up(folder: Path | None = None, *, principal: Principal) -> Backup:
    """Write a backup into a folder, by default that of the settings, where only WORKBENCH_KEEP_BACKUPS stay. Audited.

    Raises NotAllowed, Conflict while another one is being made there, Unavailable for a database that is not up to
    date, StorageFull; then nothing is left behind.
    """
    require(principal, Permission.BACKUPS_MANAGE)
    if not is_current():
        raise Unavailable("storage.not_migrated")
    place = backup_folder() if folder is None else folder.expanduser().resolve()
    try:
        place.mkdir(parents=True, exist_ok=True)
        with _alone_in(place):
            path, manifest = _written(place)
            if folder is None:
                _prune(place)
    except (OSError, sqlite3.OperationalError) as error:
        if is_full(error) or "is full" in str(error):
            raise StorageFull("alerts.backup_no_room", folder=place) from error
        raise Unavailable("alerts.backup_not_written", folder=place, reason=type(error).__name__) from error
    disk.forget()
    made = Backup(path, manifest.made_at, path.stat().st_size, manifest)
    note_now(principal, "backup.made", path.name, bytes=made.bytes, rows=manifest.rows, files=len(manifest.files))
    log.info("backup_made", name=path.name, bytes=made.bytes, rows=manifest.rows, files=len(manifest.files))
    return made


def list_backups(folder: Path | None = None, *, principal: Principal) -> tuple[Backup, ...]:
    """The backups in a folder, newest first; one that cannot be read is listed with its problem. Raises NotAllowed."""
    require(principal, Permission.BACKUPS_MANAGE)
    found = []
    for path, made_at in _named_in(backup_folder() if folder is None else folder):
        try:
            with opened(path) as (_, manifest):
                found.append(Backup(path, manifest.made_at, path.stat().st_size, manifest))
        except WorkbenchError as error:
            found.append(Backup(path, made_at, path.stat().st_size, None, error))
    return tuple(found)


def newest_backup_at() -> datetime | None:
    """When the newest backup in the folder of the settings was made, by its name; None before any."""
    return next((made_at for _, made_at in _named_in(backup_folder())), None)


def being_written() -> int | None:
    """Bytes so far of the backup that some process is writing into the folder of the settings; None where none is."""
    folder = backup_folder()
    sizes = [figures.st_size for path in folder.glob(f"{UNFINISHED}*") for _, figures in disk.files_below(path)]
    if not sizes:
        return None
    try:
        with (folder / LOCK).open() as lock:  # a killed one left its file, but holds no lock
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return max(sizes)
    except FileNotFoundError:
        pass
    return None


def backup_folder() -> Path:
    """Where backups go."""
    settings = get_settings()
    return Path(settings.backup_dir).expanduser().resolve() if settings.backup_dir else settings.data_dir / "backups"


def _named_in(folder: Path) -> Iterator[tuple[Path, datetime]]:
    for path in sorted(folder.glob("workbench-*.zip"), reverse=True):
        if stamp := _NAME.fullmatch(path.name):
            made_at = datetime.strptime(stamp[1][:15], STAMP).replace(tzinfo=UTC)
            yield path, made_at


def _prune(folder: Path) -> None:
    for path, _ in list(_named_in(folder))[get_settings().keep_backups :]:
        path.unlink(missing_ok=True)
        log.info("backup_pruned", name=path.name)


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """One backup at a time in a folder; what a killed one left goes."""
    with (folder / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Conflict("alerts.backup_running") from error
        for path in folder.glob(f"{UNFINISHED}*"):
            path.unlink(missing_ok=True)
        yield


def _written(folder: Path) -> tuple[Path, Manifest]:
    now = utc_now()
    unfinished = folder / f"{UNFINISHED}{os.getpid()}"
    try:
        handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, allowZip64=True, compresslevel=1) as archive:
                manifest = _filled(archive, now)
            file.flush()
            os.fsync(file.fileno())
        while (path := folder / f"workbench-{now:{STAMP}}{now.microsecond // 1000:03d}Z.zip").exists():
            now = utc_now()
        unfinished.rename(path)
        _sync_folder(folder)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    return path, manifest


def _filled(archive: zipfile.ZipFile, now: datetime) -> Manifest:
    with snapshot() as connection:
        tables = tuple(_add_table(archive, connection, name) for name in sorted(metadata.tables))
        paths = list(home_files.belonging(connection))
        kind = connection.dialect.name
    home, missing, files = get_settings().home, [], []
    for path in paths:
        member = _add_file(archive, path, path.relative_to(home).as_posix())
        if member is None:
            missing.append(path.relative_to(home).as_posix())
        else:
            files.append(member)
    if (history := home / home_files.MLFLOW).is_file():
        files.append(_add_sqlite(archive, history, home_files.MLFLOW))
    manifest = Manifest(
        made_at=now, product=f"{PRODUCT} {packages.version(PRODUCT)}", revision=HEAD, database=kind, tables=tables,
        files=tuple(files), left_out=home_files.LEFT_OUT, missing=tuple(missing),
        has_key=any(one.name == f"{FILES}/{home_files.KEY}" for one in files),
    )  # fmt: skip
    archive.writestr(MANIFEST, as_written(manifest))
    return manifest


def _add_table(archive: zipfile.ZipFile, connection: Connection, name: str) -> TableMember:
    table, measured, rows = metadata.tables[name], Measured(), 0
    member = f"{ROWS}/{name}.jsonl"
    with archive.open(member, "w", force_zip64=True) as out:
        for line in lines_of(connection, table):
            out.write(measured.take(line))
            rows += 1
    return TableMember(shape_of(table), rows, measured.member(member))


def _add_file(archive: zipfile.ZipFile, path: Path, name: str) -> Member | None:
    """None for a file that went meanwhile."""
    measured = Measured()
    info = zipfile.ZipInfo(f"{FILES}/{name}", date_time=(1980, 1, 1, 0, 0, 0))
    info.external_attr = 0o600 << 16
    info.compress_type = zipfile.ZIP_STORED if path.suffix in PACKED else zipfile.ZIP_DEFLATED
    try:
        source = path.open("rb")
    except FileNotFoundError:
        return None
    with source, archive.open(info, "w", force_zip64=True) as out:
        for block in blocks(source):
            out.write(measured.take(block))
    return measured.member(info.filename)


def _add_sqlite(archive: zipfile.ZipFile, path: Path, name: str) -> Member:
    """A SQLite file as it is at one moment, whoever is writing to it."""
    with tempfile.TemporaryDirectory(prefix=".copy-", dir=get_settings().data_dir) as folder:
        copy = Path(folder) / path.name
        with closing(sqlite3.connect(path, timeout=30)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
            target.execute("PRAGMA journal_mode=DELETE")
        member = _add_file(archive, copy, name)
    if member is None:
        raise Unavailable("alerts.backup_not_written", folder=path.parent, reason="FileNotFoundError")
    return member


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def room_for(path: Path, wanted: int) -> None:
    """Raises StorageFull where the disk below `path` has not that many bytes left."""
    if shutil.disk_usage(path).free < wanted:
        raise StorageFull("alerts.restore_no_room", wanted=f"{wanted / 1e9:.2f}", folder=path)
