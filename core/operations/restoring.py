"""`workbench restore`: a backup becomes the home folder, whole or not at all, and whenever it was interrupted.

Everything is proven and laid out beside its place first. Then a journal is written, and from there on every step can
be made again: whoever starts the workbench next finishes what a killed restore began (`finish_interrupted`).
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, delete, event, func, inspect, select
from sqlalchemy.exc import OperationalError

from core.errors import BadInput, Conflict, StorageFull, WorkbenchError
from core.operations import disk, home_files
from core.operations.archived_rows import TableShape, insert_lines, lines_of, restart_numbers, shape_of
from core.operations.backup import room_for
from core.operations.backup_archive import FILES, Manifest, blocks, opened, verify
from core.security import signing_key
from core.security.policy import Permission, Principal, require
from core.settings.current import get_settings
from core.storage.all_tables import metadata
from core.storage.audit import note_now
from core.storage.database import engine, reading, utc_now, writing
from core.storage.migrations import HEAD, known_revisions, migrate
from core.telemetry.logs import get_logger
from core.telemetry.ports import answers

STAGING = ".restoring"
NEW, ROWS, JOURNAL = "new", "rows", "journal.json"
KEPT = ("cache", "logs", "backups", "README.md")  # stay where they are, in an empty home and when one is replaced
ROOM = 1.2  # of what is in the archive: rows take indexes with them

log = get_logger("restore")


@dataclass(frozen=True)
class Restored:
    """What was brought back. set_aside: folders that hold what was there before, relative to the home folder."""

    manifest: Manifest
    rows: int
    files: int
    migrated_from: str | None
    set_aside: tuple[str, ...]


def restore(file: Path, *, replace: bool = False, principal: Principal) -> Restored:
    """Bring a backup back into this home. replace: set aside what is there, else the home has to be empty. Audited.

    Raises NotAllowed, NotFound, BadInput for a file that is no backup or is damaged, Conflict for a home that is not
    empty, a workbench that is running, or a backup of a newer version, StorageFull. Nothing is touched before
    every checksum has been looked at.
    """
    require(principal, Permission.BACKUPS_MANAGE)
    _refuse_running()
    finish_interrupted()
    with opened(file) as (archive, manifest):
        if manifest.revision not in known_revisions():
            raise Conflict("alerts.backup_newer", name=file.name, product=manifest.product, revision=manifest.revision)
        verify(archive, manifest, file.name)
        if not replace and (found := what_is_here()):
            raise Conflict("alerts.home_not_empty", home=get_settings().home, found=found)
        room_for(_made(get_settings().data_dir), int(manifest.bytes * ROOM))
        journal = _staged(archive, manifest, replace=replace)
    _apply(journal)
    disk.forget()
    signing_key.forget_keys()  # the key that came with the backup is the one that counts now
    set_aside = tuple(journal["set_aside"])
    note_now(principal, "backup.restored", file.name, revision=manifest.revision, rows=manifest.rows)
    log.info("backup_restored", name=file.name, rows=manifest.rows, files=len(manifest.files))
    older = manifest.revision if manifest.revision != HEAD else None
    return Restored(manifest, manifest.rows, len(manifest.files), older, set_aside)


def is_interrupted() -> bool:
    """Whether a restore was killed here after all was laid out, so that it has to be finished."""
    return (get_settings().data_dir / STAGING / JOURNAL).is_file()


def finish_interrupted() -> bool:
    """Finish a restore that was killed while things were moved, drop one that was killed before; whether one was."""
    staging = get_settings().data_dir / STAGING
    if is_interrupted():
        _apply(json.loads((staging / JOURNAL).read_text("utf-8")))
        log.info("restore_finished")
        return True
    for top in home_files.TOPS:
        shutil.rmtree(get_settings().home / top / STAGING, ignore_errors=True)
    return False


def what_is_here() -> str:
    """What keeps a home from being empty, in a word; "" for an empty one. Folders that are made again do not count."""
    try:
        with reading() as connection:
            there = set(inspect(connection).get_table_names())
            for name in sorted(set(metadata.tables) & there):
                if connection.execute(select(func.count()).select_from(metadata.tables[name])).scalar():
                    return f"{name} (table)"
    except WorkbenchError as error:
        if error.key != "storage.not_migrated":
            raise
    home = get_settings().home
    for top in home_files.TOPS:
        for path, _ in disk.files_below(home / top):
            name = path.relative_to(home).as_posix()
            if not home_files.is_left_out(name) and path.name != "README.md" and name != home_files.KEY:
                return name
    return ""


def _refuse_running() -> None:
    settings = get_settings()
    for host, port in ((settings.ui_host, settings.ui_port), (settings.api_host, settings.api_port)):
        if answers((host, port)):
            raise Conflict("alerts.restore_running", port=port)


def _staged(archive: zipfile.ZipFile, manifest: Manifest, *, replace: bool) -> dict[str, Any]:
    """Lay everything out beside its place and write the journal; removed again where that does not work."""
    home = get_settings().home
    engine().dispose()  # what SQLite keeps beside its file goes into it
    try:
        for top in home_files.TOPS:
            shutil.rmtree(home / top / STAGING, ignore_errors=True)
            (home / top / STAGING / NEW).mkdir(parents=True)
        for file in manifest.files:
            top, _, rest = file.name.removeprefix(f"{FILES}/").partition("/")
            place = home / top / STAGING / NEW / rest
            place.parent.mkdir(parents=True, exist_ok=True)
            _unpack(archive, file.name, place)
        key = home / "data" / STAGING / NEW / home_files.KEY.partition("/")[2]
        if key.exists():
            key.chmod(0o600)
        inside = _staged_database()
        if inside is not None:
            _fill_new_sqlite(archive, manifest, inside)
        else:
            for table in manifest.tables:
                place = home / "data" / STAGING / ROWS / table.member.name
                place.parent.mkdir(parents=True, exist_ok=True)
                _unpack(archive, table.member.name, place)
        return _written_journal(manifest, is_inside=inside is not None, keeps_old=replace)
    except BaseException as error:
        for top in home_files.TOPS:
            shutil.rmtree(home / top / STAGING, ignore_errors=True)
        is_full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
        is_full |= isinstance(error, OperationalError) and "is full" in str(error.orig)
        if is_full:
            raise StorageFull("alerts.restore_no_room", wanted=f"{manifest.bytes / 1e9:.2f}", folder=home) from error
        raise


def _staged_database() -> Path | None:
    """Where a SQLite file within data/ is laid out; None for one elsewhere and for servers, which are filled later."""
    file, data = home_files.database_file(), get_settings().data_dir.resolve()
    if file is None or not file.is_relative_to(data):
        return None
    return data / STAGING / NEW / file.relative_to(data)


def _fill_new_sqlite(archive: zipfile.ZipFile, manifest: Manifest, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    made = _unsynced(place)
    try:
        _load(made, archive, manifest)
        with closing(made.raw_connection()) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
    finally:
        made.dispose()


def _unsynced(place: Path) -> Engine:
    """A SQLite file that is written without waiting for the disk: `_sync_tree` does that once, before it counts."""
    made = create_engine(f"sqlite:///{place}")

    @event.listens_for(made, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA synchronous=OFF")

    return made


def _load(into: Engine, archive: zipfile.ZipFile, manifest: Manifest) -> None:
    """An empty database at the backup's revision, its rows, and then what has changed since."""
    with into.connect() as connection:
        migrate(manifest.revision, connection=connection)
        connection.commit()
        with connection.begin():
            for table in manifest.tables:
                with archive.open(table.member.name) as lines:
                    _insert(connection, table.shape, lines, table.rows)
        if manifest.revision != HEAD:
            migrate(connection=connection)
            connection.commit()


