"""What PostgreSQL needs that SQLite does not: patience with a server that goes away, one writer at a time, one text.

SQLite lets one transaction write at a time, and whoever writes relies on what it read in the same transaction. Here an
advisory lock keeps that promise. Writers that need none of it (an insert, one conditional UPDATE) go side by side.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import DBAPIError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from core.errors import StorageFull, Unavailable, WorkbenchError

WRITER = 7_241_991  # the advisory lock of writers
MIGRATION = 7_241_992  # that of whoever changes the schema
LOCK_TIMEOUT_MS = 15_000  # as long as SQLite waits
IDLE_WRITER_S = 120  # a process that hangs with the lock in its hand is cut off
POOL_TIMEOUT_S = 15.0
# A server whose machine is gone says nothing: connecting and every answer have their limits [s, ms].
_CONNECTING: dict[str, Any] = {
    "connect_timeout": 5,
    "application_name": "workbench",
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
    "options": f"-c timezone=UTC -c lock_timeout={LOCK_TIMEOUT_MS}",
}
_BEGIN_WRITING = text(
    f"SELECT set_config('idle_in_transaction_session_timeout', '{IDLE_WRITER_S}s', true), "
    f"pg_advisory_xact_lock({WRITER})"
)
_FULL = {"53100"}
_TOLD = {
    **dict.fromkeys(("42P01", "42703"), "storage.not_migrated"),  # a table, a column that is not there
    # Serialization, deadlock, a lock that did not come free in time.
    **dict.fromkeys(("40001", "40P01", "55P03"), "storage.database_busy"),
}


def engine_for(url: str, pool: int) -> Engine:
    """An engine that notices before each use whether the server still is there. pool: connections kept, and as many
    again for a moment."""
    return create_engine(
        url,
        pool_pre_ping=True,
        pool_size=pool,
        max_overflow=pool,
        pool_timeout=POOL_TIMEOUT_S,
        pool_use_lifo=True,  # what is not needed for long may be closed by what stands between
        connect_args=_CONNECTING,
    )


def begin_writing(connection: Connection) -> None:
    """Wait until nobody else writes, until the end of this transaction."""
    connection.execute(_BEGIN_WRITING)


def lock_schema(connection: Connection) -> None:
    """Of several machines that start at once, one migrates and the others wait for it."""
    connection.execute(text("SET LOCAL lock_timeout = '10min'"))
    connection.execute(text(f"SELECT pg_advisory_xact_lock({MIGRATION})"))


def translated(error: DBAPIError | PoolTimeoutError) -> WorkbenchError | None:
    """What an error of PostgreSQL, or of the wait for a connection, says to a person; None for a fault of ours."""
    if isinstance(error, PoolTimeoutError):
        return Unavailable("storage.database_busy")
    state = str(getattr(error.orig, "sqlstate", None) or "")
    if state in _FULL:
        return StorageFull("storage.disk_full")
    if state in _TOLD:
        return Unavailable(_TOLD[state])
    is_away = isinstance(error, OperationalError | InternalError) or error.connection_invalidated
    return Unavailable("storage.database_down") if is_away else None
