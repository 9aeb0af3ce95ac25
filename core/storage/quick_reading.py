"""One row by a key, for what every request asks.

On SQLite the compiled statement goes straight to the driver, on a connection that the thread keeps: 10 µs in place of
some hundred through the pool, and no lock that a writer could hold. Elsewhere it goes through the pool like all else.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Mapping
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import Select
from sqlalchemy.dialects import sqlite

from core.errors import Unavailable
from core.settings.current import get_settings
from core.storage.database import BUSY_TIMEOUT_MS, reading

PREFIX = "sqlite:///"
_openings = count()
_kept = threading.local()


def is_quick() -> bool:
    """Whether an answer takes so little that an event loop can wait for it: the database is a file of this machine."""
    return get_settings().resolved_database_url.startswith(PREFIX)


def version() -> tuple[int, int] | None:
    """Something that stays the same while nothing in the database was changed, by any process; None where not told.

    Read it before a row: whoever still finds it the same later need not ask for that row again.
    """
    if not is_quick():
        return None
    try:
        connection = _connection()
        return _kept.opening, connection.execute("PRAGMA data_version").fetchone()[0]
    except sqlite3.Error:
        return None


class QuickQuestion:
    """A query with the one parameter `wanted`, compiled once."""

    def __init__(self, query: Select[Any]) -> None:
        self.query = query

    def first(self, wanted: str) -> Mapping[Any, Any] | None:
        """The first row by column name, or None. Raises Unavailable."""
        if not is_quick():
            with reading() as connection:
                return connection.execute(self.query, {"wanted": wanted}).mappings().first()
        sql, names, readers = self._compiled
        try:
            row = _connection().execute(sql, (wanted,)).fetchone()
        except sqlite3.Error as error:
            _forget()
            key = "storage.not_migrated" if "no such" in str(error) else "storage.database_down"
            raise Unavailable(key) from error
        if row is None:
            return None
        return {name: read(value) if read else value for name, value, read in zip(names, row, readers, strict=True)}

    @cached_property
    def _compiled(self) -> tuple[str, tuple[str, ...], tuple[Callable[[Any], Any] | None, ...]]:
        dialect = sqlite.dialect(paramstyle="qmark")
        columns = tuple(self.query.selected_columns)
        readers = tuple(one.type.dialect_impl(dialect).result_processor(dialect, None) for one in columns)
        return str(self.query.compile(dialect=dialect)), tuple(str(one.key) for one in columns), readers


def _connection() -> sqlite3.Connection:
    """This thread's own; another database, as a test's or a restored one's, is opened anew."""
    place = get_settings().resolved_database_url.removeprefix(PREFIX)
    if getattr(_kept, "place", None) != place:
        _forget()
        # `rw`: not made where it is missing; a log beside it that lacks its index can be read all the same.
        address = f"{Path(place).absolute().as_uri()}?mode=rw"
        _kept.connection = sqlite3.connect(address, uri=True, timeout=BUSY_TIMEOUT_MS / 1000, isolation_level=None)
        _kept.connection.execute("PRAGMA query_only = ON")
        _kept.place, _kept.opening = place, next(_openings)
    connection: sqlite3.Connection = _kept.connection
    return connection


def _forget() -> None:
    connection = getattr(_kept, "connection", None)
    _kept.place = _kept.connection = None
    if connection is not None:
        connection.close()
