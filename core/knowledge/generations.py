"""The number that every change of what answers raises: a search index knows by it whether it is up to date."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, select, update
from sqlalchemy.dialects import postgresql, sqlite

from core.storage.database import reading, utc_now
from core.storage.tables import knowledge_index

_INSERTS: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def index_generation() -> int:
    """The generation that is in the database now; 0 before anything was published."""
    with reading() as connection:
        return connection.execute(select(knowledge_index.c.generation)).scalar() or 0


def next_generation(connection: Connection) -> int:
    """Raise the number within the caller's transaction.

    Writers wait for each other here until the other's transaction ends, so generations become visible in order.
    """
    now = utc_now()
    insert_new(connection, knowledge_index, [{"id": 1, "owner": "workbench", "generation": 0, "updated_at": now}])
    raised = update(knowledge_index).values(generation=knowledge_index.c.generation + 1, updated_at=now)
    return int(connection.execute(raised.returning(knowledge_index.c.generation)).scalar_one())


def insert_new(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert those rows that are not there yet, whoever else inserts them at the same time."""
    if rows:
        into = _INSERTS[connection.dialect.name](table)
        connection.execute(into.on_conflict_do_nothing(), [dict(row) for row in rows])
