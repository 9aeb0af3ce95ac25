"""The short way to one row gives what the long way gives, at every moment."""

from __future__ import annotations

import sqlite3
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import bindparam, insert, select, update

from core.errors import Unavailable
from core.settings.current import get_settings
from core.storage.database import reading, writing
from core.storage.quick_reading import QuickQuestion
from core.storage.tables import accounts

AT = datetime(2026, 2, 3, 4, 5, 6, 789, tzinfo=UTC)
QUESTION = QuickQuestion(
    select(accounts.c.id, accounts.c.display_name, accounts.c.client_fields, accounts.c.created_at,
           accounts.c.disabled_at).where(accounts.c.login_key == bindparam("wanted"))
)  # fmt: skip


@pytest.fixture
def ana(home: Path) -> Path:
    row = {
        "id": "a" * 36, "owner": "a" * 36, "login_name": "Ana", "login_key": "ana", "display_name": "아나",
        "role": "user", "kind": "personal", "password_hash": "-", "client_fields": {"sex": None}, "created_at": AT,
        "password_changed_at": AT,
    }  # fmt: skip
    with writing() as connection:
        connection.execute(insert(accounts).values(**row))
    return home


def test_when_a_row_is_asked_for_then_it_is_the_one_that_the_pool_gives(ana: Path) -> None:
    with reading() as connection:
        expected = connection.execute(QUESTION.query, {"wanted": "ana"}).mappings().one()

    found = QUESTION.first("ana")

    assert found is not None
    assert dict(found) == dict(expected)
    assert found["created_at"] == AT
    assert QUESTION.first("nobody") is None


def test_when_another_connection_writes_then_the_next_look_sees_it(ana: Path) -> None:
    assert QUESTION.first("ana")["disabled_at"] is None  # type: ignore[index]

    with writing() as connection:
        connection.execute(update(accounts).values(disabled_at=AT))

    assert QUESTION.first("ana")["disabled_at"] == AT  # type: ignore[index]


def test_when_somebody_holds_the_write_lock_then_the_look_does_not_wait_for_it(ana: Path) -> None:
    seen: list[object] = []
    with writing() as connection:
        connection.execute(update(accounts).values(disabled_at=AT))
        looking = threading.Thread(target=lambda: seen.append(QUESTION.first("ana")))
        looking.start()
        looking.join(10)
        assert not looking.is_alive()

    assert seen[0]["disabled_at"] is None  # type: ignore[index]


@pytest.mark.sqlite
def test_when_the_home_is_another_then_its_database_answers(
    ana: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert QUESTION.first("ana") is not None

    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path_factory.mktemp("other")))
    get_settings.cache_clear()

    with pytest.raises(Unavailable) as missing:
        QUESTION.first("ana")
    assert missing.value.key == "storage.database_down"
    assert not (get_settings().data_dir / "workbench.db").exists()


@pytest.mark.sqlite
def test_when_the_tables_are_missing_then_it_says_so(home: Path) -> None:
    place = home / "data" / "workbench.db"
    with sqlite3.connect(place) as connection:
        connection.execute("DROP TABLE accounts")

    with pytest.raises(Unavailable) as missing:
        QUESTION.first("ana")

    assert missing.value.key == "storage.not_migrated"
