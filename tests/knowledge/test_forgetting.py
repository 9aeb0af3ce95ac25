"""What is forgotten leaves no trace in database or files; what others still have stays."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from core.knowledge.collections import create_collection, remove_collection
from core.knowledge.documents import list_documents, original_of, remove_documents
from core.knowledge.final_deletion import forget_removed
from core.knowledge.index_generations import index_generation
from core.knowledge.passages.encoding_again import encode_again
from core.knowledge.passages.stored import passages_to_index
from core.storage.all_tables import metadata
from core.storage.database import engine, reading, utc_now
from tests.knowledge.collections_home import ADMIN, ANA, BEN, HashEncoder, filled, ingest

LATER = timedelta(seconds=1)
SECRET = b"# secretword\n\nThe secretword stands here.\n"


def dump() -> str:
    """Everything that the database holds; of a SQLite file with the tables behind its full-text search."""
    if engine().dialect.name != "sqlite":
        with reading() as connection:
            tables = metadata.sorted_tables
            return "\n".join(f"{one.name} {row}" for one in tables for row in connection.execute(select(one)))
    connection = engine().raw_connection()
    try:
        return "\n".join(connection.driver_connection.iterdump())  # type: ignore[union-attr]
    finally:
        connection.close()


def test_when_a_removed_document_is_forgotten_then_no_trace_of_it_is_left(database: Path) -> None:
    collection_id = filled(secretword=SECRET, other=b"# other\n\nAnother text.\n")
    ingest(collection_id, {"secretword.md": SECRET + b"\nThe secretword changed.\n"})
    found = [one for one in list_documents(principal=ANA).documents if one.title == "secretword"]
    remove_documents([one.id for one in found], principal=ANA)
    early = forget_removed(utc_now() - timedelta(days=1), principal=ANA)
    others = forget_removed(utc_now() + LATER, principal=BEN)
    kept = dump()

    assert forget_removed(utc_now() + LATER, principal=ANA) == 1
    assert (early, others) == (0, 0)
    assert "secretword" in kept and "secretword" not in dump()
    assert len(list((database / "data" / "documents").iterdir())) == 1
    assert len(list(passages_to_index("hash-1"))) == 1


def test_when_a_removed_collection_is_forgotten_then_files_that_others_brought_too_stay(database: Path) -> None:
    first = filled(secretword=SECRET)
    theirs = filled(principal=BEN, same=SECRET)
    remove_collection(first, principal=ANA)

    assert forget_removed(utc_now() + LATER, principal=ADMIN) == 1

    (left,) = list_documents(collection_id=theirs, principal=BEN).documents
    assert original_of(left.id, principal=BEN).content == SECRET
    # That it was deleted is noted; nothing else knows of it.
    naming = [line for line in dump().splitlines() if first in line]
    assert naming
    assert [line for line in naming if "audit_log" not in line] == []


def test_when_the_encoder_changes_then_only_what_lacks_vectors_under_it_is_encoded(database: Path) -> None:
    collection = create_collection("c", principal=ANA)
    ingest(collection.id, {"a.md": SECRET, "b.md": b"# b\n\nAnother text.\n"})
    other = HashEncoder(id="hash-2", dim=4)
    ingest(collection.id, {"c.md": b"# c\n\nA third text.\n"}, encoder=other)
    before, encoded = index_generation(), len(other.texts)

    assert encode_again(collection.id, encoder=other, principal=ANA) == 2
    assert encode_again(collection.id, encoder=other, principal=ANA) == 0

    assert len(other.texts) == encoded + 2
    assert [one.dim for one in passages_to_index("hash-2")] == [4, 4, 4]
    assert index_generation() == before + 1
