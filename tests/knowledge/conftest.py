"""One database for all tests of a file, emptied for each: statements are compiled once, nothing is migrated."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete

from tests.conftest import process_home


@pytest.fixture(scope="module")
def tables_of_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home folder with every table as the code has it; that the migration builds the same is tested elsewhere."""
    from core.storage.database import writing
    from core.storage.tables import metadata

    home = tmp_path_factory.mktemp("home")
    with process_home(home, migrated=False):
        with writing() as connection:
            metadata.create_all(connection)
        yield home


@pytest.fixture
def database(tables_of_file: Path) -> Path:
    """The home folder with empty tables and no stored files."""
    from core.storage.database import writing
    from core.storage.tables import metadata

    with writing() as connection:
        for table in metadata.sorted_tables:
            connection.execute(delete(table))
    shutil.rmtree(tables_of_file / "data" / "documents", ignore_errors=True)
    return tables_of_file
