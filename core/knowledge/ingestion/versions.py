"""A document's new version takes the place of the old one in one transaction, or not at all."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, func, insert, select, update

from core.errors import BadInput, Conflict
from core.knowledge.index_generations import next_generation
from core.knowledge.ingestion.plans import IngestionItem
from core.knowledge.ingestion.preparing import PreparedDocument
from core.knowledge.passages.vectors import count_kept
from core.knowledge.rights import require_editor
from core.security.policy import Principal
from core.storage import knowledge_tables
from core.storage.database import utc_now, writing

INGESTIONS, ITEMS = knowledge_tables.ingestions, knowledge_tables.ingestion_items
DOCUMENTS, VERSIONS, PASSAGES = (
    knowledge_tables.documents,
    knowledge_tables.document_versions,
    knowledge_tables.passages,
)


def publish(
    prepared: PreparedDocument, item: IngestionItem, *, collection_id: str, ingestion_id: str, claim: str,
    encoder_id: str, embedded: int, principal: Principal,
) -> None:  # fmt: skip
    """Store a version with its passages, let it answer from now on, and mark the file as done.

    Where somebody else has brought in the very same since the plan was made, theirs goes on answering.
    Raises Conflict when the run was taken over, or when a passage has no vector under the encoder; BadInput for a
    document without passages; NotFound or NotAllowed when the right to change the collection was withdrawn.
    """
    if not prepared.passages:
        raise BadInput("knowledge.empty", name=item.name)
    checksums = {one.words_sha256 for one in prepared.passages}
    kept = count_kept(checksums, collection_id=collection_id, encoder_id=encoder_id, principal=principal)
    if kept != len(checksums):
        raise Conflict("knowledge.vectors_missing", name=item.name, count=len(checksums) - kept)
    with writing() as connection:
        require_claim(connection, ingestion_id, claim)
        require_editor(connection, collection_id, principal=principal)
        same = _same_already(connection, prepared, item, collection_id, encoder_id)
        if same is not None:
            finish_item(connection, item.id, document_id=same, passages=len(prepared.passages), embedded=embedded)
            return
        own = {"owner": principal.id, "collection_id": collection_id}
        generation = next_generation(connection)
        document_id, number = _place(connection, item, collection_id)
        version_id = str(uuid4())
        connection.execute(insert(VERSIONS).values(
            id=version_id, **own, document_id=document_id, number=number, sha256=item.sha256, bytes=item.bytes,
            name=item.name, title=prepared.title, format=prepared.format, language=prepared.language,
            pages=prepared.pages, text=prepared.text, notes=list(prepared.notes), passages=len(prepared.passages),
            encoder_id=encoder_id, generation=generation, created_at=utc_now(),
        ))  # fmt: skip
        ids = {**own, "document_id": document_id, "version_id": version_id}
        connection.execute(insert(PASSAGES), [{**row, **ids} for row in _rows(prepared)])
        _serve(connection, document_id, version_id, number, generation, prepared, item, own)
        finish_item(connection, item.id, document_id=document_id, passages=len(prepared.passages), embedded=embedded)


def remove(item: IngestionItem, *, collection_id: str, ingestion_id: str, claim: str, principal: Principal) -> None:
    """Take a document out of what answers. Raises Conflict when it changed since the plan was made."""
    with writing() as connection:
        require_claim(connection, ingestion_id, claim)
        require_editor(connection, collection_id, principal=principal)
        generation = next_generation(connection)
        planned = DOCUMENTS.c.id == item.document_id, DOCUMENTS.c.version == item.version
        now = utc_now()
        gone = update(DOCUMENTS).where(*planned, DOCUMENTS.c.collection_id == collection_id)
        changed = connection.execute(
            gone.values(removed_at=now, updated_at=now, state="removed", generation=generation)
        )
        if changed.rowcount != 1:
            raise Conflict("knowledge.changed_meanwhile", name=item.name)
        finish_item(connection, item.id)


def require_claim(connection: Connection, ingestion_id: str, claim: str) -> None:
    """Raises Conflict when another run holds the ingestion now."""
    held = connection.execute(select(INGESTIONS.c.claim).where(INGESTIONS.c.id == ingestion_id)).scalar()
    if held != claim:
        raise Conflict("knowledge.taken_over", id=ingestion_id)


def finish_item(connection: Connection, item_id: int, **values: Any) -> None:
    """Mark a file as done within the caller's transaction."""
    done = {"state": "done", "stage": "completion", "error": None, "updated_at": utc_now()}
    connection.execute(update(ITEMS).where(ITEMS.c.id == item_id).values(**done, **values))


