"""Conversations over small collections, on one database for each file of tests."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from core.chat import answer_threads, writing
from core.knowledge.retrieval import find
from tests.chat.scripted_model import ScriptedModel
from tests.knowledge.collections_home import HashModel
from tests.knowledge.conftest import database, tables_of_file
from tests.llm.conftest import running_stand_in, stand_in

__all__ = ["database", "running_stand_in", "stand_in", "tables_of_file"]


@pytest.fixture(autouse=True)
def quick_vectors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Vectors from hashes of words, the same that the collections are filled with."""
    monkeypatch.setattr(find, "text_model", HashModel)


@pytest.fixture(autouse=True)
def nothing_left_in_the_making(quick_vectors: None) -> Iterator[None]:
    """No answer outlives its test and writes into the database of the next."""
    yield
    for live in list(answer_threads._live.values()):
        live.stop.set()
    until = time.monotonic() + 20
    while answer_threads._live and time.monotonic() < until:
        time.sleep(0.01)


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedModel]:
    """The model of the role "service"."""
    scripted = ScriptedModel()
    monkeypatch.setattr(writing, "chat_model_for", lambda role: scripted)
    yield scripted
    scripted.goes_on.set()
