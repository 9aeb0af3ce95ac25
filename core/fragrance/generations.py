"""A number that every change raises, by name; whoever keeps a copy of what is stored knows by it whether it is current.

Names in use: catalogue, limits, formulas, vectors.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Generic, TypeVar

from sqlalchemy import Connection, Engine

from core.errors import Unavailable
from core.storage import generations
from core.storage.database import engine
from core.storage.perfumery_tables import fragrance_generations
from core.telemetry.logs import get_logger

Value = TypeVar("Value")

LOOK_EVERY_S = 1.0  # a change by another process is seen within this time, one by this process at once

log = get_logger("fragrance_generations")


def generation(name: str) -> int:
    """The generation that is in the database now; 0 before anything was stored."""
    return generations.mark_of(fragrance_generations, fragrance_generations.c.name == name).generation


def raised_here(name: str) -> int:
    """Goes up whenever this process raises it, so that it need not wait to look again."""
    return generations.raised_here(fragrance_generations, name=name)


def raise_generation(connection: Connection, name: str) -> int:
    """Raise it within the caller's transaction.

    Writers of one name wait for each other here until the other's transaction ends; call it before reading what the
    change rests on.
    """
    return generations.raise_generation(connection, fragrance_generations, name=name)


@dataclass(frozen=True)
class _Copy(Generic[Value]):
    engine: Engine  # another database's generations count for nothing
    raised: int
    looked_at: float
    generation: int
    value: Value


class KeptCopy(Generic[Value]):
    """What `read` made of the database, kept until the generation is raised; for any number of threads.

    While the database is away the earlier copy serves on, and every second the database is asked again.
    read: takes the generation, called by one thread at a time.
    """

    def __init__(self, name: str, read: Callable[[int], Value]) -> None:
        self._name = name
        self._read = read
        self._lock = Lock()
        self._copy: _Copy[Value] | None = None

    def get(self) -> Value:
        copy = self._copy
        if copy is not None and self._is_fresh(copy):
            return copy.value
        with self._lock:
            copy = self._copy
            if copy is not None and self._is_fresh(copy):
                return copy.value
            # Taken before looking: what is raised meanwhile makes the next call look again.
            raised, looked_at, source = raised_here(self._name), time.monotonic(), engine()
            earlier = copy if copy is not None and copy.engine is source else None
            try:
                now = generation(self._name)
                value = earlier.value if earlier is not None and earlier.generation == now else self._read(now)
            except Unavailable as error:
                if earlier is None:
                    raise
                log.warning("earlier_copy_serves", name=self._name, reason=error.code)
                now, value = earlier.generation, earlier.value
            self._copy = _Copy(source, raised, looked_at, now, value)
            return value

    def _is_fresh(self, copy: _Copy[Value]) -> bool:
        return (
            copy.engine is engine()
            and copy.raised == raised_here(self._name)
            and time.monotonic() - copy.looked_at < LOOK_EVERY_S
        )
