"""A home that the tests here share and find empty, with passwords that are hashed cheaply."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete

from core.accounts.accounts import Account, create_account
from core.accounts.organisations import Organisation, create_organisation
from core.security.policy import LOCAL_ANALYST
from core.storage import tables
from core.storage.database import writing
from core.storage.migrations import migrate
from tests.conftest import _forget_process_state

PASSWORD = "네 개의 낱말 correct"
NOON = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)
OURS = (tables.accounts, tables.organisations, tables.sessions, tables.refresh_tokens, tables.sign_in_attempts)


@pytest.fixture(scope="session")
def shared_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("accounts")


@pytest.fixture(autouse=True)
def empty_home(shared_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Emptied rather than made anew, which takes longer than most of the tests."""
    monkeypatch.setenv("WORKBENCH_HOME", str(shared_home))
    monkeypatch.setenv("WORKBENCH_PASSWORD_MEMORY_MB", "1")
    monkeypatch.setenv("WORKBENCH_PASSWORD_PASSES", "1")
    _forget_process_state()
    migrate()
    with writing() as connection:
        for table in OURS:
            connection.execute(delete(table))
    yield shared_home
    _forget_process_state()


@pytest.fixture
def person() -> Account:
    return person_named("minji")


@pytest.fixture
def school() -> Organisation:
    return create_organisation("한빛고등학교", session_code="HB-2026", principal=LOCAL_ANALYST)


def person_named(login_name: str, **values: Any) -> Account:
    values = {"display_name": "김민지", **values}
    return create_account(login_name, PASSWORD, principal=LOCAL_ANALYST, **values)
