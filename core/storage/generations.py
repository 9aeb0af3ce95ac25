"""A number that every change of something raises; whoever keeps a copy knows by it whether the copy is current.

A table of such numbers has the columns owner, generation and updated_at beside its key.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, select, update

from core.storage.database import insert_new, reading, utc_now

OWNER = "workbench"
_numbers = count(1)
_raised: dict[tuple[Any, ...], int] = {}


@dataclass(frozen=True)
class Mark:
    """A generation, and when it was raised: the same number of another database has another time."""

    generation: int
    raised_at: str


def mark_of(table: Table, *where: ColumnElement[bool]) -> Mark:
    """What the database says now, summed over the rows; generation 0 before anything was stored."""
    wanted = select(table.c.generation, table.c.updated_at).where(*where).order_by(*table.primary_key)
    with reading() as connection:
        rows = connection.execute(wanted).all()
    return Mark(sum(row.generation for row in rows), " ".join(row.updated_at.isoformat() for row in rows))


def raise_generation(connection: Connection, table: Table, **key: Any) -> int:
    """Raise the number of this key within the caller's transaction.

    Writers wait for each other here until the other's transaction ends, so generations become visible in order.
    """
    _raised[table.name, *key.values()] = next(_numbers)
    now = utc_now()
    insert_new(connection, table, [{**key, "owner": OWNER, "generation": 0, "updated_at": now}])
    mine = [table.c[name] == value for name, value in key.items()]
    raised = update(table).where(*mine).values(generation=table.c.generation + 1, updated_at=now)
    return int(connection.execute(raised.returning(table.c.generation)).scalar_one())


def raised_here(table: Table, **key: Any) -> int:
    """Goes up whenever this process raises the generation, so that it need not wait to look again."""
    return _raised.get((table.name, *key.values()), 0)
