"""The documents of collections: listed, opened, removed and put back; every look goes through the rights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, select, update

from core.errors import NotFound
from core.knowledge.index_generations import next_generation
from core.knowledge.originals import read_original
from core.knowledge.rights import require_editor, visible_to
from core.security.policy import Permission, Principal, require
from core.storage import knowledge_tables
from core.storage.audit import note
from core.storage.database import reading, utc_now, writing

DOCUMENTS, VERSIONS = knowledge_tables.documents, knowledge_tables.document_versions
MOST_NAMED = 20  # documents in one entry of the audit log


@dataclass(frozen=True)
class Document:
    """One document as it answers now.

    state: serving, or outdated when a newer version of it could not be read. doc_type: of typed documents.
    """

    id: str
    owner: str
    collection_id: str
    origin: str
    source_key: str
    title: str
    sha256: str
    format: str
    language: str | None
    doc_type: str | None
    metadata: dict[str, Any]
    version_id: str
    version: int
    state: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class DocumentPage:
    """Some documents of `total`."""

    documents: tuple[Document, ...]
    total: int


@dataclass(frozen=True)
class DocumentVersion:
    """One version without its text. notes: key, details and places of what a person should know."""

    id: str
    document_id: str
    number: int
    sha256: str
    bytes: int
    name: str
    title: str
    format: str
    language: str | None
    pages: int | None
    notes: list[dict[str, Any]]
    passages: int
    encoder_id: str
    created_at: datetime


@dataclass(frozen=True)
class Original:
    """A file as it was brought."""

    name: str
    format: str
    content: bytes


@dataclass(frozen=True)
class RemovedDocuments:
    """What was removed together, and can be put back together."""

    ids: tuple[str, ...]


def list_documents(
    *, collection_id: str | None = None, owner: str | None = None, doc_types: Sequence[str] = (),
    language: str | None = None, title: str = "", principal: Principal, limit: int = 100, offset: int = 0,
) -> DocumentPage:  # fmt: skip
    """Documents that answer now, by title. title: a part of it, whatever its case."""
    require(principal, Permission.KNOWLEDGE_READ)
    asked = {"collection_id": collection_id, "owner": owner, "language": language}
    conditions = [_answers(principal), *(DOCUMENTS.c[name] == one for name, one in asked.items() if one is not None)]
    if doc_types:
        conditions.append(DOCUMENTS.c.doc_type.in_(doc_types))
    if title.strip():
        conditions.append(DOCUMENTS.c.title.icontains(title.strip(), autoescape=True))
    order = (DOCUMENTS.c.title, DOCUMENTS.c.id)
    with reading() as connection:
        total = connection.execute(select(func.count()).select_from(DOCUMENTS).where(*conditions)).scalar_one()
        rows = connection.execute(_rows().where(*conditions).order_by(*order).limit(limit).offset(offset))
        return DocumentPage(tuple(Document(**row) for row in rows.mappings()), total)


def get_document(document_id: str, *, principal: Principal) -> Document:
    """Raises NotFound, also for a removed one and for one that may not be read."""
    require(principal, Permission.KNOWLEDGE_READ)
    with reading() as connection:
        row = connection.execute(_rows().where(DOCUMENTS.c.id == document_id, _answers(principal))).mappings().first()
    if row is None:
        raise NotFound("knowledge.no_such_document", id=document_id)
    return Document(**row)


def list_versions(document_id: str, *, principal: Principal) -> tuple[DocumentVersion, ...]:
    """Every version there was, newest first. Raises NotFound."""
    get_document(document_id, principal=principal)
    with reading() as connection:
        wanted = _versions(principal).where(VERSIONS.c.document_id == document_id)
        rows = connection.execute(wanted.order_by(VERSIONS.c.number.desc())).mappings()
        return tuple(DocumentVersion(**row) for row in rows)


def document_text(document_id: str, *, version: int | None = None, principal: Principal) -> str:
    """The whole text, in which the places of passages count; of the version that answers now. Raises NotFound."""
    found = _version(document_id, version, principal)
    with reading() as connection:
        mine = VERSIONS.c.id == found.id, visible_to(principal, VERSIONS.c.collection_id)
        return str(connection.execute(select(VERSIONS.c.text).where(*mine)).scalar_one())


def original_of(document_id: str, *, version: int | None = None, principal: Principal) -> Original:
    """The file that a version was read from. Raises NotFound."""
    found = _version(document_id, version, principal)
    return Original(found.name, found.format, read_original(found.sha256, name=found.name))


def remove_documents(document_ids: Sequence[str], *, principal: Principal) -> RemovedDocuments:
    """Take documents out of what answers, all or none; what is returned puts them back. Raises NotFound, NotAllowed."""
    ids = tuple(dict.fromkeys(document_ids))
    with writing() as connection:
        _require_editable(connection, ids, principal, _answers(principal))
        values = {"removed_at": utc_now(), "state": "removed"}
        connection.execute(_changed(ids).values(**values, generation=next_generation(connection)))
        _note_each(connection, principal, "document.removed", ids)
    return RemovedDocuments(ids)


def restore_documents(removed: RemovedDocuments, *, principal: Principal) -> None:
    """Let removed documents answer again, with the version they had. Raises NotFound, NotAllowed."""
    is_removed = and_(DOCUMENTS.c.removed_at.is_not(None), visible_to(principal, DOCUMENTS.c.collection_id))
    with writing() as connection:
        _require_editable(connection, removed.ids, principal, is_removed)
        values = {"removed_at": None, "state": "serving"}
        connection.execute(_changed(removed.ids).values(**values, generation=next_generation(connection)))
        _note_each(connection, principal, "document.restored", removed.ids)


def _answers(principal: Principal) -> ColumnElement[bool]:
    return and_(DOCUMENTS.c.removed_at.is_(None), visible_to(principal, DOCUMENTS.c.collection_id))


def _rows() -> Any:
    return select(*(DOCUMENTS.c[name] for name in Document.__dataclass_fields__))


def _versions(principal: Principal) -> Any:
    shown = select(*(VERSIONS.c[name] for name in DocumentVersion.__dataclass_fields__))
    return shown.where(visible_to(principal, VERSIONS.c.collection_id))


def _version(document_id: str, number: int | None, principal: Principal) -> DocumentVersion:
    document = get_document(document_id, principal=principal)
    wanted = VERSIONS.c.document_id == document_id, VERSIONS.c.number == (number or document.version)
    with reading() as connection:
        row = connection.execute(_versions(principal).where(*wanted)).mappings().first()
    if row is None:
        raise NotFound("knowledge.no_such_version", title=document.title, number=number)
    return DocumentVersion(**row)


def _note_each(connection: Connection, principal: Principal, action: str, ids: Sequence[str]) -> None:
    """One entry for a single document; many at once are one entry that counts them and names the first."""
    if ids:
        note(connection, principal, action, ids[0], documents=len(ids), ids=list(ids[:MOST_NAMED]))


def _changed(ids: Sequence[str]) -> Any:
    return update(DOCUMENTS).where(DOCUMENTS.c.id.in_(ids)).values(updated_at=utc_now())


def _require_editable(
    connection: Connection, ids: Sequence[str], principal: Principal, condition: ColumnElement[bool]
) -> None:
    found = select(DOCUMENTS.c.id, DOCUMENTS.c.collection_id).where(DOCUMENTS.c.id.in_(ids), condition)
    collection_of = {row.id: row.collection_id for row in connection.execute(found)}
    missing = next((one for one in ids if one not in collection_of), None)
    if missing is not None:
        raise NotFound("knowledge.no_such_document", id=missing)
    for collection_id in set(collection_of.values()):
        require_editor(connection, collection_id, principal=principal)
