"""Encoders that die, disks that fill up, two writers at once and monstrous files, through plan, run and search."""

from __future__ import annotations

import errno
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import event, select

from core.embeddings.text_models import text_model
from core.errors import StorageFull, Unavailable
from core.knowledge import originals
from core.knowledge.collections import create_collection
from core.knowledge.documents import list_documents, list_versions
from core.knowledge.ingestion.carrying_out import run_ingestion
from core.knowledge.ingestion.jobs import go_on, start_ingestion
from core.knowledge.ingestion.plans import Ingestion, get_ingestion, list_ingestions, list_items, plan
from core.knowledge.ingestion.sources import files
from core.knowledge.ingestion.timed import carry_out
from core.knowledge.passages.stored import passages_of
from core.knowledge.retrieval import snapshots
from core.knowledge.retrieval.find import find
from core.knowledge.retrieval.index import bring_up_to_date, index_folder
from core.knowledge.sharing import share
from core.messages import say
from core.resilience import breakers
from core.security.policy import LOCAL_ANALYST
from core.storage import tables
from core.storage.database import engine, reading
from tests.conftest import PROJECT
from tests.jobs.conftest import wait_for, wait_until
from tests.knowledge.collections_home import ANA, BEN, POLICY, HashEncoder, HashModel, account, filled, ingest
from tests.knowledge.files import lines, pdf, xlsx
from tests.knowledge.index_home import model
from tests.knowledge.test_ingestion_jobs import dispatcher
from tests.llm.ollama_process import OllamaProcess, ollama_process
from tests.zips import zipped

__all__ = ["dispatcher", "model"]


def text(word: str) -> bytes:
    return f"# {word}\n\nThe {word} stands here.\n".encode()


def collection() -> str:
    return create_collection("rules", principal=ANA).id


def served(collection_id: str) -> dict[str, int]:
    """Version of each document that answers, by name."""
    return {one.source_key: one.version for one in list_documents(collection_id=collection_id, principal=ANA).documents}


def stored(table: str) -> int:
    with reading() as connection:
        return len(connection.execute(select(tables.metadata.tables[table])).all())


def sentence(ended: Ingestion) -> str:
    assert ended.error is not None
    return say(ended.error["key"], "en", **ended.error["details"])


def refusals(ended: Ingestion) -> dict[str, str]:
    return {one.name: one.error["key"] for one in list_items(ended.id, principal=ANA) if one.error}


@pytest.fixture
def server(settings_from: Callable[..., object]) -> Iterator[OllamaProcess]:
    """An Ollama process with an embedding model; outages are told at once."""
    with ollama_process() as process:
        settings_from(
            OLLAMA_BASE_URL=process.url, WORKBENCH_TEXT_MODEL="ollama:hash", WORKBENCH_OUTSIDE_BACKOFF_S="0",
            WORKBENCH_OUTSIDE_RETRIES="0", WORKBENCH_LLM_TIMEOUT_S="1",
        )  # fmt: skip
        process.start()
        yield process


@pytest.mark.parametrize("ending", ["kill", "freeze"])
def test_when_the_encoders_server_dies_during_an_ingestion_then_the_stage_is_told_and_a_retry_does_the_rest(
    database: Path, server: OllamaProcess, ending: str
) -> None:
    collection_id = collection()
    made = plan(collection_id, files({"a.md": text("a"), "b.md": text("b"), "c.md": text("c")}), principal=ANA)
    embedded: list[int] = []

    def ends(step: str, fraction: float) -> None:
        if step.startswith("embedding_generation · b.md") and not embedded:
            embedded.append(stored("passage_vectors"))
            getattr(server, ending)()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("core.knowledge.ingestion.timed.TOLD_EVERY_S", -1.0)  # every step is told
        with pytest.raises(Unavailable, match="ollama"):
            carry_out(made.id, load_encoder=text_model, principal=ANA, tell=ends)
    stopped = get_ingestion(made.id, principal=ANA)
    after = stored("passage_vectors")
    if ending == "freeze":
        server.kill()
    server.start()
    breakers._breakers.clear()
    ended = carry_out(made.id, load_encoder=text_model, principal=ANA).ingestion

    assert stopped.error is not None and "ollama" in sentence(stopped)
    assert (stopped.state, stopped.error["stage"]) == ("failed", "embedding_generation")
    assert dict(stopped.states) == {"done": 1, "waiting": 2}
    assert embedded == [after]
    assert (ended.state, served(collection_id)) == ("completed", {"a.md": 1, "b.md": 1, "c.md": 1})
    assert stored("passage_vectors") == 3


