"""What is repeated beside the jobs: removed things are forgotten in time, unnamed files go, the index keeps up."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from core.knowledge.documents import list_documents, remove_documents
from core.knowledge.originals import keep_original
from core.knowledge.retrieval.index import bring_up_to_date, index_folder
from core.knowledge.upkeep import drop_old_indexes, drop_unused_originals, keep_up
from tests.knowledge.collections_home import ANA, POLICY, HashModel, filled
from tests.knowledge.index_home import index_files, model

__all__ = ["model"]
DAY_S = 24 * 3600.0


def aged(path: Path, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(path, (then, then))


def originals(home: Path) -> set[str]:
    return {one.name for one in (home / "data" / "documents").iterdir()}


def test_when_nothing_is_there_then_a_round_does_nothing(model: HashModel) -> None:
    keep_up()
    assert not index_folder().exists() or not index_files("facts.json")


def test_when_documents_change_then_a_round_brings_the_index_up_to_date(model: HashModel) -> None:
    filled(policy=POLICY)
    keep_up()
    assert len(index_files("dense.rows.npy")) == 1


def test_when_removed_things_are_older_than_the_days_kept_then_a_round_forgets_them(
    model: HashModel, database: Path, settings_from: Callable[..., object]
) -> None:
    filled(policy=POLICY)
    remove_documents([one.id for one in list_documents(principal=ANA).documents], principal=ANA)

    settings_from(WORKBENCH_KNOWLEDGE_KEEP_DAYS="1")
    keep_up()
    kept = len(originals(database))
    settings_from(WORKBENCH_KNOWLEDGE_KEEP_DAYS="0")
    keep_up()

    assert (kept, len(originals(database))) == (1, 0)


def test_when_nobody_names_a_file_for_a_day_then_it_goes_and_the_others_stay(model: HashModel, database: Path) -> None:
    filled(policy=POLICY)
    (named,) = originals(database)
    old, brought_again, new = (keep_original(content) for content in (b"old", b"again", b"new"))
    half = database / "data" / "documents" / f".{old}.half"
    half.write_bytes(b"ol")
    for one in (named, old, brought_again, half.name):
        aged(half.with_name(one), 2 * DAY_S)
    keep_original(b"again")

    assert drop_unused_originals() == 2
    assert originals(database) == {named, brought_again, new}


def test_when_an_encoder_is_used_no_more_then_its_index_goes(model: HashModel) -> None:
    filled(policy=POLICY)
    bring_up_to_date(encoder_id="hash-0")
    filled(rule=b"# Rule\n\nThe first rule stands.\n")
    bring_up_to_date(encoder_id="hash-1")
    for one in index_folder().iterdir():
        aged(one, 2 * DAY_S)

    drop_old_indexes()

    assert len(list(index_folder().iterdir())) == 1 and len(index_files("dense.rows.npy")) == 1