def _insert(connection: Connection, shape: TableShape, lines: Any, expected: int) -> None:
    if insert_lines(connection, shape, lines) != expected:
        raise BadInput("alerts.backup_damaged", name="", part=shape.name)


def _written_journal(manifest: Manifest, *, is_inside: bool, keeps_old: bool) -> dict[str, Any]:
    """What the steps that follow need to know, on disk before the first of them."""
    home, stamp = get_settings().home, f"{utc_now():%Y%m%dT%H%M%S}"
    old = {
        top: sorted(one.name for one in (home / top).iterdir() if one.name not in (*KEPT, STAGING) and _is_old(one))
        for top in home_files.TOPS
    }
    aside = {top: f"{top}/{home_files.SET_ASIDE}{stamp}" for top in home_files.TOPS if old[top]}
    shapes = [{"name": t.shape.name, "columns": t.shape.columns, "member": t.member.name} for t in manifest.tables]
    journal = {
        "is_inside": is_inside, "revision": manifest.revision, "old": old, "aside": aside, "tables": shapes,
        "set_aside": sorted(aside.values()) if keeps_old else [],
    }  # fmt: skip
    _sync_tree(home)
    place = home / "data" / STAGING / JOURNAL
    unfinished = place.with_suffix(".unfinished")
    with unfinished.open("w", encoding="utf-8") as file:
        json.dump(journal, file)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(place)
    return journal


