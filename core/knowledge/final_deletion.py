"""What people removed, deleted for good once it can no longer be brought back: rows, vectors and the files themselves.

Removing (`documents`, `collections`) only hides; `upkeep` calls this after the days that the settings name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, exists, select, update

from core.knowledge.originals import drop_originals
from core.security.policy import Permission, Principal, require
from core.storage import knowledge_tables
from core.storage.audit import note
from core.storage.database import writing
from core.storage.ownership import visible

COLLECTIONS, DOCUMENTS, PASSAGES = knowledge_tables.collections, knowledge_tables.documents, knowledge_tables.passages
VERSIONS, VECTORS = knowledge_tables.document_versions, knowledge_tables.passage_vectors
INGESTIONS, ITEMS = knowledge_tables.ingestions, knowledge_tables.ingestion_items
AT_ONCE = 500


def forget_removed(before: datetime, *, principal: Principal) -> int:
    """Delete the documents and collections that were removed before an instant; how many documents these were.

    Of one's own collections, or of all as an admin. A file is kept while any other document came of it.
    """
    require(principal, Permission.KNOWLEDGE_WRITE)
    with writing() as connection:
        mine = select(COLLECTIONS.c.id).where(visible(COLLECTIONS, principal))
        gone = list(connection.execute(mine.where(COLLECTIONS.c.removed_at < before)).scalars())
        wanted = select(DOCUMENTS.c.id).where(DOCUMENTS.c.removed_at < before, DOCUMENTS.c.collection_id.in_(mine))
        documents = {*connection.execute(wanted).scalars(), *_of(connection, DOCUMENTS.c.id, gone)}
        checksums = {
            checksum
            for some in _some(sorted(documents))
            for checksum in connection.execute(
                select(VERSIONS.c.sha256).where(VERSIONS.c.document_id.in_(some))
            ).scalars()
        }
        checksums |= {one for one in _of(connection, ITEMS.c.sha256, gone) if one}
        for some in _some(sorted(documents)):
            _drop_items(connection, some)
            for table in (PASSAGES, VERSIONS):
                connection.execute(delete(table).where(table.c.document_id.in_(some)))
            connection.execute(delete(DOCUMENTS).where(DOCUMENTS.c.id.in_(some)))
        _drop_collections(connection, gone)
        is_used = exists().where(
            PASSAGES.c.collection_id == VECTORS.c.collection_id, PASSAGES.c.words_sha256 == VECTORS.c.words_sha256
        )
        if documents:
            connection.execute(delete(VECTORS).where(VECTORS.c.collection_id.in_(mine), ~is_used))
        unused = checksums - {
            one
            for some in _some(sorted(checksums))
            for table in (VERSIONS, ITEMS)
            for one in connection.execute(select(table.c.sha256).where(table.c.sha256.in_(some))).scalars()
        }
        for collection_id in gone:
            note(connection, principal, "collection.deleted", collection_id)
        if documents:
            first, *_ = sorted(documents)
            note(connection, principal, "document.deleted", first, documents=len(documents))
    drop_originals(unused)
    return len(documents)


def _drop_items(connection: Connection, documents: Sequence[str]) -> None:
    """What ingestions say of documents: by key, since a first try that failed knew no document yet."""
    same = (ITEMS.c.collection_id == DOCUMENTS.c.collection_id) & (ITEMS.c.source_key == DOCUMENTS.c.source_key)
    theirs = select(ITEMS.c.id, ITEMS.c.ingestion_id).join(DOCUMENTS, same).where(DOCUMENTS.c.id.in_(documents))
    found = connection.execute(theirs).all()
    for some in _some([str(one.id) for one in found]):
        connection.execute(delete(ITEMS).where(ITEMS.c.id.in_([int(one) for one in some])))
    for some in _some(sorted({one.ingestion_id for one in found})):  # a source may bear the name of its file
        connection.execute(update(INGESTIONS).where(INGESTIONS.c.id.in_(some)).values(source=""))


def _drop_collections(connection: Connection, gone: Sequence[str]) -> None:
    for table in (VECTORS, ITEMS, INGESTIONS, knowledge_tables.collection_members):
        connection.execute(delete(table).where(table.c.collection_id.in_(gone)))
    connection.execute(delete(COLLECTIONS).where(COLLECTIONS.c.id.in_(gone)))


def _of(connection: Connection, column: Any, collections: Sequence[str]) -> list[Any]:
    return list(connection.execute(select(column).where(column.table.c.collection_id.in_(collections))).scalars())


def _some(values: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(values), AT_ONCE):
        yield values[start : start + AT_ONCE]
