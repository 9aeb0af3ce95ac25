"""A home whose database is a fresh one on a real PostgreSQL server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import process_home
from tests.postgres import server as servers
from tests.postgres.server import Server


@pytest.fixture(scope="session")
def server() -> Server:
    """The server of this run, for whoever leaves it running."""
    return servers.shared_server()


@pytest.fixture(scope="module")
def own_server() -> Iterator[Server]:
    """A server of the tests of one file, that they may stop, kill and start again."""
    with servers.running_server() as running:
        yield running


@contextmanager
def home_on(url: str, folder: Path, **environment: str) -> Iterator[pytest.MonkeyPatch]:
    """A home folder whose database is the one at `url`."""
    with process_home(folder, migrated=False) as patch:
        for name, value in {"WORKBENCH_DATABASE_URL": url, **environment}.items():
            patch.setenv(name, value)
        settle()
        yield patch


def settle() -> None:
    """Settings and engine are read anew; what was open is closed."""
    from tests.conftest import _forget_process_state

    _forget_process_state()


@pytest.fixture
def postgres_home(server: Server, tmp_path: Path) -> Iterator[Path]:
    """A home of this test alone, its database migrated and empty."""
    url = servers.fresh_database(server)
    with home_on(url, tmp_path):
        yield tmp_path
    servers.give_back(url, server)