def _is_old(place: Path) -> bool:
    return not place.name.startswith((home_files.SET_ASIDE, ".mlflow.lock"))


def _apply(journal: dict[str, Any]) -> None:
    """Every step can be made again. The journal goes last."""
    home = get_settings().home
    engine().dispose()  # a file that is moved must not be held open
    if not journal["is_inside"]:
        _load_in_place(journal)
    for top in home_files.TOPS:
        new = home / top / STAGING / NEW
        if journal["old"][top]:
            aside = home / journal["aside"][top]
            aside.mkdir(exist_ok=True)
            for name in journal["old"][top]:
                # Where both are there, the place already holds what came new.
                if _is_there(home / top / name) and not _is_there(aside / name):
                    (home / top / name).rename(aside / name)
        for entry in sorted(new.iterdir()) if new.is_dir() else ():
            if entry.name in KEPT and _is_there(home / top / entry.name):
                continue
            entry.rename(home / top / entry.name)
    for folder in set(journal["aside"].values()) - set(journal["set_aside"]):
        shutil.rmtree(home / folder, ignore_errors=True)  # of a home that was empty
    shutil.rmtree(home / "models" / STAGING, ignore_errors=True)
    (home / "data" / STAGING / JOURNAL).unlink(missing_ok=True)
    shutil.rmtree(home / "data" / STAGING, ignore_errors=True)


def _load_in_place(journal: dict[str, Any]) -> None:
    """Rows into a database that cannot be moved: in one transaction, in place of whatever it holds.

    Its tables are brought to the newest revision first; columns that a later revision added get their own default,
    so a backup of an older revision is filled in through a SQLite file at that revision.
    """
    folder = get_settings().data_dir / STAGING / ROWS
    migrate()
    with _current_rows(journal, folder) as source, writing() as connection:
        for name in metadata.tables:
            connection.execute(delete(metadata.tables[name]))
        for shape, lines in source:
            insert_lines(connection, shape, lines)
        restart_numbers(connection, list(metadata.tables.values()))


@contextmanager
def _current_rows(journal: dict[str, Any], folder: Path) -> Iterator[Iterator[tuple[TableShape, Iterable[bytes]]]]:
    """Rows of a backup at the newest revision, whatever revision it was made at."""
    if journal["revision"] == HEAD:
        yield _rows_in(journal, folder)
        return
    place = folder / "older.db"
    place.unlink(missing_ok=True)
    scratch = _unsynced(place)
    try:
        with scratch.connect() as connection:
            migrate(journal["revision"], connection=connection)
            connection.commit()
            with connection.begin():
                for shape, lines in _rows_in(journal, folder):
                    insert_lines(connection, shape, lines)
            migrate(connection=connection)
            connection.commit()
            yield ((shape_of(one), lines_of(connection, one)) for one in metadata.tables.values())
    finally:
        scratch.dispose()


def _rows_in(journal: dict[str, Any], folder: Path) -> Iterator[tuple[TableShape, Iterable[bytes]]]:
    for one in journal["tables"]:
        shape = TableShape(one["name"], tuple((name, kind) for name, kind in one["columns"]))
        with (folder / one["member"]).open("rb") as lines:
            yield shape, lines


def _unpack(archive: zipfile.ZipFile, name: str, place: Path) -> None:
    with archive.open(name) as source, place.open("wb") as target:
        for block in blocks(source):
            target.write(block)


def _sync_tree(home: Path) -> None:
    """What was laid out is on the disk before the journal says so."""
    for top in home_files.TOPS:
        for path, _ in disk.files_below(home / top / STAGING):
            with path.open("rb") as file:
                os.fsync(file.fileno())


def _is_there(place: Path) -> bool:
    return place.exists() or place.is_symlink()


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (get_settings().models_dir).mkdir(parents=True, exist_ok=True)
    return folder
