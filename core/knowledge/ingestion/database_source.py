"""Rows of a database as records: one reading query, over a connection that the settings name."""

from __future__ import annotations

import sqlite3
import time
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from core.errors import BadInput, NotFound, TooLarge, Unavailable, WorkbenchError
from core.resilience.breakers import breaker
from core.security.policy import Permission, Principal, require
from core.settings.current import get_settings

MOST_ROWS = 50_000
TIMEOUT_S = 30.0
_STEPS = 10_000  # of SQLite's machine, between two looks at the clock
# What a statement may do in SQLite: nothing reaches another file, whatever the query says.
_ALLOWED = (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE)


def connection_names(*, principal: Principal) -> tuple[str, ...]:
    """The names that may be asked; addresses and passwords stay in the settings."""
    require(principal, Permission.KNOWLEDGE_QUERY)
    return tuple(_connections())


def query(
    connection: str, sql: str, *, principal: Principal, most_rows: int = MOST_ROWS, timeout_s: float = TIMEOUT_S
) -> list[dict[str, Any]]:
    """The rows of one SELECT, as plain values by column.

    Nothing can be written: the statement is one SELECT, and the connection is opened for reading only.
    Raises NotAllowed, NotFound, BadInput for another statement or one the database refuses, TooLarge, Unavailable;
    a database that failed several times in a row is left alone for a while.
    """
    require(principal, Permission.KNOWLEDGE_QUERY)
    known = _connections()
    if connection not in known:
        raise NotFound("knowledge.no_such_connection", name=connection[:80], known=", ".join(known) or "-")
    statement = _one_select(sql)
    url = known[connection]
    read = _read_sqlite if url.startswith("sqlite:///") else _read_postgresql
    with breaker(f"database {connection}").attempt() as attempt:
        try:
            rows = read(url, statement, connection, most_rows + 1, timeout_s)
        except Unavailable as error:
            attempt.failed(error)
            raise
        except WorkbenchError:  # it answered, if only that it does not take this statement
            attempt.succeeded()
            raise
        attempt.succeeded()
    if len(rows) > most_rows:
        raise TooLarge("knowledge.too_many_rows", name=connection, limit=most_rows)
    return [{name: _plain(value) for name, value in row.items()} for row in rows]


def _connections() -> dict[str, str]:
    pairs = get_settings().knowledge_databases.get_secret_value().split(",")
    return dict(pair.strip().split("=", 1) for pair in pairs if "=" in pair)


def _one_select(sql: str) -> str:
    import sqlparse

    statements = [one for one in sqlparse.parse(sql) if one.token_first(skip_cm=True) is not None]
    if len(statements) != 1 or statements[0].get_type() != "SELECT":
        raise BadInput("knowledge.not_a_select")
    return str(statements[0]).strip().rstrip(";")


def _read_sqlite(url: str, statement: str, name: str, most: int, timeout_s: float) -> list[dict[str, Any]]:
    """Opened for reading only; an authoriser lets pass nothing but reading."""
    from pathlib import Path
    from urllib.parse import quote

    path = Path(url.removeprefix("sqlite:///"))
    ends_at = time.monotonic() + timeout_s
    try:
        connection = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)
    except sqlite3.Error as error:
        raise Unavailable("knowledge.connection_down", name=name) from error
    try:
        connection.row_factory = sqlite3.Row
        connection.set_authorizer(
            lambda action, first, second, *_: (
                sqlite3.SQLITE_OK if action in _ALLOWED and second != "load_extension" else sqlite3.SQLITE_DENY
            )
        )
        connection.set_progress_handler(lambda: time.monotonic() > ends_at, _STEPS)
        return [dict(row) for row in connection.execute(statement).fetchmany(most)]
    except sqlite3.Error as error:
        if "interrupted" in str(error):
            raise BadInput("knowledge.query_too_slow", name=name, limit_s=f"{timeout_s:g}") from error
        raise BadInput("knowledge.query_refused", name=name, reason=str(error)[:300]) from error
    finally:
        connection.close()


def _read_postgresql(url: str, statement: str, name: str, most: int, timeout_s: float) -> list[dict[str, Any]]:
    from sqlalchemy import create_engine, text
    from sqlalchemy.exc import DBAPIError, OperationalError

    engine = create_engine(url, connect_args={"connect_timeout": max(1, int(timeout_s))})
    try:
        with engine.connect() as connection:
            connection.execute(text("SET TRANSACTION READ ONLY"))
            connection.execute(text(f"SET LOCAL statement_timeout = {int(timeout_s * 1000)}"))
            found = connection.execution_options(stream_results=True).execute(text(statement.replace(":", r"\:")))
            return [dict(row) for row in found.mappings().fetchmany(most)]
    except OperationalError as error:
        if "statement timeout" in str(error.orig):
            raise BadInput("knowledge.query_too_slow", name=name, limit_s=f"{timeout_s:g}") from error
        raise Unavailable("knowledge.connection_down", name=name) from error
    except DBAPIError as error:
        raise BadInput("knowledge.query_refused", name=name, reason=str(error.orig)[:300]) from error
    finally:
        engine.dispose()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, bytes | memoryview):
        return None  # pictures and the like are no text
    return value
