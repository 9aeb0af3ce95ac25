"""A backup of PostgreSQL comes back into an empty server, and rows move between it and a SQLite file either way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import delete, func, insert, null, select, text, update

from core.errors import BadInput, Conflict
from core.operations.archived_rows import lines_of
from core.operations.backup import back_up
from core.operations.restoring import restore, what_is_here
from core.security.policy import LOCAL_ANALYST
from core.storage.all_tables import metadata
from core.storage.audit import note_now, verify
from core.storage.database import reading, utc_now, writing
from core.storage.migrations import is_current, migrate
from core.storage.tables import finding_acceptances, job_events, jobs
from tests.postgres import server as servers
from tests.postgres.conftest import home_on, settle
from tests.postgres.server import Server

EVENTS = 30


@contextmanager
def place_for(kind: str, folder: Path, server: Server) -> Iterator[None]:
    """A new home without tables, in a file or on the server."""
    folder.mkdir(exist_ok=True)
    url = servers.empty_database(server) if kind == "postgresql" else f"sqlite:///{folder / 'data' / 'workbench.db'}"
    with home_on(url, folder):
        yield
    if kind == "postgresql":
        servers.drop_database(url, server)


def fill() -> None:
    """Rows of every kind of value, and numbers that the database hands out."""
    now = utc_now()
    for result in ({"a": [1, None, "é한"]}, None):
        with writing() as connection:
            connection.execute(insert(jobs).values(
                id=f"job-{result is None}", owner="o", notebook="n", room="r", parameters={"x": "\x00"}, state="lost",
                attempt=1, created_at=now, cancel_requested=0, step="", fraction=0.1 + 0.2, result=result,
                error=null()))  # fmt: skip
    with writing() as connection:
        for number in range(EVENTS):
            connection.execute(insert(job_events).values(
                owner="o", job_id="job-True", at=now, kind="log", payload={"text": f"한글 {number}"}))  # fmt: skip
    for number in range(3):
        note_now(LOCAL_ANALYST, "dataset.exported", f"d{number}", bytes=number)


def told() -> dict[str, list[bytes]]:
    """Every row of every table, as it is archived; only the log of what was done goes on."""
    with reading() as connection:
        return {name: list(lines_of(connection, one)) for name, one in metadata.tables.items() if name != "audit_log"}


@pytest.mark.parametrize(
    ("source", "target"), [("postgresql", "postgresql"), ("sqlite", "postgresql"), ("postgresql", "sqlite")]
)
def test_when_a_backup_is_restored_into_an_empty_database_then_every_row_is_there_and_numbers_go_on(
    server: Server, tmp_path: Path, source: str, target: str
) -> None:
    with place_for(source, tmp_path / "old", server):
        migrate()
        fill()
        before = told()
        made = back_up(tmp_path / "backups", principal=LOCAL_ANALYST)
    assert made.manifest is not None
    assert made.manifest.database == source

    with place_for(target, tmp_path / "new", server):
        restored = restore(made.path, principal=LOCAL_ANALYST)

        assert (told(), is_current()) == (before, True)
        assert restored.rows == made.manifest.rows
        assert (verify(principal=LOCAL_ANALYST).is_intact, verify(principal=LOCAL_ANALYST).entries) == (True, 4)
        with writing() as connection:
            connection.execute(insert(job_events).values(owner="o", job_id="j", at=utc_now(), kind="log", payload={}))
            connection.execute(insert(finding_acceptances).values(
                dataset_id="d", owner="o", code="c", reason="", created_at=utc_now()))  # fmt: skip
        with reading() as connection:
            assert connection.execute(select(func.max(job_events.c.id))).scalar() == EVENTS + 1
            assert connection.execute(select(finding_acceptances.c.id)).scalar() == 1


def test_when_the_server_holds_rows_then_they_stay_unless_they_are_to_be_replaced(
    postgres_home: Path, tmp_path: Path
) -> None:
    fill()
    made = back_up(tmp_path / "backups", principal=LOCAL_ANALYST)
    before = told()
    with writing() as connection:
        connection.execute(delete(job_events))
        connection.execute(update(jobs).values(step="changed since"))

    with pytest.raises(Conflict):
        restore(made.path, principal=LOCAL_ANALYST)
    restore(made.path, replace=True, principal=LOCAL_ANALYST)

    assert told() == before


@pytest.mark.parametrize("value", ["a\x00b", "too long for its column " * 20])
def test_when_a_row_of_sqlite_fits_into_no_column_of_postgresql_then_the_sentence_names_it_and_nothing_is_kept(
    server: Server, tmp_path: Path, value: str
) -> None:
    with place_for("sqlite", tmp_path / "old", server):
        migrate()
        fill()
        with writing() as connection:
            connection.execute(update(jobs).where(jobs.c.id == "job-True").values(notebook=value))
        made = back_up(tmp_path / "backups", principal=LOCAL_ANALYST)

    with place_for("postgresql", tmp_path / "new", server):
        with pytest.raises(BadInput, match="jobs"):
            restore(made.path, principal=LOCAL_ANALYST)
        settle()
        assert what_is_here() == ""


def test_when_rows_are_written_meanwhile_then_the_backup_is_of_one_moment(postgres_home: Path, tmp_path: Path) -> None:
    from core.storage.database import snapshot

    with snapshot() as connection:
        assert connection.execute(select(func.count()).select_from(job_events)).scalar() == 0
        with writing() as other:
            other.execute(insert(job_events).values(owner="o", job_id="j", at=utc_now(), kind="log", payload={}))
        assert connection.execute(select(func.count()).select_from(job_events)).scalar() == 0
        assert connection.execute(text("SHOW transaction_isolation")).scalar() == "repeatable read"
