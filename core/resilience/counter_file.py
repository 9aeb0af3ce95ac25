"""Counters of the library `limits` in a SQLite file: what all processes of one machine share without a server.

Nothing in it is worth keeping: it is never forced to disk, and a file that cannot be read is made anew.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from pathlib import Path
from typing import Any

from limits.storage import Storage

BUSY_S = 0.2  # a count is worth no longer wait
SWEEP_EVERY_S = 300.0

_COUNT = """
INSERT INTO counters (key, count, ends_at) VALUES (:key, :amount, :now + :expiry)
ON CONFLICT (key) DO UPDATE SET
    count = CASE WHEN ends_at BETWEEN :now AND :now + :expiry THEN count + :amount ELSE :amount END,
    ends_at = CASE WHEN ends_at BETWEEN :now AND :now + :expiry THEN ends_at ELSE :now + :expiry END
RETURNING count
"""


class CounterFile(Storage):
    """Counts by key; a window begins with its first request and ends `expiry` seconds later, for every process.

    A window that ends later than one begun now would is of a clock that was set back; it counts no more.
    """

    STORAGE_SCHEME = None

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self._guard = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._swept_at = 0.0

    @property
    def base_exceptions(self) -> type[Exception]:
        return sqlite3.Error

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        now = time.time()
        values = {"key": key, "amount": amount, "expiry": expiry, "now": now}
        with self._guard:
            connection = self._opened()
            if now - self._swept_at > SWEEP_EVERY_S:
                self._swept_at = now
                connection.execute("DELETE FROM counters WHERE ends_at <= ?", (now,))
            try:
                rows = connection.execute(_COUNT, values).fetchall()
            except sqlite3.OperationalError:  # locked, full, gone: the next one opens it again
                self._let_go()
                raise
            except sqlite3.DatabaseError:
                self._begin_anew()
                rows = self._opened().execute(_COUNT, values).fetchall()
        return int(rows[0][0])

    def get(self, key: str) -> int:
        row = self._row(key)
        return int(row[0]) if row else 0

    def get_expiry(self, key: str) -> float:
        row = self._row(key)
        return float(row[1]) if row else time.time()

    def check(self) -> bool:
        with self._guard:
            return self._opened().execute("SELECT 1").fetchone() == (1,)

    def reset(self) -> int | None:
        with self._guard:
            return self._opened().execute("DELETE FROM counters").rowcount

    def clear(self, key: str) -> None:
        with self._guard:
            self._opened().execute("DELETE FROM counters WHERE key = ?", (key,))

    def close(self) -> None:
        """Let go of the file."""
        with self._guard:
            self._let_go()

    def _row(self, key: str) -> Any:
        with self._guard:
            query = "SELECT count, ends_at FROM counters WHERE key = ? AND ends_at > ?"
            return self._opened().execute(query, (key, time.time())).fetchone()

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            try:
                self._connection = _open(self.path)
            except sqlite3.OperationalError:
                raise
            except sqlite3.DatabaseError:  # not a database
                self._begin_anew()
                self._connection = _open(self.path)
        return self._connection

    def _let_go(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _begin_anew(self) -> None:
        self._let_go()
        for ending in ("", "-wal", "-shm"):
            self.path.with_name(self.path.name + ending).unlink(missing_ok=True)


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
    for statement in (
        "PRAGMA journal_mode=WAL",
        "PRAGMA synchronous=OFF",
        "CREATE TABLE IF NOT EXISTS counters (key TEXT PRIMARY KEY, count INTEGER NOT NULL, ends_at REAL NOT NULL) "
        "WITHOUT ROWID",
    ):
        connection.execute(statement)
    return connection
