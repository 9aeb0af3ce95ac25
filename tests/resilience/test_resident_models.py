"""Models in memory: loaded once, replaced by a new version, unloaded to keep a budget."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.resilience.resident_models import ResidentModels


def test_when_many_ask_at_once_then_the_model_is_loaded_once() -> None:
    models, loads, gate = ResidentModels(100), [], threading.Event()

    def load() -> object:
        loads.append(1)
        gate.wait(5)
        return object()

    with ThreadPoolExecutor(8) as pool:
        futures = [pool.submit(models.get, "a", "1", load) for _ in range(8)]
        gate.set()
        found = {id(future.result()) for future in futures}

    assert len(loads) == 1
    assert len(found) == 1


def test_when_a_new_version_is_asked_for_then_it_replaces_the_old_one() -> None:
    models = ResidentModels(100)
    models.get("a", "1", lambda: "old", size_bytes=1)

    assert models.get("a", "2", lambda: "new", size_bytes=1) == "new"
    assert models.loaded()["a"]["version"] == "2"


def test_when_a_new_version_cannot_be_loaded_then_the_error_is_passed_on_and_the_next_call_tries_again() -> None:
    models = ResidentModels(100)

    def broken() -> str:
        raise OSError("no such file")

    with pytest.raises(OSError, match="no such file"):
        models.get("a", "1", broken)
    assert models.get("a", "1", lambda: "there", size_bytes=1) == "there"


def test_when_the_budget_is_exceeded_then_the_least_recently_used_goes_first() -> None:
    models = ResidentModels(10)
    models.get("a", "1", lambda: "a", size_bytes=4)
    models.get("b", "1", lambda: "b", size_bytes=4)
    models.get("a", "1", lambda: "never loaded again", size_bytes=4)

    models.get("c", "1", lambda: "c", size_bytes=4)

    assert sorted(models.loaded()) == ["a", "c"]


def test_when_one_model_is_larger_than_the_budget_then_it_is_served_alone() -> None:
    models = ResidentModels(10)
    models.get("a", "1", lambda: "a", size_bytes=4)

    assert models.get("big", "1", lambda: "big", size_bytes=50) == "big"
    assert sorted(models.loaded()) == ["big"]


def test_when_models_are_reported_then_the_one_to_go_first_stands_first_and_can_be_released() -> None:
    models = ResidentModels(budget_bytes=1_000)
    models.get("first", "1", object, size_bytes=400)
    models.get("second", "2", object, size_bytes=500)
    models.get("first", "1", object, size_bytes=400)

    seen = models.report()

    assert [(one.key, one.version, one.size_bytes, one.uses) for one in seen] == [
        ("second", "2", 500, 1),
        ("first", "1", 400, 2),
    ]
    assert seen[0].last_used_at <= seen[1].last_used_at
    assert models.unload("second")
    assert not models.unload("second")
    assert [one.key for one in models.report()] == ["first"]