def test_when_the_disk_is_full_while_originals_are_kept_then_it_is_said_and_nothing_is_half_there(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    collection_id = collection()

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(originals.os, "fsync", full)
        with pytest.raises(StorageFull, match="disk"):
            plan(collection_id, files({"a.md": text("a")}), principal=ANA)

    assert list_ingestions(principal=ANA) == ()
    assert list((database / "data" / "documents").glob("*")) == []
    assert ingest(collection_id, {"a.md": text("a")}).state == "completed"


@contextmanager
def full_database(home: Path) -> Iterator[None]:
    """The database may not grow by a page, as on a disk that is full."""
    engine().dispose()
    with closing(sqlite3.connect(home / "data" / "workbench.db")) as alone:
        alone.execute("VACUUM")
        (pages,) = alone.execute("PRAGMA page_count").fetchone()

    def limit(connection: sqlite3.Connection, _: object) -> None:
        connection.execute(f"PRAGMA max_page_count={pages}")

    event.listen(engine(), "connect", limit)
    try:
        yield
    finally:
        event.remove(engine(), "connect", limit)
        engine().dispose()


@pytest.mark.sqlite
def test_when_the_disk_is_full_while_documents_are_stored_then_none_is_half_there_and_a_later_run_does_it(
    database: Path,
) -> None:
    collection_id = filled(old=text("old"))
    long = "\n\n".join(f"# Rule {number}\n\nThe rule {number} says this." for number in range(300)).encode()
    made = plan(collection_id, files({"old.md": long}), principal=ANA)

    with full_database(database), pytest.raises(StorageFull, match="disk"):
        run_ingestion(made.id, load_encoder=HashEncoder, principal=ANA)
    (document,) = list_documents(collection_id=collection_id, principal=ANA).documents
    before = document.version, len(passages_of(document.id, principal=ANA)), stored("passages")
    ended = run_ingestion(made.id, load_encoder=HashEncoder, principal=ANA)

    assert before == (1, 1, 1)
    assert (ended.state, served(collection_id)) == ("completed", {"old.md": 2})


def test_when_the_disk_is_full_while_the_index_is_written_then_the_earlier_one_serves_and_nothing_is_left(
    model: HashModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(policy=POLICY)
    bring_up_to_date(encoder_id=model.id)
    whole = sorted(index_folder().rglob("*.npy"))

    def full(path: Path, array: object, **_: object) -> None:
        path.write_bytes(b"half of it")
        raise OSError(errno.ENOSPC, "No space left on device")

    filled(rule=text("rule"))
    with monkeypatch.context() as patch:
        patch.setattr(snapshots.np, "save", full)
        found = find("환불", principal=ANA)

    assert [one.key for one in found.warnings] == ["knowledge.index_stuck"]
    assert "disk" in found.warnings[0].text("en")
    assert found.searched == 2
    assert sorted(index_folder().rglob("*.npy")) == whole


WRITER = """
import sys
from core.knowledge.ingestion.carrying_out import run_ingestion
from core.knowledge.ingestion.plans import plan
from core.knowledge.ingestion.sources import files
from tests.knowledge import collections_home

principal = getattr(collections_home, sys.argv[1])
contents = {f"{number}.md": f"# Rule\\n\\nThe word{number} stands here.".encode() for number in range(12)}
made = plan(sys.argv[2], files(contents), principal=principal)
print("planned", flush=True)
sys.stdin.readline()
ended = run_ingestion(made.id, load_encoder=collections_home.HashEncoder, principal=principal)
print(ended.state, flush=True)
"""


def test_when_two_people_bring_the_same_files_in_at_once_then_nothing_is_doubled(model: HashModel) -> None:
    account(BEN)
    collection_id = collection()
    share(collection_id, "ben", "editor", principal=ANA)
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, name, collection_id], env={**os.environ, "PYTHONPATH": str(PROJECT)},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for name in ("ANA", "BEN")
    ]  # fmt: skip
    for one in writers:
        assert one.stdout is not None and one.stdout.readline() == "planned\n"
    for one in writers:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    told = [one.communicate(timeout=60)[0].strip() for one in writers]

    assert told == ["completed", "completed"]
    documents = list_documents(collection_id=collection_id, principal=ANA).documents
    found = find("word3 stands", principal=ANA)
    assert sorted(one.source_key for one in documents) == sorted(f"{number}.md" for number in range(12))
    assert [len(list_versions(one.id, principal=ANA)) for one in documents] == [1] * 12
    assert found.searched == 12
    assert len({one.passage.text for one in found.passages}) == len(found.passages) == 12


