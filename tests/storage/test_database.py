"""Migrations build exactly the tables of the code; writers wait for each other; times keep their zone."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import BigInteger, Text, bindparam, cast, func, insert, inspect, select, text

from core.errors import BadInput, Unavailable
from core.settings.current import get_settings
from core.storage.all_tables import metadata
from core.storage.database import engine, reading, utc_now, writing
from core.storage.migrations import is_current, is_current_sqlite, migrate
from core.storage.tables import job_events
from tests.conftest import ON_POSTGRESQL


def event(number: int) -> dict[str, object]:
    return {"owner": "o", "job_id": "j", "at": utc_now(), "kind": "log", "payload": {"number": number}}


def test_when_migrated_then_the_schema_is_that_of_the_code(home: Path) -> None:
    with reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_when_migrated_down_and_up_then_it_is_current_again(home: Path) -> None:
    migrate("base")
    assert not is_current()
    assert inspect(engine()).get_table_names() == ["alembic_version"]

    migrate()

    assert is_current()
    assert is_current_sqlite(str(engine().url)) is not ON_POSTGRESQL


def test_when_every_table_is_listed_then_each_row_has_an_owner() -> None:
    assert [name for name, table in metadata.tables.items() if "owner" not in table.c] == []


def test_when_the_database_was_never_prepared_then_the_error_says_what_to_run(home: Path) -> None:
    migrate("base")

    with pytest.raises(Unavailable, match="make run"), reading() as connection:
        connection.execute(select(job_events))


@pytest.mark.sqlite
def test_when_sqlite_is_opened_then_it_is_in_wal_mode(home: Path) -> None:
    with reading() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"


@pytest.mark.sqlite
def test_when_the_file_was_noise_for_a_while_then_that_is_said_and_the_good_one_is_read_again(home: Path) -> None:
    with writing() as connection:
        connection.execute(insert(job_events).values(**event(7)))
    with closing(sqlite3.connect(get_settings().data_dir / "workbench.db")) as log:
        log.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    good = (get_settings().data_dir / "workbench.db").read_bytes()
    put_into_the_open_file((good[:100] + b"noise " * len(good))[: len(good)])

    with pytest.raises(Unavailable) as told, reading() as connection:
        connection.execute(select(job_events)).all()
    assert told.value.key == "storage.database_down"
    put_into_the_open_file(good)

    with reading() as connection:
        assert [row.payload["number"] for row in connection.execute(select(job_events))] == [7]


def put_into_the_open_file(content: bytes) -> None:
    with (get_settings().data_dir / "workbench.db").open("r+b") as file:
        file.write(content)


def test_when_many_write_at_once_then_every_row_is_kept(home: Path) -> None:
    def write(number: int) -> None:
        with writing() as connection:
            seen = connection.execute(select(func.count()).select_from(job_events)).scalar_one()
            connection.execute(insert(job_events).values(**event(seen)))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(40)))

    with reading() as connection:
        numbers = [row.payload["number"] for row in connection.execute(select(job_events))]
    assert sorted(numbers) == list(range(40))  # each writer saw all earlier ones


def test_when_a_transaction_fails_then_nothing_of_it_is_kept(home: Path) -> None:
    with pytest.raises(RuntimeError), writing() as connection:
        connection.execute(insert(job_events).values(**event(1)))
        raise RuntimeError

    with reading() as connection:
        assert connection.execute(select(func.count()).select_from(job_events)).scalar() == 0


def test_when_a_time_is_read_back_then_it_is_the_same_instant_in_utc(home: Path) -> None:
    row = event(1)
    with writing() as connection:
        connection.execute(insert(job_events).values(**row))
    with reading() as connection:
        assert connection.execute(select(job_events.c.at)).scalar() == row["at"]


@pytest.mark.parametrize("value", [2**63, "\ud800"])
def test_when_a_value_fits_into_no_column_then_it_is_refused_as_bad_input(home: Path, value: object) -> None:
    with pytest.raises(BadInput, match="larger than the database"), reading() as connection:
        kind = BigInteger() if isinstance(value, int) else Text()
        connection.execute(select(cast(bindparam("value"), kind)), {"value": value})
