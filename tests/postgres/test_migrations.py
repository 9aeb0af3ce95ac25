"""Every migration goes up and down on PostgreSQL with rows in its tables, and builds what the code expects."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Table, insert, inspect, select

from core.errors import Unavailable
from core.storage.all_tables import metadata
from core.storage.database import engine, reading, utc_now, writing
from core.storage.migrations import configuration, is_current, known_revisions, migrate
from core.storage.tables import UtcDateTime
from tests.conftest import PROJECT
from tests.postgres import server as servers
from tests.postgres.conftest import home_on
from tests.postgres.server import Server


@pytest.fixture
def bare_home(server: Server, tmp_path: Path) -> Iterator[Path]:
    """A home whose database has no tables yet."""
    url = servers.empty_database(server)
    with home_on(url, tmp_path):
        yield tmp_path
    servers.drop_database(url, server)


def tables_now() -> set[str]:
    return set(inspect(engine()).get_table_names()) - {"alembic_version"}


def fill(connection: Connection) -> int:
    """A row in every table that is there, with a value of its kind in every column of it; how many."""
    there = inspect(connection)
    names = set(there.get_table_names()) & set(metadata.tables)
    for name in names:
        columns = {one["name"] for one in there.get_columns(name)}
        connection.execute(insert(metadata.tables[name]).values(row_for(metadata.tables[name], columns)))
    return len(names)


def row_for(table: Table, columns: set[str]) -> dict[str, object]:
    values: dict[str, object] = {}
    for column in table.columns:
        if column.name in columns:
            kind = column.type.python_type if not isinstance(column.type, UtcDateTime) else None
            values[column.name] = utc_now() if kind is None else {str: "x", dict: {}, bytes: b"x"}.get(kind, 1)
    return values


def test_when_migrated_then_the_schema_is_that_of_the_code(bare_home: Path) -> None:
    migrate()

    with reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    assert is_current()


def test_when_stepped_up_and_down_with_rows_then_each_step_goes_both_ways_and_keeps_what_it_knows(
    bare_home: Path,
) -> None:
    seen = []
    for revision in known_revisions():
        migrate(revision)
        seen.append(tables_now())
        with writing() as connection:
            assert fill(connection) == len(seen[-1])
        command.downgrade(configuration(), "-1")
        assert tables_now() == (seen[-2] if len(seen) > 1 else set())
        migrate(revision)
        with writing() as connection:
            for name in tables_now():
                connection.execute(metadata.tables[name].delete())

    with writing() as connection:
        fill(connection)
    migrate("base")
    assert tables_now() == set()
    migrate()
    assert tables_now() == seen[-1] == set(metadata.tables)


def test_when_two_machines_start_at_once_then_one_migrates_and_the_other_waits(bare_home: Path) -> None:
    with pytest.raises(Unavailable, match="make run"), reading() as connection:
        connection.execute(select(metadata.tables["jobs"].c.id))

    order = [sys.executable, "-c", "from core.storage.migrations import migrate; migrate()"]
    starting = [subprocess.Popen(order, cwd=PROJECT, stderr=subprocess.PIPE) for _ in range(2)]

    assert [(one.communicate(timeout=60)[1][-300:], one.returncode) for one in starting] == [(b"", 0), (b"", 0)]
    assert is_current()
