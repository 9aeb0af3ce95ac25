"""A plan is told first and carried out file by file; killed, cancelled or broken runs lose and pretend nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sqlalchemy import insert, select

from core.errors import BadInput, Conflict, NotFound, Unavailable
from core.knowledge.collections import create_collection, share, unshare
from core.knowledge.documents import Document, list_documents, list_versions, remove_documents
from core.knowledge.index_generations import index_generation
from core.knowledge.ingestion.carrying_out import BEHIND, Progress, run_ingestion
from core.knowledge.ingestion.plans import discard_plan, get_ingestion, list_ingestions, list_items, plan
from core.knowledge.ingestion.requests import cancel_ingestion, retry_ingestion
from core.knowledge.ingestion.sources import archive, files, folder
from core.knowledge.passages.stored import passages_of
from core.storage import tables
from core.storage.database import reading, utc_now, writing
from tests.conftest import PROJECT
from tests.knowledge.collections_home import ANA, BEN, HashEncoder, account, filled, ingest
from tests.knowledge.files import zipped


def text(word: str) -> bytes:
    return f"# {word}\n\nThe {word} stands here.\n".encode()


def documents(collection_id: str) -> list[Document]:
    return list(list_documents(collection_id=collection_id, principal=ANA).documents)


def collection() -> str:
    return create_collection("rules", principal=ANA).id


def states(ingestion_id: str) -> dict[str, str]:
    return {one.name: one.state for one in list_items(ingestion_id, principal=ANA)}


def stored_vectors() -> int:
    with reading() as connection:
        return len(connection.execute(select(tables.passage_vectors.c.words_sha256)).all())


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
        rows = connection.execute(select(tables.passage_vectors.c.vectors)).scalars().all()
    assert all(np.isfinite(np.frombuffer(row, "<f2")).all() and np.frombuffer(row, "<f2").any() for row in rows)


def test_when_the_encoder_is_down_then_the_run_fails_naming_the_stage_and_a_later_one_goes_on(database: Path) -> None:
    collection_id = collection()
    made = plan(collection_id, files({"a.md": text("a"), "b.md": text("b")}), principal=ANA)
    down = HashEncoder(broken={"b": Unavailable})

    with pytest.raises(Unavailable):
        run_ingestion(made.id, load_encoder=lambda: down, principal=ANA)
    stopped = get_ingestion(made.id, principal=ANA)
    resumed = run_ingestion(made.id, load_encoder=HashEncoder, principal=ANA)

    assert stopped.error is not None
    assert (stopped.state, stopped.error["stage"]) == ("failed", "embedding_generation")
    assert dict(stopped.states) == {"done": 1, "waiting": 1}
    assert (resumed.state, resumed.error) == ("completed", None)
    assert [one.version for one in documents(collection_id)] == [1, 1]


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


def test_when_cancelled_between_files_then_what_is_published_stays_and_a_retry_does_the_rest(database: Path) -> None:
    collection_id = collection()
    made = plan(collection_id, files({name: text(name) for name in ("a.md", "b.md", "c.md")}), principal=ANA)

    def stop_at_second(progress: Progress) -> None:
        if progress.done == 1 and progress.stage == "data_validation":
            cancel_ingestion(made.id, principal=ANA)

    ended = run_ingestion(made.id, load_encoder=HashEncoder, principal=ANA, progress=stop_at_second)
    retry_ingestion(made.id, principal=ANA)
    again = run_ingestion(made.id, load_encoder=HashEncoder, principal=ANA)

    assert (ended.state, dict(ended.states)) == ("cancelled", {"done": 1, "cancelled": 2})
    assert (again.state, dict(again.states)) == ("completed", {"done": 3})
    assert [one.version for one in documents(collection_id)] == [1, 1, 1]


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


def test_when_nothing_failed_then_there_is_nothing_to_retry(database: Path) -> None:
    ended = ingest(collection(), {"a.md": text("a")})

    with pytest.raises(Conflict, match="waits for another try"):
        retry_ingestion(ended.id, principal=ANA)


def test_when_another_run_takes_over_then_the_earlier_one_stops_and_writes_nothing_more(database: Path) -> None:
    collection_id = collection()
    made = plan(collection_id, files({"a.md": text("a")}), principal=ANA)

    def taken_over(progress: Progress) -> None:
        if progress.stage == "document_storage":
            run_ingestion(made.id, load_encoder=HashEncoder, principal=ANA)

    with pytest.raises(Conflict, match="took over"):
        run_ingestion(made.id, load_encoder=HashEncoder, principal=ANA, progress=taken_over)

    assert get_ingestion(made.id, principal=ANA).state == "completed"
    assert [one.version for one in documents(collection_id)] == [1]


def test_when_the_right_to_edit_is_taken_back_during_a_run_then_it_ends_without_publishing(database: Path) -> None:
    account(BEN)
    collection_id = collection()
    share(collection_id, "ben", "editor", principal=ANA)
    made = plan(collection_id, files({"a.md": text("a")}), principal=BEN)

    def withdraw(progress: Progress) -> None:
        if progress.stage == "document_storage":
            unshare(collection_id, "ben", principal=ANA)

    with pytest.raises(NotFound):
        run_ingestion(made.id, load_encoder=HashEncoder, principal=BEN, progress=withdraw)
    assert documents(collection_id) == []


def test_when_a_document_changed_after_the_plan_then_it_is_not_removed(database: Path) -> None:
    collection_id = filled(one=text("one"), two=text("two"))
    whole = archive(zipped({"two.md": text("two")}), name="a.zip", is_whole=True)
    made = plan(collection_id, whole, principal=ANA)
    ingest(collection_id, {"one.md": text("newer")})

    ended = run_ingestion(made.id, load_encoder=HashEncoder, principal=ANA)

    assert ended.state == "partial"
    assert len(documents(collection_id)) == 2


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


def test_when_documents_are_published_then_the_generation_grows_with_each(database: Path) -> None:
    collection_id = collection()
    before = index_generation()

    ingest(collection_id, {"a.md": text("a"), "b.md": text("b"), "c.png": b"\x89PNG"})

    assert index_generation() == before + 2


CHILD = """
import sys, time
from core.knowledge.ingestion.carrying_out import run_ingestion
from tests.knowledge.collections_home import ANA, HashEncoder

