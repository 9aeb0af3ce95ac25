"""The search index of a process: built once, kept through failures and kills, and never of another database."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import delete

from core.errors import StorageFull, Unavailable
from core.knowledge.index_generations import index_generation
from core.knowledge.retrieval import index, served_snapshots, snapshot_building
from core.knowledge.retrieval.find import find
from core.knowledge.retrieval.index import bring_up_to_date, current_index, newest_encoder
from core.knowledge.retrieval.snapshots import written_generations
from core.storage.database import engine, writing
from core.storage.tables import metadata
from tests.knowledge.collections_home import ANA, POLICY, HashModel, filled
from tests.knowledge.index_home import index_files, model

__all__ = ["model"]
QUESTION = "배송은 며칠이 걸리나요"
RULE = b"# Rule\n\nThe first rule stands.\n"


def folder() -> Path:
    return index._folder("hash-1")


def test_when_nothing_is_published_then_there_is_no_index(model: HashModel) -> None:
    assert current_index("hash-1") is None and bring_up_to_date(encoder_id="hash-1") is None


def test_when_it_is_asked_first_then_it_is_built_and_then_only_mapped(model: HashModel) -> None:
    filled(policy=POLICY)

    first, second = current_index("hash-1"), current_index("hash-1")

    assert first is not None and second is not None
    assert first.size == 2 and first.columns is second.columns and not first.is_behind
    assert first.dense is not None and first.dense.has_vectors.all()
    assert first.generation == index_generation() and newest_encoder() == "hash-1"


def test_when_something_is_brought_in_then_a_small_index_holds_it_at_the_next_question(model: HashModel) -> None:
    filled(policy=POLICY)
    find(QUESTION, principal=ANA)

    filled(rule=RULE)

    assert find("first rule", principal=ANA).passages[0].passage.title == "Rule"


def test_when_building_takes_long_then_the_earlier_one_serves_meanwhile(
    model: HashModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(served_snapshots, "AT_ONCE_S", 0.0)
    filled(policy=POLICY)
    first = find(QUESTION, principal=ANA)
    may_go_on, real = threading.Event(), snapshot_building._write
    monkeypatch.setattr(snapshot_building, "_write", lambda *given: may_go_on.wait(10) and real(*given))

    filled(rule=RULE)
    meanwhile = find(QUESTION, principal=ANA)
    may_go_on.set()
    for thread in threading.enumerate():
        if thread.name == "knowledge_index":
            thread.join(10)
    later = find(QUESTION, principal=ANA)

    assert (first.searched, meanwhile.searched, later.searched) == (2, 2, 3)
    assert [one.key for one in meanwhile.warnings] == ["knowledge.index_behind"] and later.warnings == ()


def test_when_a_build_fails_then_the_earlier_one_serves_and_the_reason_is_told(
    model: HashModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(policy=POLICY)
    find(QUESTION, principal=ANA)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(snapshot_building, "write_snapshot", full)
    filled(rule=RULE)
    found = find(QUESTION, principal=ANA)

    assert found.searched == 2 and [one.key for one in found.warnings] == ["knowledge.index_stuck"]
    assert "disk" in found.warnings[0].text("en")
    with pytest.raises(StorageFull):
        bring_up_to_date(encoder_id="hash-1")


def test_when_the_folder_cannot_be_written_and_there_is_none_yet_then_that_is_said(
    model: HashModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(policy=POLICY)
    index.index_folder().parent.mkdir(parents=True, exist_ok=True)
    index.index_folder().write_text("a file in its place")
    try:
        with pytest.raises(Unavailable, match="could not be written"):
            find(QUESTION, principal=ANA)
    finally:
        index.index_folder().unlink()


def test_when_snapshots_are_deleted_then_they_are_built_again(model: HashModel) -> None:
    filled(policy=POLICY)
    bring_up_to_date(encoder_id="hash-1")
    shutil.rmtree(index.index_folder())
    index._serving.cache_clear()

    assert len(find(QUESTION, principal=ANA).passages) == 2 and len(index_files("facts.json")) == 1


@pytest.mark.parametrize("name", ["columns.ids.npy", "facts.json"])
def test_when_a_snapshot_is_damaged_then_it_is_built_again(model: HashModel, name: str) -> None:
    filled(policy=POLICY)
    bring_up_to_date(encoder_id="hash-1")
    index._serving.cache_clear()
    for file in index_files(name):
        file.write_bytes(b"\x00")

    assert len(find(QUESTION, principal=ANA).passages) == 2


def test_when_the_database_is_another_then_its_numbers_are_not_taken_for_the_same(model: HashModel) -> None:
    filled(policy=POLICY)
    assert find(QUESTION, principal=ANA).generation == 1
    with writing() as connection:
        for table in metadata.sorted_tables:
            connection.execute(delete(table))

    filled(rule=RULE)
    found = find("rule", principal=ANA)

    assert (found.generation, found.searched) == (1, 1) and found.passages[0].passage.title == "Rule"


def test_when_two_processes_build_at_the_same_time_then_both_serve_the_one_snapshot(model: HashModel) -> None:
    filled(policy=POLICY)
    engine().dispose()
    context = multiprocessing.get_context("fork")
    barrier, answers = context.Barrier(2), context.Queue()
    both = [context.Process(target=_serve, args=(barrier, answers)) for _ in range(2)]
    for one in both:
        one.start()
    found = sorted(answers.get(timeout=30) for _ in both)
    for one in both:
        one.join(30)

    assert found == [(1, 2), (1, 2)] and [one.exitcode for one in both] == [0, 0]
    assert written_generations(folder()) == [1]


def _serve(barrier: object, answers: object) -> None:
    barrier.wait(30)  # type: ignore[attr-defined]
    found = current_index("hash-1")
    assert found is not None
    answers.put((found.generation, found.size))  # type: ignore[attr-defined]


def test_when_a_process_is_killed_while_it_builds_then_the_earlier_one_serves_and_the_next_build_works(
    model: HashModel,
) -> None:
    filled(policy=POLICY)
    bring_up_to_date(encoder_id="hash-1")
    filled(rule=RULE)
    engine().dispose()
    context = multiprocessing.get_context("fork")
    is_halfway = context.Event()
    builder = context.Process(target=_hang_halfway, args=(is_halfway,))
    builder.start()
    assert is_halfway.wait(30) and builder.pid is not None
    os.kill(builder.pid, signal.SIGKILL)
    builder.join(30)

    left = list(folder().glob(".writing-*"))
    assert written_generations(folder()) == [1] and len(left) == 1
    index._serving.cache_clear()
    found = bring_up_to_date(encoder_id="hash-1")
    assert found is not None and (found.generation, found.size) == (2, 3)
    assert not list(folder().glob(".writing-*"))


def _hang_halfway(is_halfway: object) -> None:
    """Stops within the first array that is written."""

    def save(*_: object, **__: object) -> None:
        is_halfway.set()  # type: ignore[attr-defined]
        time.sleep(60)

    np.save = save  # type: ignore[assignment]
    bring_up_to_date(encoder_id="hash-1")
