"""A plan is carried out file by file: what cannot be read or embedded is told, and the others go on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sqlalchemy import select

from core.errors import Unavailable
from core.knowledge.collections import create_collection
from core.knowledge.documents import remove_documents
from core.knowledge.index_generations import index_generation
from core.knowledge.ingestion.carrying_out import BEHIND, Progress, run_ingestion
from core.knowledge.ingestion.plans import list_items, plan
from core.knowledge.ingestion.sources import archive, files, folder
from core.knowledge.passages.stored import passages_of
from core.storage import knowledge_tables
from core.storage.database import reading
from tests.knowledge.collections_home import ANA, BEN, HashEncoder, filled, ingest
from tests.knowledge.ingestions_home import collection, documents, states, text
from tests.zips import zipped


def stored_vectors() -> int:
    with reading() as connection:
        return len(connection.execute(select(knowledge_tables.passage_vectors.c.words_sha256)).all())


def test_when_carried_out_then_documents_are_added_changed_and_removed(database: Path) -> None:
    collection_id = filled(same=text("same"), old=text("old"), gone=text("gone"))
    contents = {"same.md": text("same"), "old.md": text("newer"), "fresh.md": text("fresh")}

    ended = ingest(collection_id, archive(zipped(contents), name="a.zip", is_whole=True))

    assert (ended.state, ended.stage, ended.fraction) == ("completed", "completion", 1.0)
    assert {one.source_key: one.version for one in documents(collection_id)} == {
        "same.md": 1, "old.md": 2, "fresh.md": 1
    }  # fmt: skip


def test_when_a_removed_file_comes_back_then_its_document_does_with_a_new_version(database: Path) -> None:
    collection_id = filled(one=text("one"))
    (before,) = documents(collection_id)
    remove_documents([before.id], principal=ANA)

    ingest(collection_id, {"one.md": text("one")})

    (after,) = documents(collection_id)
    assert (after.id, after.version) == (before.id, 2)


def test_when_forced_then_files_with_the_same_content_are_read_anew(database: Path) -> None:
    collection_id = filled(one=text("one"))
    encoder = HashEncoder()

    ingest(collection_id, {"one.md": text("one")}, force=True, encoder=encoder)

    assert documents(collection_id)[0].version == 2
    assert encoder.texts == []


def test_when_a_passage_is_known_under_the_encoder_then_it_is_not_embedded_again(database: Path) -> None:
    collection_id = collection()
    first, second, other = HashEncoder(), HashEncoder(), HashEncoder(id="hash-2")
    ingest(collection_id, {"a.md": text("one") + text("two")}, encoder=first)

    ingest(collection_id, {"a.md": text("one") + text("three")}, encoder=second)
    ingest(collection_id, {"a.md": text("one")}, encoder=other)

    assert [len(one.texts) for one in (first, second, other)] == [2, 1, 1]
    assert "three" in second.texts[0]


def test_when_another_collection_knows_a_passage_then_its_vector_is_taken_only_by_those_who_may_read_it(
    database: Path,
) -> None:
    filled(principal=ANA, one=text("one"))
    encoders = HashEncoder(), HashEncoder()

    ingest(collection(), {"copy.md": text("one")}, encoder=encoders[0])
    theirs = create_collection("theirs", principal=BEN)
    ingest(theirs.id, {"copy.md": text("one")}, encoder=encoders[1], principal=BEN)

    assert [len(one.texts) for one in encoders] == [0, 1]


def test_when_a_file_cannot_be_read_then_it_says_why_and_the_others_go_on(database: Path) -> None:
    collection_id = collection()

    ended = ingest(
        collection_id, {"a.md": text("a"), "b.pdf": b"%PDF-1.7 broken", "c.png": b"\x89PNG", "d.md": text("d")}
    )

    failed = [one for one in list_items(ended.id, principal=ANA) if one.state == "failed"]
    assert ended.state == "partial"
    assert [(one.name, one.stage, one.error["key"]) for one in failed if one.error] == [
        ("b.pdf", "data_validation", "knowledge.damaged"), ("c.png", "data_validation", "knowledge.unsupported")
    ]  # fmt: skip
    assert [one.source_key for one in documents(collection_id)] == ["a.md", "d.md"]


def test_when_every_file_fails_then_the_ingestion_has_failed(database: Path) -> None:
    assert ingest(collection(), {"c.png": b"\x89PNG"}).state == "failed"


def test_when_a_new_version_cannot_be_read_then_the_old_one_answers_and_says_it_is_outdated(database: Path) -> None:
    collection_id = filled(one=text("one"))

    ingest(collection_id, {"one.md": b"\x89PNG"})

    (document,) = documents(collection_id)
    assert (document.version, document.state) == (1, "outdated")
    assert len(passages_of(document.id, principal=ANA)) == 1


@pytest.mark.parametrize("answer", [0.0, float("nan")])
def test_when_a_passage_gets_no_vector_then_nothing_of_its_file_is_stored_and_others_are(
    database: Path, answer: float
) -> None:
    collection_id = collection()
    encoder = HashEncoder(broken={"poison": answer})

    ended = ingest(collection_id, {"a.md": text("poison") + text("fine"), "b.md": text("b")}, encoder=encoder)

    assert states(ended.id) == {"a.md": "failed", "b.md": "done"}
    (item, _) = list_items(ended.id, principal=ANA)
    assert item.error is not None and item.error["key"] == "knowledge.not_embedded"
    assert [one.source_key for one in documents(collection_id)] == ["b.md"]
    with reading() as connection:
        rows = connection.execute(select(knowledge_tables.passage_vectors.c.vectors)).scalars().all()
    assert rows
    assert all(np.isfinite(np.frombuffer(row, "<f2")).all() and np.frombuffer(row, "<f2").any() for row in rows)


def test_when_an_encoder_gives_the_wrong_number_of_values_then_nothing_is_kept(database: Path) -> None:
    class Short(HashEncoder):
        def embed_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
            return super().embed_passages(texts)[:, :3]

    with pytest.raises(Unavailable, match="gave"):
        ingest(collection(), {"a.md": text("a")}, encoder=Short())
    assert stored_vectors() == 0


def test_when_progress_is_told_then_it_grows_through_the_stages_of_each_file(database: Path) -> None:
    made = plan(collection(), files({"a.md": text("a"), "b.md": text("b")}), principal=ANA)
    told: list[Progress] = []

    run_ingestion(made.id, load_encoder=HashEncoder, principal=ANA, progress=told.append)

    fractions = [one.fraction for one in told]
    assert fractions == sorted(fractions) and fractions[-1] == 1.0
    assert list(dict.fromkeys(one.stage for one in told)) == ["initialization", *BEHIND, "completion"]


def test_when_a_document_changed_after_the_plan_then_it_is_not_removed(database: Path) -> None:
    collection_id = filled(one=text("one"), two=text("two"))
    whole = archive(zipped({"two.md": text("two")}), name="a.zip", is_whole=True)
    made = plan(collection_id, whole, principal=ANA)
    ingest(collection_id, {"one.md": text("newer")})

    ended = run_ingestion(made.id, load_encoder=HashEncoder, principal=ANA)

    assert ended.state == "partial"
    assert len(documents(collection_id)) == 2


def test_when_documents_are_published_then_the_generation_grows_with_each(database: Path) -> None:
    collection_id = collection()
    before = index_generation()

    ingest(collection_id, {"a.md": text("a"), "b.md": text("b"), "c.png": b"\x89PNG"})

    assert index_generation() == before + 2


def test_when_office_files_of_any_kind_are_ingested_then_each_answers_or_says_why_not(
    database: Path, shared_datasets: Path
) -> None:
    ended = ingest(collection(), folder(shared_datasets / "documents", name="office"))

    refused = {one.name: one.error["key"] for one in list_items(ended.id, principal=ANA) if one.error}
    assert refused == {"empty.xlsx": "knowledge.empty", "libreoffice-writer-password.pdf": "knowledge.encrypted"}
    assert dict(ended.states) == {"done": 21, "failed": 2}


@pytest.mark.parametrize(("later", "version"), [("same", 1), ("other", 2)])
def test_when_two_plans_bring_the_same_file_then_only_other_words_make_a_new_version(
    database: Path, later: str, version: int
) -> None:
    collection_id = collection()
    made = [plan(collection_id, files({"a.md": text(word)}), principal=ANA).id for word in ("same", later)]

    ended = [run_ingestion(one, load_encoder=HashEncoder, principal=ANA).state for one in made]

    (document,) = documents(collection_id)
    (item,) = list_items(made[1], principal=ANA)
    assert ended == ["completed", "completed"]
    assert document.version == version
    assert (item.state, item.document_id) == ("done", document.id)