def slowly(progress):
    print(progress.stage, progress.done, flush=True)
    if progress.stage == "document_storage" and progress.done == 2:
        time.sleep(60)

run_ingestion(sys.argv[1], load_encoder=HashEncoder, principal=ANA, progress=slowly)
"""


def killed_halfway(ingestion_id: str) -> None:
    """Carry out in another process and kill it with two files published, the third embedded."""
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, ingestion_id], env=environment, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    try:
        assert any(line == "document_storage 2\n" for line in child.stdout)
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()


def test_when_killed_halfway_then_a_new_run_does_only_what_was_left(database: Path) -> None:
    collection_id = collection()
    contents = {f"{name}.md": text(name) for name in ("a", "b", "c", "d")}
    made = plan(collection_id, files(contents), principal=ANA)
    killed_halfway(made.id)
    after = get_ingestion(made.id, principal=ANA)
    published = {one.source_key: one.version_id for one in documents(collection_id)}
    encoder = HashEncoder()

    ended = run_ingestion(made.id, load_encoder=lambda: encoder, principal=ANA)

    assert (after.state, dict(after.states)) == ("running", {"done": 2, "running": 1, "waiting": 1})
    assert (ended.state, dict(ended.states)) == ("completed", {"done": 4})
    assert len(encoder.texts) == 1 and "d" in encoder.texts[0].split()
    assert published.items() <= {one.source_key: one.version_id for one in documents(collection_id)}.items()
    assert [len(list_versions(one.id, principal=ANA)) for one in documents(collection_id)] == [1] * 4


def test_when_a_file_ends_the_process_every_time_then_it_is_given_up_and_the_others_go_on(database: Path) -> None:
    collection_id = collection()
    made = plan(collection_id, files({"a.md": text("a"), "b.md": text("b")}), principal=ANA)

    def dies(progress: Progress) -> None:
        if progress.name == "a.md" and progress.stage == "document_transformation":
            raise KeyboardInterrupt

    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            run_ingestion(made.id, load_encoder=HashEncoder, principal=ANA, progress=dies)
    ended = run_ingestion(made.id, load_encoder=HashEncoder, principal=ANA, progress=dies)

    assert states(ended.id) == {"a.md": "failed", "b.md": "done"}
    (item, _) = list_items(ended.id, principal=ANA)
    assert item.error is not None and item.error["key"] == "knowledge.gave_up"


def test_when_a_job_was_lost_then_its_ingestion_says_that_it_was_left(database: Path) -> None:
    made = plan(collection(), files({"a.md": text("a")}), principal=ANA)
    job = {"id": "job-1", "owner": "ana", "notebook": "n", "room": "r", "parameters": {}, "state": "lost", "attempt": 1}
    job |= {"created_at": utc_now(), "cancel_requested": 0, "step": "", "fraction": 0.0}
    with writing() as connection:
        connection.execute(insert(tables.jobs).values(**job))

    def dies(progress: Progress) -> None:
        if progress.stage == "data_validation":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_ingestion(made.id, load_encoder=HashEncoder, principal=ANA, job_id="job-1", progress=dies)

    assert get_ingestion(made.id, principal=ANA).was_left
    assert not run_ingestion(made.id, load_encoder=HashEncoder, principal=ANA).was_left


def test_when_office_files_of_any_kind_are_ingested_then_each_answers_or_says_why_not(
    database: Path, shared_datasets: Path
) -> None:
    ended = ingest(collection(), folder(shared_datasets / "documents", name="office"))

    refused = {one.name: one.error["key"] for one in list_items(ended.id, principal=ANA) if one.error}
    assert refused == {"empty.xlsx": "knowledge.empty", "libreoffice-writer-password.pdf": "knowledge.encrypted"}
    assert dict(ended.states) == {"done": 21, "failed": 2}
