"""Whose rows a query returns, and that nothing decides it on its own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from core.security.policy import Principal, Role, may_see
from core.storage.database import reading, utc_now, writing
from core.storage.ownership import visible
from core.storage.tables import datasets
from tests.conftest import PROJECT

HOMES = {"core/security/policy.py", "core/storage/ownership.py"}
OF_ITS_OWN = re.compile(r"sees_everything|role (?:is|==) Role\.ADMIN")


def keep_rows(*owners: str) -> None:
    empty = {column.name: "" for column in datasets.c if not column.nullable}
    about = {
        "bytes": 1,
        "rows": 1,
        "columns": [],
        "mapping": {},
        "profile": {},
        "findings": [],
        "created_at": utc_now(),
    }
    with writing() as connection:
        for owner in owners:
            connection.execute(insert(datasets).values({**empty, **about, "id": owner, "owner": owner}))


@pytest.mark.parametrize(
    ("role", "also", "seen"),
    [
        (Role.ADMIN, (), {"ana", "ben", "system"}),
        (Role.DEVELOPER, (), {"ana"}),
        (Role.ANALYST, ("system",), {"ana", "system"}),
        (Role.GUEST, (), {"ana"}),
    ],
)
def test_when_rows_are_narrowed_then_everybody_sees_their_own_and_an_administrator_all(
    home: Path, role: Role, also: tuple[str, ...], seen: set[str]
) -> None:
    keep_rows("ana", "ben", "system")
    query = select(datasets.c.id).where(visible(datasets, Principal("ana", role), *also))

    with reading() as connection:
        assert set(connection.execute(query).scalars()) == seen


def test_when_one_owner_is_known_then_the_answer_is_the_one_of_the_query() -> None:
    ana, admin = Principal("ana", Role.RESEARCHER), Principal("root", Role.ADMIN)

    assert [may_see(ana, owner) for owner in ("ana", "ben", None)] == [True, False, False]
    assert [may_see(admin, owner) for owner in ("ana", "root", None)] == [True, True, False]


def test_when_code_asks_whose_something_is_then_it_asks_in_the_one_place() -> None:
    files = (path for folder in ("core", "app", "pages") for path in (PROJECT / folder).rglob("*.py"))
    found = {path.relative_to(PROJECT).as_posix() for path in files if OF_ITS_OWN.search(path.read_text("utf-8"))}

    assert found - HOMES == set()