def test_when_a_pdf_has_five_hundred_pages_then_a_word_of_its_last_ones_is_found_with_its_page(
    model: HashModel,
) -> None:
    pages = [
        lines(f"Rule {number}", f"Goods of number {number} stand in hall {number * 7}.") for number in range(1, 501)
    ]
    pages[487] = lines("Rule 488", "The lighthouse keeper is paid in oranges.")

    ended = ingest(collection(), {"handbook.pdf": pdf(*pages)})

    found = find("lighthouse oranges", principal=ANA, legs=("words",)).passages[0].passage
    assert ended.state == "completed"
    assert found.page is not None and found.page <= 488 <= (found.last_page or found.page)
    assert "lighthouse" in found.text


def test_when_a_table_has_a_line_of_a_megabyte_then_its_middle_and_the_rows_after_it_are_found(
    model: HashModel,
) -> None:
    words = [f"word{number}" for number in range(110_000)]
    words[60_000] = "lighthouse"
    content = f"number,text\n1,{' '.join(words)}\n2,the oranges are short\n".encode()

    ended = ingest(collection(), {"long.csv": content})

    assert len(content) > 2**20
    assert ended.state == "completed"
    best = {word: find(word, principal=ANA, legs=("words",)).passages[0].passage for word in ("lighthouse", "oranges")}
    assert all(word in passage.text for word, passage in best.items())
    assert max(len(one.text) for one in best.values()) < 5000


def test_when_workbooks_are_bombs_then_they_are_refused_by_name_and_the_others_are_found(model: HashModel) -> None:
    sheet = b"<worksheet>" + b" " * (300 << 20)
    bombs = {
        "bomb.xlsx": zipped({"xl/workbook.xml": "<a/>", "xl/worksheets/sheet1.xml": sheet}),
        "fine.xlsx": xlsx({"Rules": [["rule", "days"], ["refund of lighthouse", 30]]}),
    }

    ended = ingest(collection(), bombs)

    assert len(bombs["bomb.xlsx"]) < 2**20
    assert (ended.state, refusals(ended)) == ("partial", {"bomb.xlsx": "knowledge.unpacks_too_far"})
    (item,) = [one for one in list_items(ended.id, principal=ANA) if one.error]
    assert item.error is not None and "bomb.xlsx" in say(item.error["key"], "ko", **item.error["details"])
    assert [one.passage.title for one in find("lighthouse", principal=ANA).passages] == ["fine"]


@pytest.mark.soak
def test_when_the_encoders_server_is_killed_during_a_job_then_the_job_has_failed_and_what_was_embedded_is_kept(
    server: OllamaProcess, dispatcher: Callable[[], None]
) -> None:
    collection_id = create_collection("rules", principal=LOCAL_ANALYST).id
    long = b"".join(text(f"w{number}") for number in range(1500))
    made = plan(collection_id, files({"long.md": long}), principal=LOCAL_ANALYST)

    job = start_ingestion(made.id, principal=LOCAL_ANALYST)
    wait_until(lambda: stored("passage_vectors") > 33, seconds=90)
    server.kill()
    failed = wait_for(job.id, "failed", seconds=30)
    dispatcher()

    stopped, kept, half = get_ingestion(made.id, principal=LOCAL_ANALYST), stored("passage_vectors"), stored("passages")
    server.start()
    again = go_on(made.id, principal=LOCAL_ANALYST)
    done = carry_out(made.id, load_encoder=text_model, principal=LOCAL_ANALYST, job_id=again.id)

    assert failed.error is not None and "ollama" in str(failed.error)
    assert stopped.error is not None and stopped.error["stage"] == "embedding_generation"
    assert (stopped.state, half, 33 < kept < 1500) == ("failed", 0, True)
    assert (done.ingestion.state, done.files[0]["embedded"]) == ("completed", 1500 - kept)
