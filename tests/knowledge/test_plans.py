"""A plan tells file by file what would be done, and changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import BadInput, Conflict
from core.knowledge.ingestion.carrying_out import run_ingestion
from core.knowledge.ingestion.plans import discard_plan, list_ingestions, list_items, plan
from core.knowledge.ingestion.requests import cancel_ingestion
from core.knowledge.ingestion.sources import archive, files
from tests.knowledge.collections_home import ANA, HashEncoder, filled
from tests.knowledge.ingestions_home import collection, documents, text
from tests.zips import zipped


def test_when_planned_then_every_file_has_its_action_and_nothing_has_changed(database: Path) -> None:
    collection_id = filled(same=text("same"), old=text("old"), gone=text("gone"))
    contents = {"same.md": text("same"), "old.md": text("newer"), "fresh.md": text("fresh")}

    made = plan(collection_id, archive(zipped(contents), name="a.zip", is_whole=True), principal=ANA)

    assert {one.name: one.action for one in list_items(made.id, principal=ANA)} == {
        "same.md": "unchanged", "old.md": "change", "fresh.md": "add", "gone": "remove"
    }  # fmt: skip
    assert (made.state, made.changes_something) == ("planned", True)
    assert [one.version for one in documents(collection_id)] == [1, 1, 1]


def test_when_a_source_is_not_the_whole_then_what_it_lacks_stays(database: Path) -> None:
    collection_id = filled(one=text("one"))

    made = plan(collection_id, files({"two.md": text("two")}), principal=ANA)

    assert dict(made.actions) == {"add": 1}


def test_when_a_plan_is_cancelled_or_discarded_before_it_begins_then_nothing_is_done(database: Path) -> None:
    collection_id = collection()
    first, second = (plan(collection_id, files({"a.md": text("a")}), principal=ANA) for _ in range(2))

    assert cancel_ingestion(first.id, principal=ANA).state == "cancelled"
    discard_plan(second.id, principal=ANA)

    assert run_ingestion(first.id, load_encoder=HashEncoder, principal=ANA).state == "cancelled"
    assert [one.id for one in list_ingestions(principal=ANA)] == [first.id]
    assert documents(collection_id) == []
    with pytest.raises(Conflict, match="ended already"):
        cancel_ingestion(first.id, principal=ANA)


def test_when_the_source_fails_as_a_whole_then_no_plan_is_kept(database: Path) -> None:
    with pytest.raises(BadInput, match="damaged"):
        plan(collection(), archive(b"PK\x03\x04 broken", name="a.zip"), principal=ANA)
    assert list_ingestions(principal=ANA) == ()


def test_when_a_file_stands_in_a_source_twice_then_the_second_is_refused(database: Path) -> None:
    inner = zipped({"a.md": text("other")})

    made = plan(collection(), files({"a.md": text("a"), "b.zip": inner}), principal=ANA)

    assert [(one.action, one.state) for one in list_items(made.id, principal=ANA)] == [
        ("add", "waiting"), ("refuse", "failed")
    ]  # fmt: skip
