"""One database for every process: SQLite in WAL mode by default, PostgreSQL by URL.

`reading()` and `writing()` are the only ways in. A writer takes SQLite's write lock at once, or the like of it on
PostgreSQL, so two writers wait for each other instead of failing half way.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from core.errors import BadInput, StorageFull, Unavailable
from core.settings.current import get_settings
from core.storage import postgresql as postgresql_server

BUSY_TIMEOUT_MS = 15_000
_INSERTS: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def utc_now() -> datetime:
    return datetime.now(UTC)


@cache
def engine() -> Engine:
    """The engine of this process; file folders are made, the schema is the migration's business."""
    settings = get_settings()
    url = settings.resolved_database_url
    if not url.startswith("sqlite"):
        made = postgresql_server.engine_for(url, settings.database_pool)
        event.listen(made, "handle_error", _refuse_value)
        return made
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    made = create_engine(url)
    event.listen(made, "handle_error", _refuse_value)
    event.listen(made, "handle_error", _open_anew_if_damaged)

    @event.listens_for(made, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # transactions are begun below, not guessed by the driver
        for pragma in (
            f"busy_timeout={BUSY_TIMEOUT_MS}",
            "journal_mode=WAL",
            "synchronous=NORMAL",
            "foreign_keys=ON",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(made, "begin")
    def _begin(connection: Connection) -> None:
        is_writer = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writer else "BEGIN")

    return made


def _refuse_value(context: ExceptionContext) -> None:
    """A number of more than 64 bits, or half a character: what no column holds was not ours to send."""
    problem = context.original_exception
    if isinstance(problem, OverflowError | UnicodeEncodeError) or isinstance(context.sqlalchemy_exception, DataError):
        raise BadInput("storage.not_storable") from problem


def _is_damaged(problem: BaseException | None) -> bool:
    """Whether SQLite found no database in the file; all its other problems are of a kind of their own."""
    return type(problem) is sqlite3.DatabaseError


def _open_anew_if_damaged(context: ExceptionContext) -> None:
    """A connection keeps pages that it has read: once the good file is back, only a new one sees it."""
    if _is_damaged(context.original_exception):
        context.is_disconnect = True


@contextmanager
def reading() -> Iterator[Connection]:
    """A consistent view of the database. Raises Unavailable when it cannot be reached."""
    with _translated(), engine().connect() as connection:
        yield connection


@contextmanager
def writing(*, alone: bool = True) -> Iterator[Connection]:
    """One transaction: all of it or nothing. Raises Unavailable or StorageFull.

    alone: nobody else writes meanwhile, so that what is read in it stays as it was read. False where each statement
    holds by itself, an insert or one conditional UPDATE: on PostgreSQL many of those go on at once.
    """
    with _translated(), engine().connect().execution_options(writes=True) as connection, connection.begin():
        if alone and connection.dialect.name == "postgresql":
            postgresql_server.begin_writing(connection)
        yield connection


@contextmanager
def snapshot() -> Iterator[Connection]:
    """As `reading`, and every statement sees the same moment, on PostgreSQL too. Nothing is to be written in it."""
    with _translated(), engine().connect() as connection:
        if connection.dialect.name == "postgresql":
            connection = connection.execution_options(isolation_level="REPEATABLE READ")  # noqa: PLW2901
        with connection.begin():
            yield connection


def insert_new(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert those rows that are not there yet, whoever else inserts them at the same time."""
    if rows:
        into = _INSERTS[connection.dialect.name](table)
        connection.execute(into.on_conflict_do_nothing(), [dict(row) for row in rows])


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except IntegrityError:
        raise  # its callers know what two rows mean
    except (DBAPIError, PoolTimeoutError) as error:
        if not get_settings().resolved_database_url.startswith("sqlite"):
            if (told := postgresql_server.translated(error)) is not None:
                raise told from error
            raise
        if isinstance(error, PoolTimeoutError) or not (isinstance(error, OperationalError) or _is_damaged(error.orig)):
            raise
        reason = str(error.orig)
        if "disk is full" in reason or "No space left" in reason:
            raise StorageFull("storage.disk_full") from error
        if "no such table" in reason:
            raise Unavailable("storage.not_migrated") from error
        raise Unavailable("storage.database_down") from error
