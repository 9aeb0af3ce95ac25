"""PostgreSQL with pgvector proposes passages: as exact search does, of what may be read, and gone without harm."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import insert, text

from core.errors import Unavailable
from core.knowledge.documents import list_documents, remove_documents
from core.knowledge.passages.stored import passages_to_index
from core.knowledge.retrieval import find as search
from core.knowledge.retrieval import index, pgvector_index, vector_server
from core.knowledge.retrieval.find import find
from core.knowledge.retrieval.index import bring_up_to_date
from core.knowledge.retrieval.served_vectors import CANDIDATES, ServedVectors
from core.storage.database import reading, utc_now, writing
from core.storage.knowledge_tables import collections, documents, passage_vectors, passages
from tests.knowledge.collections_home import ANA, BEN, HashEncoder, HashModel, filled
from tests.postgres import server as servers
from tests.postgres.conftest import home_on, settle
from tests.postgres.server import Server

ENCODER = HashEncoder()
DIM = 64


@pytest.fixture(scope="module")
def vector_host() -> Iterator[Server]:
    with servers.running_server(vectors=True) as running:
        yield running


@pytest.fixture
def vectors(vector_host: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A home on that server, searched through pgvector; the URL of its database."""
    url = servers.fresh_database(vector_host)
    with home_on(url, tmp_path, WORKBENCH_PGVECTOR="1"):
        index._serving.cache_clear()
        monkeypatch.setattr(search, "text_model", HashModel)
        yield url
        index._serving.cache_clear()


def query(words: str) -> np.ndarray:
    return ENCODER.embed_passages([words])[0]


def served(words: str, *collections: str) -> ServedVectors:
    ids = np.array([one.id for one in passages_to_index(ENCODER.id)], dtype=np.int64)
    return vector_server.propose(query(words), encoder_id=ENCODER.id, ids=ids, collection=collections, document=())


def test_when_it_was_filled_then_it_proposes_the_nearest_passage_of_what_may_be_read(vectors: str) -> None:
    mine = filled(refunds=b"# A\n\nmoney back within thirty days\n", shipping=b"# B\n\nboxes travel by rail\n")
    filled(BEN, refunds=b"# A\n\nmoney back within thirty days\n")

    given = vector_server.fill(ENCODER.id)
    leg = served("money back within thirty days", mine)

    assert (given, len(leg.ids), len(leg.proposed), leg.is_behind) == (3, 3, 2, False)
    nearest = max(leg.proposed, key=lambda one: leg.proposed[one])
    with reading() as connection:
        assert "money" in connection.execute(passages.select().where(passages.c.id == nearest)).one().text
    cosines, places = leg.nearest_windows(query("money back within thirty days"), np.arange(leg.size))
    assert places.tolist() == [0, 0, 0]
    assert cosines.max() <= 1.0 + 1e-6


def test_when_filled_again_then_only_what_is_missing_is_given_and_what_is_gone_is_taken_away(vectors: str) -> None:
    collection = filled(one=b"# A\n\nfirst words\n", two=b"# B\n\nsecond words\n")
    vector_server.fill(ENCODER.id)
    gone = next(one for one in list_documents(principal=ANA).documents if one.source_key == "two.md")
    remove_documents([gone.id], principal=ANA)
    was_behind = served("words", collection).is_behind

    given = vector_server.fill(ENCODER.id)

    assert (was_behind, given, served("words", collection).is_behind) == (True, 0, False)
    assert pgvector_index._ids_in(pgvector_index._table(ENCODER.id)) == {
        one.id for one in passages_to_index(ENCODER.id)
    }


def test_when_it_is_named_then_find_asks_it_and_without_its_tables_words_answer_and_it_is_told(vectors: str) -> None:
    filled(refunds=b"# A\n\nmoney back within thirty days\n", shipping=b"# B\n\nboxes travel by rail\n")
    filled(BEN, secret=b"# S\n\nmoney back within thirty days, says the secret\n")

    bring_up_to_date(encoder_id=ENCODER.id)
    alive = find("money back", principal=ANA)
    with writing() as connection:
        connection.execute(text(f"DROP SCHEMA {pgvector_index.SCHEMA} CASCADE"))
    dead = find("money back", principal=ANA)
    bring_up_to_date(encoder_id=ENCODER.id)
    again = find("money back", principal=ANA)

    assert (alive.warnings, alive.legs, len(alive.passages)) == ((), ("words", "vectors"), 2)
    assert [one.key for one in dead.warnings] == ["knowledge.vector_server_away"]
    assert dead.legs == ("words",)
    assert [one.passage.text for one in dead.passages[:1]] == [alive.passages[0].passage.text]
    assert (again.warnings, again.legs) == ((), ("words", "vectors"))


