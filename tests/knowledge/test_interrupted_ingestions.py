"""Killed, cancelled, taken over or broken, a run loses nothing and pretends nothing; another goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import insert

from core.errors import Conflict, NotFound, Unavailable
from core.knowledge.documents import list_versions
from core.knowledge.ingestion.carrying_out import Progress, run_ingestion
from core.knowledge.ingestion.plans import get_ingestion, list_items, plan
from core.knowledge.ingestion.requests import cancel_ingestion, retry_ingestion
from core.knowledge.ingestion.sources import files
from core.knowledge.sharing import share, unshare
from core.storage import tables
from core.storage.database import utc_now, writing
from tests.conftest import PROJECT
from tests.knowledge.collections_home import ANA, BEN, HashEncoder, account, ingest
from tests.knowledge.ingestions_home import collection, documents, states, text


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


@pytest.mark.fault(
    "SIGKILL of an ingestion", "killed halfway",
    "a new run does only what was left",
)  # fmt: skip
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
