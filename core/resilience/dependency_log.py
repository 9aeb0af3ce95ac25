"""How dependencies have been, seen by every process: breakers are of one process, an operator looks from another.

Each process keeps a row for each dependency it calls, written by a thread of its own: after a failure, when a breaker
changes its state, and every half minute at most while all goes well. No call waits for it or fails because of it.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from core.errors import WorkbenchError
from core.security.policy import Permission, Principal, require
from core.telemetry.logs import get_logger

SUCCESS_EVERY_S = 30.0
LIVES_S = 900.0  # a process that called nothing for so long says nothing of how a dependency is now
FORGOTTEN_AFTER = timedelta(days=1)
SYSTEM = "system"  # owner of the rows: nobody in particular called
RESET = "reset"  # in place of a process: when somebody closed the breaker by hand
WORST = ("open", "half-open", "closed")
ROLES = {
    "app.api.main:app": "api",
    "streamlit": "pages",
    "core.jobs.running.start": "jobs",
    "core.jobs.running.runner": "runner",
}

log = get_logger("resilience")


@dataclass(frozen=True)
class DependencySeen:
    """A dependency as all processes saw it. failures: in a row, in the process where they are most.

    failed_calls, good_calls: since those processes began. processes: how many called it within the last day.
    """

    name: str
    state: str
    failures: int
    failed_calls: int
    good_calls: int
    last_error: str
    last_failure_at: datetime | None
    last_success_at: datetime | None
    updated_at: datetime
    processes: int


@dataclass(slots=True)
class _Own:
    """What this process saw of one dependency. written_at: monotonic time of the row."""

    state: str = "closed"
    failures: int = 0
    failed_calls: int = 0
    good_calls: int = 0
    last_error: str = ""
    last_failure_at: datetime | None = None
    last_success_at: datetime | None = None
    written_at: float = 0.0


class _Writer:
    """Keeps what is to be written, by dependency, and a thread that writes it."""

    def __init__(self) -> None:
        self.seen: dict[str, _Own] = {}
        self._due: set[str] = set()
        self._guard = threading.Lock()
        self._wakes = threading.Condition(self._guard)
        self._writing = threading.Lock()
        self._thread: threading.Thread | None = None

    def note(self, name: str, state: str, failures: int, error: Exception | None) -> None:
        with self._guard:
            own = self.seen.get(name) or self.seen.setdefault(name, _Own())
            is_due = error is not None or state != own.state or self._is_late(own)
            own.state, own.failures = state, failures
            if error is None:
                own.good_calls += 1
                own.last_success_at = _now()
            else:
                own.failed_calls += 1
                own.last_error = type(error).__name__  # its text may hold addresses with passwords
                own.last_failure_at = _now()
            if is_due:
                self._due.add(name)
                self._wake()

    def flush(self) -> None:
        """Write what is due; a database that is away costs the row, never the caller."""
        with self._writing:
            with self._guard:
                due = {name: replace(self.seen[name]) for name in self._due}
                self._due.clear()
                for name in due:
                    self.seen[name].written_at = time.monotonic()
            if not due:
                return
            try:
                _write(due)
            except WorkbenchError as error:
                log.warning("dependency_states_not_written", reason=type(error).__name__)

    def forget(self) -> None:
        with self._writing, self._guard:
            self.seen.clear()
            self._due.clear()

    @staticmethod
    def _is_late(own: _Own) -> bool:
        return time.monotonic() - own.written_at > SUCCESS_EVERY_S

    def _wake(self) -> None:
        if self._thread is None or not self._thread.is_alive():  # a fork has the lock's copy and no thread
            self._thread = threading.Thread(target=self._run, name="dependency-log", daemon=True)
            self._thread.start()
        self._wakes.notify()

    def _run(self) -> None:
        while True:
            with self._guard:
                while not self._due:
                    self._wakes.wait()
            self.flush()


_writer = _Writer()


def note(name: str, state: str, failures: int, error: Exception | None) -> None:
    """A call to `name` ended; its breaker is in `state` after `failures` in a row. error: None where it went well."""
    _writer.note(name, state, failures, error)


def note_good(name: str) -> None:
    """A call to `name` went well, as the one before it did."""
    _writer.note(name, "closed", 0, None)


def flush() -> None:
    """Write now what waits to be written."""
    _writer.flush()


def forget() -> None:
    """What this process saw so far is no longer its own."""
    _writer.forget()


def dependencies(*, principal: Principal) -> tuple[DependencySeen, ...]:
    """Every dependency that any process called within the last day, by name. Raises NotAllowed, Unavailable."""
    require(principal, Permission.SYSTEM_READ)
    from sqlalchemy import select

    from core.storage.database import reading
    from core.storage.operator_tables import dependency_states as table

    flush()
    since = _now() - FORGOTTEN_AFTER
    with reading() as connection:
        query = select(table).where(table.c.updated_at > since, table.c.process != RESET).order_by(table.c.name)
        rows = connection.execute(query).all()
    names = sorted({row.name for row in rows})
    return tuple(_merged(name, [row for row in rows if row.name == name]) for name in names)


def note_reset(connection: Any, name: str) -> None:
    """Ask every process to close its breaker of `name`, within the transaction that notes who asked."""
    from sqlalchemy import update

    from core.storage.operator_tables import dependency_states as table

    _put(connection, name, RESET, _Own())
    others = (table.c.name == name) & (table.c.process != RESET)
    connection.execute(update(table).where(others).values(state="closed", failures=0, updated_at=_now()))


def reset_at(name: str) -> datetime | None:
    """When somebody last closed the breaker of `name` by hand; None also while nobody can be asked."""
    from sqlalchemy import select

    from core.storage.database import reading
    from core.storage.operator_tables import dependency_states as table

    query = select(table.c.updated_at).where(table.c.name == name, table.c.process == RESET)
    try:
        with reading() as connection:
            found: datetime | None = connection.execute(query).scalar()
    except WorkbenchError:
        return None
    return found


def _merged(name: str, rows: list[Any]) -> DependencySeen:
    newest = max(rows, key=lambda row: row.updated_at)
    living = [row for row in rows if row.updated_at > _now() - timedelta(seconds=LIVES_S)] or [newest]
    failed = [row for row in rows if row.last_failure_at is not None]
    last = max(failed, key=lambda row: row.last_failure_at, default=None)
    return DependencySeen(
        name=name,
        state=min((row.state for row in living), key=WORST.index),
        failures=max(row.failures for row in living),
        failed_calls=sum(row.failed_calls for row in rows),
        good_calls=sum(row.good_calls for row in rows),
        last_error=last.last_error if last is not None else "",
        last_failure_at=last.last_failure_at if last is not None else None,
        last_success_at=max((row.last_success_at for row in rows if row.last_success_at is not None), default=None),
        updated_at=newest.updated_at,
        processes=len(rows),
    )


def _write(due: dict[str, _Own]) -> None:
    from sqlalchemy import delete

    from core.storage.database import writing
    from core.storage.operator_tables import dependency_states as table

    with writing() as connection:
        for name, own in due.items():
            _put(connection, name, _process(), own)
        connection.execute(delete(table).where(table.c.updated_at < _now() - FORGOTTEN_AFTER))


def _put(connection: Any, name: str, process: str, own: _Own) -> None:
    from sqlalchemy import insert, update

    from core.storage.operator_tables import dependency_states as table

    values = {
        "owner": SYSTEM, "state": own.state, "failures": own.failures, "failed_calls": own.failed_calls,
        "good_calls": own.good_calls, "last_error": own.last_error, "last_failure_at": own.last_failure_at,
        "last_success_at": own.last_success_at, "updated_at": _now(),
    }  # fmt: skip
    is_row = (table.c.name == name) & (table.c.process == process)
    if connection.execute(update(table).where(is_row).values(**values)).rowcount == 0:
        connection.execute(insert(table).values(name=name, process=process, **values))


@cache
def _role() -> str:
    words = " ".join(sys.orig_argv)
    return next((role for mark, role in ROLES.items() if mark in words), "other")


def _process() -> str:
    return f"{socket.gethostname()}/{_role()}/{os.getpid()}"[:200]


def _now() -> datetime:
    return datetime.now(UTC)