def _same_already(
    connection: Connection, prepared: PreparedDocument, item: IngestionItem, collection_id: str, encoder_id: str
) -> str | None:  # fmt: skip
    """The document whose version, younger than the plan, is what this file would become."""
    wanted = (
        select(DOCUMENTS.c.id, DOCUMENTS.c.metadata)
        .join(VERSIONS, VERSIONS.c.id == DOCUMENTS.c.version_id)
        .where(
            DOCUMENTS.c.collection_id == collection_id, DOCUMENTS.c.source_key == item.source_key,
            DOCUMENTS.c.removed_at.is_(None), DOCUMENTS.c.state == "serving", DOCUMENTS.c.sha256 == item.sha256,
            DOCUMENTS.c.title == prepared.title, DOCUMENTS.c.doc_type.is_not_distinct_from(item.doc_type),
            DOCUMENTS.c.version.is_distinct_from(item.version), VERSIONS.c.encoder_id == encoder_id,
        )
    )  # fmt: skip
    found = connection.execute(wanted).first()
    return str(found.id) if found is not None and dict(found.metadata) == dict(item.metadata) else None


def _place(connection: Connection, item: IngestionItem, collection_id: str) -> tuple[str, int]:
    """The document's id, and the number that its next version bears."""
    known = select(DOCUMENTS.c.id).where(
        DOCUMENTS.c.collection_id == collection_id, DOCUMENTS.c.source_key == item.source_key
    )
    document_id = connection.execute(known).scalar()
    if document_id is None:
        return str(uuid4()), 1
    last = select(func.max(VERSIONS.c.number)).where(VERSIONS.c.document_id == document_id)
    return str(document_id), (connection.execute(last).scalar() or 0) + 1


def _serve(
    connection: Connection, document_id: str, version_id: str, number: int, generation: int,
    prepared: PreparedDocument, item: IngestionItem, own: dict[str, Any],
) -> None:  # fmt: skip
    now = utc_now()
    values = {
        "origin": item.origin, "title": prepared.title, "sha256": item.sha256, "format": prepared.format,
        "language": prepared.language, "doc_type": item.doc_type, "metadata": item.metadata,
        "version_id": version_id, "version": number, "state": "serving", "generation": generation,
        "updated_at": now, "removed_at": None,
    }  # fmt: skip
    if number > 1:
        connection.execute(update(DOCUMENTS).where(DOCUMENTS.c.id == document_id).values(**values))
        return
    first = {**own, "id": document_id, "source_key": item.source_key, "created_at": now}
    connection.execute(insert(DOCUMENTS).values(**values, **first))


def _rows(prepared: PreparedDocument) -> list[dict[str, Any]]:
    return [
        {
            "number": one.passage.number, "text": one.passage.text, "words": one.passage.words,
            "start": one.passage.start, "end": one.passage.end, "page": one.passage.page,
            "last_page": one.passage.last_page, "sheet": one.passage.sheet, "part": one.part,
            "heading_path": list(one.passage.heading_path), "sha256": one.passage.sha256,
            "words_sha256": one.words_sha256, "flags": list(one.flags),
        }
        for one in prepared.passages
    ]  # fmt: skip
