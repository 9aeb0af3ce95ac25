"""The number that every change of what answers raises: a search index knows by it whether it is up to date."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from sqlalchemy import Connection, Table, select, update
from sqlalchemy.dialects import postgresql, sqlite

from core.storage.database import reading, utc_now
from core.storage.tables import knowledge_index

_INSERTS: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


_numbers = count(1)
_raised = 0


@dataclass(frozen=True)
class Mark:
    """A generation, and when it was raised: the same number of another database has another time."""

    generation: int
    raised_at: str


def index_mark() -> Mark:
    """The generation that is in the database now; 0 before anything was published."""
    with reading() as connection:
        row = connection.execute(select(knowledge_index.c.generation, knowledge_index.c.updated_at)).first()
    return Mark(0, "") if row is None else Mark(int(row.generation), row.updated_at.isoformat())


def raised_here() -> int:
    """Goes up whenever this process raises the generation, so that it need not wait to look again."""
    return _raised


def index_generation() -> int:
    """The generation that is in the database now; 0 before anything was published."""
    return index_mark().generation


def next_generation(connection: Connection) -> int:
    """Raise the number within the caller's transaction.

    Writers wait for each other here until the other's transaction ends, so generations become visible in order.
    """
    global _raised  # noqa: PLW0603 - one per process is the point
    _raised = next(_numbers)
    now = utc_now()
    insert_new(connection, knowledge_index, [{"id": 1, "owner": "workbench", "generation": 0, "updated_at": now}])
    raised = update(knowledge_index).values(generation=knowledge_index.c.generation + 1, updated_at=now)
    return int(connection.execute(raised.returning(knowledge_index.c.generation)).scalar_one())


def insert_new(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert those rows that are not there yet, whoever else inserts them at the same time."""
    if rows:
        into = _INSERTS[connection.dialect.name](table)
        connection.execute(into.on_conflict_do_nothing(), [dict(row) for row in rows])
