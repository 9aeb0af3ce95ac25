"""The first question waits for nothing that could be loaded before it came."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from core.chat import warming
from core.embeddings.text_models import TextModel
from core.errors import Unavailable
from core.knowledge.retrieval import find
from tests.knowledge.collections_home import POLICY, filled


def test_when_there_are_no_documents_then_no_encoder_is_loaded(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[str] = []
    monkeypatch.setattr(find, "text_model", lambda: loaded.append("model"))

    assert warming.warm_up() is False
    assert loaded == []


def test_when_anybody_has_documents_then_they_are_searched_once(database: Path) -> None:
    filled(policy=POLICY)

    assert warming.warm_up() is True


def test_when_the_encoder_is_away_then_words_are_got_ready_and_nothing_is_raised(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> TextModel:
        raise Unavailable("embeddings.unavailable", encoder="e", reason="down")

    filled(policy=POLICY)
    monkeypatch.setattr(find, "text_model", away)

    assert warming.warm_up() is True


def test_when_the_documents_come_later_then_it_is_tried_again_until_they_are_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers, is_warm = [False, False, True], threading.Event()

    def warm_up() -> bool:
        found = answers.pop(0)
        if found:
            is_warm.set()
        return found

    monkeypatch.setattr(warming, "_begun", [])
    monkeypatch.setattr(warming, "AGAIN_EVERY_S", 0.01)
    monkeypatch.setattr(warming, "warm_up", warm_up)
    warming.begin_warming()
    warming.begin_warming()  # both faces in one process, or a probe

    assert is_warm.wait(10)
    assert answers == []
