"""Small files, and what became of them, for tests of ingestions."""

from __future__ import annotations

from core.knowledge.collections import create_collection
from core.knowledge.documents import Document, list_documents
from core.knowledge.ingestion.plans import list_items
from tests.knowledge.collections_home import ANA


def text(word: str) -> bytes:
    """A file of one passage."""
    return f"# {word}\n\nThe {word} stands here.\n".encode()


def documents(collection_id: str) -> list[Document]:
    """What answers in a collection of ana's."""
    return list(list_documents(collection_id=collection_id, principal=ANA).documents)


def collection() -> str:
    """An empty one of ana's."""
    return create_collection("rules", principal=ANA).id


def states(ingestion_id: str) -> dict[str, str]:
    """Of each file."""
    return {one.name: one.state for one in list_items(ingestion_id, principal=ANA)}
