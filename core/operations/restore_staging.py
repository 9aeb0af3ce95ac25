"""Laying a backup out beside its place: files and a database that are whole before anything of the home is touched."""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import OperationalError

from core.errors import BadInput, StorageFull
from core.operations import disk, home_files
from core.operations.archived_rows import TableShape, insert_lines
from core.operations.backup_archive import FILES, Manifest, blocks
from core.settings.current import get_settings
from core.storage.database import engine, utc_now
from core.storage.full_disk import is_full
from core.storage.migrations import HEAD, migrate

STAGING = ".restoring"
NEW, ROWS, JOURNAL = "new", "rows", "journal.json"
KEPT = ("cache", "logs", "backups", "README.md")  # stay where they are, in an empty home and when one is replaced


def lay_out(archive: zipfile.ZipFile, manifest: Manifest, *, replace: bool) -> dict[str, Any]:
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
        if is_full(error) or (isinstance(error, OperationalError) and "is full" in str(error.orig)):
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
    made = unsynced(place)
    try:
        _load(made, archive, manifest)
        with closing(made.raw_connection()) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
    finally:
        made.dispose()


def unsynced(place: Path) -> Engine:
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
