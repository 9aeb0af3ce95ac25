"""A real Chroma server proposes passages; it dies, comes back empty, hangs, and nothing is lost or pretended."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select

from core.errors import Unavailable
from core.knowledge.passages.stored import passages_to_index
from core.knowledge.retrieval import vector_server
from core.knowledge.retrieval.find import find
from core.knowledge.retrieval.index import bring_up_to_date
from core.knowledge.retrieval.vector_server import ServedVectors, fill, propose
from core.storage import knowledge_tables
from core.storage.database import reading
from tests.knowledge.chroma_server import ChromaServer, running_chroma
from tests.knowledge.collections_home import ANA, BEN, HashEncoder, filled
from tests.knowledge.index_home import model
from tests.workers import free_port

__all__ = ["model"]

ENCODER = HashEncoder()


@pytest.fixture(scope="module")
def chroma(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChromaServer]:
    with running_chroma(tmp_path_factory.mktemp("chroma")) as server:
        yield server


@pytest.fixture
def named(database: Path, monkeypatch: pytest.MonkeyPatch, chroma: ChromaServer) -> ChromaServer:
    use(monkeypatch, chroma.url)
    return chroma


def use(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    from core.settings.current import get_settings

    monkeypatch.setenv("WORKBENCH_CHROMA_URL", url)
    monkeypatch.setenv("WORKBENCH_OUTSIDE_TIMEOUT_S", "1")
    get_settings.cache_clear()
    vector_server._client.cache_clear()


def served(words: str, *collections: str) -> ServedVectors:
    ids = np.array([one.id for one in passages_to_index(ENCODER.id)], dtype=np.int64)
    return propose(query(words), encoder_id=ENCODER.id, ids=ids, collection=collections, document=())


def query(words: str) -> np.ndarray:
    return ENCODER.embed_passages([words])[0]


def test_when_the_server_was_filled_then_it_proposes_the_nearest_passage_of_what_may_be_read(
    named: ChromaServer,
) -> None:
    mine = filled(refunds=b"# A\n\nmoney back within thirty days\n", shipping=b"# B\n\nboxes travel by rail\n")
    theirs = filled(BEN, refunds=b"# A\n\nmoney back within thirty days\n")

    given = fill(ENCODER.id)
    leg = served("money back within thirty days", mine)
    scores = leg.scores(query("money back within thirty days"))

    text_of = dict(texts())
    assert given == len(leg.ids) == 3
    assert "money" in text_of[int(leg.ids[scores.argmax()])]
    of_theirs = [place for place, one in enumerate(leg.ids) if collection_of(int(one)) == theirs]
    assert [scores[place] for place in of_theirs] == [-1.0]


@pytest.mark.fault(
    "Chroma gone", "the vector server dies, hangs, or comes back empty",
    "documents are searched without it, nothing is lost or pretended",
)  # fmt: skip
def test_when_filled_again_then_only_what_is_missing_is_given_and_what_is_gone_is_taken_away(
    named: ChromaServer,
) -> None:
    from core.knowledge.documents import list_documents, remove_documents

    collection = filled(one=b"# A\n\nfirst words\n", two=b"# B\n\nsecond words\n")
    fill(ENCODER.id)
    gone = next(one for one in list_documents(principal=ANA).documents if one.source_key == "two.md")
    remove_documents([gone.id], principal=ANA)
    was_behind = served("words", collection).is_behind

    given = fill(ENCODER.id)

    stored = vector_server._stored(ENCODER.id).get(include=[])["ids"]
    assert (was_behind, given, served("words", collection).is_behind) == (True, 0, False)
    assert sorted(map(int, stored)) == [one.id for one in passages_to_index(ENCODER.id)]


def test_when_candidates_are_compared_then_the_windows_come_from_the_database(named: ChromaServer) -> None:
    collection = filled(one=b"# A\n\nfirst words\n")
    fill(ENCODER.id)
    leg = served("first words", collection)

    cosines, places = leg.nearest_windows(query("first words"), np.arange(leg.size))

    assert places.tolist() == [0]
    assert 0.0 < cosines[0] <= 1.0 + 1e-6


@pytest.mark.fault(
    "Chroma gone", "the vector server dies, hangs, or comes back empty",
    "documents are searched without it, nothing is lost or pretended",
)  # fmt: skip
def test_when_the_server_dies_in_the_middle_of_filling_then_the_next_fill_completes_it(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(**{f"text{number}": f"# T{number}\n\nwords of text {number}\n".encode() for number in range(6)})
    monkeypatch.setattr(vector_server, "AT_ONCE", 2)
    give = vector_server._give
    with running_chroma(tmp_path / "chroma") as server:
        use(monkeypatch, server.url)

        def dying(*asked: object) -> None:
            give(*asked)  # type: ignore[arg-type]
            server.kill()

        monkeypatch.setattr(vector_server, "_give", dying)
        with pytest.raises(Unavailable, match="chroma"):
            fill(ENCODER.id)
        port = int(server.url.rpartition(":")[2])
    monkeypatch.setattr(vector_server, "_give", give)
    with running_chroma(tmp_path / "chroma", port=port) as again:
        use(monkeypatch, again.url)
        was_behind = served("words").is_behind
        given = fill(ENCODER.id)
        stored = len(vector_server._stored(ENCODER.id).get(include=[])["ids"])

    assert (was_behind, given, stored) == (True, 4, 6)


@pytest.mark.usefixtures("model")
def test_when_a_server_is_named_then_find_asks_it_and_a_dead_one_is_told_while_words_answer(
    named: ChromaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(refunds=b"# A\n\nmoney back within thirty days\n", shipping=b"# B\n\nboxes travel by rail\n")
    filled(BEN, secret=b"# S\n\nmoney back within thirty days, says the secret\n")

    unfilled = find("money back", principal=ANA)
    bring_up_to_date(encoder_id=ENCODER.id)
    alive = find("money back", principal=ANA)
    use(monkeypatch, f"http://127.0.0.1:{free_port()}")
    dead = find("money back", principal=ANA)

    assert [one.key for one in unfilled.warnings] == ["knowledge.vector_server_behind"]
    assert (alive.warnings, alive.legs, len(alive.passages)) == ((), ("words", "vectors"), 2)
    assert alive.passages[0].dense is not None
    assert [one.key for one in dead.warnings] == ["knowledge.vector_server_away"]
    assert dead.legs == ("words",)
    assert "thirty days" in alive.passages[0].passage.text
    assert [one.passage.text for one in dead.passages[:1]] == [alive.passages[0].passage.text]


@pytest.mark.fault(
    "Chroma gone", "the vector server dies, hangs, or comes back empty",
    "documents are searched without it, nothing is lost or pretended",
)  # fmt: skip
def test_when_the_server_hangs_then_the_leg_is_away_within_its_time_limit(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()  # takes connections and never answers
        use(monkeypatch, f"http://127.0.0.1:{listening.getsockname()[1]}")

        with pytest.raises(Unavailable, match="chroma"):
            served("words", "any")


def texts() -> list[tuple[int, str]]:
    with reading() as connection:
        return [
            (row.id, row.text)
            for row in connection.execute(select(knowledge_tables.passages.c.id, knowledge_tables.passages.c.text))
        ]


def collection_of(passage_id: int) -> str:
    with reading() as connection:
        wanted = select(knowledge_tables.passages.c.collection_id).where(knowledge_tables.passages.c.id == passage_id)
        return str(connection.execute(wanted).scalar_one())