@pytest.mark.parametrize("count", [2000, pytest.param(30_000, marks=pytest.mark.soak)], ids=["some", "many"])
def test_when_there_are_many_passages_then_nearly_all_of_the_exact_neighbours_are_proposed(
    vectors: str, count: int
) -> None:
    """Of everything, and of the smallest of ten collections, which holds one passage of a hundred."""
    rows, of_collection = _many(count)
    vector_server.fill("many")
    ids = np.arange(1, count + 1)

    shares = {}
    for name, narrowed in (("all", ()), ("few", ("c0",))):
        found = 0
        questions = _unit(np.random.default_rng(7).normal(size=(20, DIM)).astype(np.float32))
        allowed = np.ones(count, dtype=bool) if not narrowed else of_collection == 0
        wanted = min(10, int(allowed.sum()))
        for one in questions:
            leg = vector_server.propose(one, encoder_id="many", ids=ids, collection=narrowed)
            exact = np.where(allowed, rows @ one, -2)
            nearest = set((np.argsort(-exact)[:wanted] + 1).tolist())
            assert len(leg.proposed) == min(CANDIDATES, int(allowed.sum()))
            assert all(allowed[number - 1] for number in leg.proposed)
            found += len(nearest & set(leg.proposed))
        shares[name] = found / (wanted * len(questions))

    assert shares["all"] >= 0.95
    assert shares["few"] >= 0.95


def test_when_the_database_is_a_file_or_the_extension_is_missing_then_it_is_said(
    server: Server, tmp_path: Path, postgres_home: Path, settings_from
) -> None:
    if servers.find_tool("initdb"):  # Debian's server, which has no pgvector of its own
        settings_from(WORKBENCH_PGVECTOR="1")
        for call in (vector_server.heartbeat, lambda: vector_server.fill("e")):
            with pytest.raises(Unavailable, match="pgvector"):
                call()
    settings_from(WORKBENCH_PGVECTOR="1", WORKBENCH_DATABASE_URL=f"sqlite:///{tmp_path / 'file.db'}")
    settle()
    with pytest.raises(Unavailable, match="WORKBENCH_DATABASE_URL"):
        vector_server.heartbeat()


def _many(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Passages with drawn vectors in ten collections; their unit rows, and the collection of each by number."""
    rng = np.random.default_rng(3)
    rows = _unit(rng.normal(size=(count, DIM)).astype(np.float32))
    of_collection = np.where(np.arange(count) % 100 == 0, 0, 1 + np.arange(count) % 9)
    now = utc_now()
    with writing() as connection:
        for number in range(10):
            connection.execute(insert(collections).values(_plain(collections, id=f"c{number}", removed_at=None)))
            connection.execute(insert(documents).values(
                _plain(documents, id=f"d{number}", collection_id=f"c{number}", version_id=f"v{number}", removed_at=None,
                       source_key=f"k{number}")))  # fmt: skip
        made = [
            _plain(passages, id=place + 1, collection_id=f"c{of}", document_id=f"d{of}", version_id=f"v{of}",
                   number=place, words_sha256=f"{place:064d}")
            for place, of in enumerate(of_collection.tolist())
        ]  # fmt: skip
        connection.execute(insert(passages), made)
        connection.execute(insert(passage_vectors), [
            {"collection_id": f"c{of}", "encoder_id": "many", "words_sha256": f"{place:064d}", "owner": "o",
             "windows": 1, "dim": DIM, "vectors": rows[place].astype("<f2").tobytes(), "created_at": now}
            for place, of in enumerate(of_collection.tolist())
        ])  # fmt: skip
    return rows, of_collection


def _plain(table: object, **given: object) -> dict[str, object]:
    """A row with something of the right kind in every column that must hold one."""
    from tests.postgres.test_migrations import row_for

    needed = {one.name for one in table.columns if not one.nullable}  # type: ignore[attr-defined]
    return {**row_for(table, needed), **given}  # type: ignore[arg-type]


def _unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)
