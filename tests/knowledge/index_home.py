"""An encoder that also hears questions, and an index that belongs to one test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from core.errors import Unavailable
from core.knowledge.retrieval import find, index
from tests.knowledge.collections_home import HashEncoder


@dataclass
class HashModel(HashEncoder):
    """The same vectors for questions. is_away: it answers nothing."""

    is_away: bool = False

    def embed_query(self, text: str) -> NDArray[np.float32]:
        if self.is_away:
            raise Unavailable("embeddings.unavailable", encoder=self.id, reason="down")
        return np.asarray(self.embed_passages([text])[0])


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
