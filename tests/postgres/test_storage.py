"""What PostgreSQL does differently: texts it refuses, zones, several writers, and a server that goes away."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select, text, update

from core.errors import BadInput, StorageFull, Unavailable, WorkbenchError
from core.security.policy import LOCAL_ANALYST
from core.settings.current import get_settings
from core.storage import audit, postgresql
from core.storage.database import engine, reading, utc_now, writing
from core.storage.tables import dictionary_entries, job_events
from tests.postgres import server as servers
from tests.postgres.conftest import home_on
from tests.postgres.server import Server


def event(**changed: object) -> dict[str, object]:
    return {"owner": "o", "job_id": "j", "at": utc_now(), "kind": "log", "payload": {}, **changed}


def add(**changed: object) -> None:
    with writing() as connection:
        connection.execute(insert(job_events).values(**event(**changed)))


def count() -> int:
    with reading() as connection:
        return int(connection.execute(select(func.count()).select_from(job_events)).scalar_one())


@pytest.mark.parametrize("changed", [{"owner": "a\x00b"}, {"owner": "long" * 100}, {"id": 2**40}, {"owner": "\ud800"}])
def test_when_a_value_fits_into_no_column_then_it_is_refused_and_nothing_is_kept(
    postgres_home: Path, changed: dict[str, object]
) -> None:
    with pytest.raises(BadInput) as refused:
        add(**changed)

    assert refused.value.key == "storage.not_storable"
    assert count() == 0


def test_when_the_server_thinks_in_another_zone_then_times_come_back_in_utc(postgres_home: Path) -> None:
    at = datetime(2026, 3, 1, 23, 30, 0, 123_456, tzinfo=UTC)
    add(at=at)

    with reading() as connection:
        found = connection.execute(select(job_events.c.at)).scalar_one()
        zone = connection.execute(text("SHOW timezone")).scalar_one()

    assert (found, found.utcoffset().total_seconds(), found.date()) == (at, 0, at.date())
    assert zone == "UTC"


def test_when_eight_write_entries_at_once_then_the_chain_of_seals_is_whole(postgres_home: Path) -> None:
    def write(number: int) -> None:
        with writing(alone=False) as connection:
            connection.execute(insert(job_events).values(**event(job_id=f"j{number}")))
            audit.note(connection, LOCAL_ANALYST, "job.submitted", f"j{number}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(80)))

    told = audit.verify(principal=LOCAL_ANALYST)
    assert (told.is_intact, told.entries, count()) == (True, 80, 80)


def test_when_writers_rely_on_what_they_read_then_each_sees_all_earlier_ones(postgres_home: Path) -> None:
    def write(_: int) -> None:
        with writing() as connection:
            seen = connection.execute(select(func.count()).select_from(job_events)).scalar_one()
            connection.execute(insert(job_events).values(**event(payload={"number": seen})))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(40)))

    with reading() as connection:
        assert sorted(one["number"] for one in connection.execute(select(job_events.c.payload)).scalars()) == list(
            range(40)
        )


def test_when_two_hold_what_the_other_wants_then_one_is_told_to_try_again_and_nothing_of_it_is_kept(
    postgres_home: Path,
) -> None:
    add(id=1)
    add(id=2)
    meeting, problems = threading.Barrier(2, timeout=20), []

    def cross(first: int, second: int) -> None:
        try:
            with writing(alone=False) as connection:
                for number in (first, second):
                    row = update(job_events).where(job_events.c.id == number)
                    connection.execute(row.values(payload={"by": first}))
                    if number == first:
                        meeting.wait()
        except WorkbenchError as error:
            problems.append(error.key)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(cross, (1, 2), (2, 1)))

    assert problems == ["storage.database_busy"]
    with reading() as connection:
        assert len({str(one) for one in connection.execute(select(job_events.c.payload)).scalars()}) == 1


def test_when_a_writer_never_lets_go_then_the_next_is_told_so_and_reads_go_on(
    postgres_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(postgresql._CONNECTING, "options", "-c lock_timeout=300")
    engine.cache_clear()
    with writing(), ThreadPoolExecutor(1) as pool:
        assert pool.submit(count).result(20) == 0
        assert isinstance(pool.submit(add).exception(20), Unavailable)

    add()
    assert count() == 1


def test_when_more_ask_than_the_pool_has_connections_then_the_last_is_told_to_wait(
    postgres_home: Path, monkeypatch: pytest.MonkeyPatch, settings_from
) -> None:
    monkeypatch.setattr(postgresql, "POOL_TIMEOUT_S", 0.2)
    settings_from(WORKBENCH_DATABASE_POOL="1")
    engine.cache_clear()
    with reading() as one, reading() as two:
        for connection in (one, two):
            connection.execute(select(1))
        with pytest.raises(Unavailable) as refused, reading():
            pass
    assert refused.value.key == "storage.database_busy"


def test_when_the_server_restarts_or_is_killed_then_one_sentence_says_so_and_the_next_request_works(
    own_server: Server, tmp_path: Path
) -> None:
    with home_on(servers.fresh_database(own_server), tmp_path):
        add()
        with pytest.raises(Unavailable, match="does not answer"), writing() as connection:
            connection.execute(insert(job_events).values(**event()))
            own_server.restart()
        assert count() == 1  # the connection of the pool is dead, which nobody notices

        own_server.stop(kill=True)
        with pytest.raises(Unavailable, match="does not answer"):
            count()
        with pytest.raises(Unavailable, match="does not answer"):
            add()
        own_server.start()
        add()
        assert count() == 2


def test_when_the_database_or_the_user_is_not_there_then_it_is_not_taken_for_one_without_tables(
    server: Server, tmp_path: Path
) -> None:
    with home_on(server.url("nobody_made_this"), tmp_path):
        with pytest.raises(Unavailable) as refused:
            count()
        assert refused.value.key == "storage.database_down"
        assert get_settings().resolved_database_url.endswith("nobody_made_this")


def test_when_the_disk_of_the_server_is_full_then_it_is_said(postgres_home: Path) -> None:
    full = "DO $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$"
    with pytest.raises(StorageFull), writing() as connection:
        connection.execute(text(full))


def test_when_a_column_is_asked_for_in_order_then_letters_sort_as_people_sort_them(postgres_home: Path) -> None:
    with writing() as connection:
        for name in ("b", "A", "가", "a", "B"):
            connection.execute(insert(dictionary_entries).values(
                owner="o", room="r", column=name, label_ko="", label_en="", description="", unit="",
                updated_at=utc_now()))  # fmt: skip
    with reading() as connection:
        ordered = list(
            connection.execute(select(dictionary_entries.c.column).order_by(dictionary_entries.c.column)).scalars()
        )
    assert [one.lower() for one in ordered] in (["가", "a", "a", "b", "b"], ["a", "a", "b", "b", "가"])
