"""What was laid out becomes the home folder, in steps that can each be made again after a process was killed."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import delete

from core.errors import BadInput
from core.operations import home_files
from core.operations.archived_rows import TableShape, insert_lines, lines_of, restart_numbers, shape_of
from core.operations.restore_staging import JOURNAL, KEPT, NEW, ROWS, STAGING, unsynced
from core.settings.current import get_settings
from core.storage.all_tables import metadata
from core.storage.database import engine, writing
from core.storage.migrations import HEAD, migrate


def put_in_place(journal: dict[str, Any]) -> None:
    """Every step can be made again. The journal goes last. Raises BadInput for rows that the database cannot hold."""
    home = get_settings().home
    engine().dispose()  # a file that is moved must not be held open
    if not journal["is_inside"]:
        try:
            _load_in_place(journal)
        except BadInput:  # nothing was moved yet, and no further try would end otherwise
            drop_staged()
            raise
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
    drop_staged()


def drop_staged() -> None:
    """Take away what was laid out; the journal before the rows that it names."""
    home = get_settings().home
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
            try:
                insert_lines(connection, shape, lines)
            except BadInput as error:
                raise BadInput("alerts.restore_row_refused", table=shape.name) from error
        restart_numbers(connection, list(metadata.tables.values()))


@contextmanager
def _current_rows(journal: dict[str, Any], folder: Path) -> Iterator[Iterator[tuple[TableShape, Iterable[bytes]]]]:
    """Rows of a backup at the newest revision, whatever revision it was made at."""
    if journal["revision"] == HEAD:
        yield _rows_in(journal, folder)
        return
    place = folder / "older.db"
    place.unlink(missing_ok=True)
    scratch = unsynced(place)
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


def _is_there(place: Path) -> bool:
    return place.exists() or place.is_symlink()
