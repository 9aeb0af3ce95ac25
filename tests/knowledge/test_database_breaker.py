"""A database of records that does not answer is left alone for a while; one that refuses a statement is not."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.errors import BadInput, Unavailable
from core.knowledge.ingestion.database_source import query
from core.resilience import breakers
from core.security.policy import LOCAL_ANALYST

Configure = Callable[..., object]


@pytest.fixture(autouse=True)
def fresh(home: Path) -> Iterator[None]:
    breakers._breakers.clear()
    yield
    breakers._breakers.clear()


def test_when_a_database_is_away_several_times_then_it_is_left_alone(settings_from: Configure, tmp_path: Path) -> None:
    settings_from(WORKBENCH_KNOWLEDGE_DATABASES=f"desk=sqlite:///{tmp_path}/none.db")

    for _ in range(5):
        with pytest.raises(Unavailable, match="desk"):
            query("desk", "SELECT 1", principal=LOCAL_ANALYST)

    with pytest.raises(Unavailable, match="left alone"):
        query("desk", "SELECT 1", principal=LOCAL_ANALYST)


def test_when_a_database_refuses_statements_then_it_counts_as_answering(
    settings_from: Configure, tmp_path: Path
) -> None:
    sqlite3.connect(tmp_path / "desk.db").close()
    settings_from(WORKBENCH_KNOWLEDGE_DATABASES=f"desk=sqlite:///{tmp_path}/desk.db")

    for _ in range(6):
        with pytest.raises(BadInput):
            query("desk", "SELECT * FROM nowhere", principal=LOCAL_ANALYST)

    assert query("desk", "SELECT 1 AS one", principal=LOCAL_ANALYST) == [{"one": 1}]
