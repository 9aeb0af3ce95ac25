"""An index that belongs to one test, and the encoder that it is asked with."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.knowledge.retrieval import find, index
from tests.knowledge.collections_home import HashModel


@pytest.fixture
def model(database: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HashModel]:
    """What find asks in this test; nothing of an earlier index is left."""
    index._serving.cache_clear()
    shutil.rmtree(index.index_folder(), ignore_errors=True)
    found = HashModel()
    monkeypatch.setattr(find, "text_model", lambda: found)
    yield found
    index._serving.cache_clear()


def index_files(name: str) -> list[Path]:
    """The files of that name in the newest snapshot of each encoder."""
    return sorted(index.index_folder().glob(f"*/*/{name}"))
