"""What lists of documents tell beside the documents themselves: pages, passages, size, and what was flagged."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import func, select

from core.knowledge.parsing.suspicions import FLAGGED
from core.knowledge.rights import visible_to
from core.security.policy import Permission, Principal, require
from core.storage import knowledge_tables
from core.storage.database import reading

DOCUMENTS, VERSIONS = knowledge_tables.documents, knowledge_tables.document_versions


@dataclass(frozen=True)
class DocumentFacts:
    """Of the version that answers. flags: message keys, see `suspicions.FLAGGED`; notes: how many remarks there are."""

    name: str
    format: str
    pages: int | None
    passages: int
    bytes: int
    flags: tuple[str, ...]
    notes: int
    encoder_id: str


def facts_of(documents: Iterable[str], *, principal: Principal) -> dict[str, DocumentFacts]:
    """By document; those that may not be read are left out."""
    require(principal, Permission.KNOWLEDGE_READ)
    names = ("name", "format", "pages", "passages", "bytes", "notes", "encoder_id")
    wanted = (
        select(DOCUMENTS.c.id, *(VERSIONS.c[name] for name in names))
        .join(VERSIONS, VERSIONS.c.id == DOCUMENTS.c.version_id)
        .where(DOCUMENTS.c.id.in_(set(documents)), visible_to(principal, DOCUMENTS.c.collection_id))
    )
    with reading() as connection:
        rows = connection.execute(wanted).mappings().all()
    return {
        row["id"]: DocumentFacts(
            row["name"], row["format"], row["pages"], row["passages"], row["bytes"],
            flags_among(one["key"] for one in row["notes"]), len(row["notes"]), row["encoder_id"],
        )
        for row in rows
    }  # fmt: skip


def flags_among(keys: Iterable[str]) -> tuple[str, ...]:
    """Which of these notes are flags, each once."""
    return tuple(dict.fromkeys(key for key in keys if key in FLAGGED))


def types_in(collections: Iterable[str], *, principal: Principal) -> tuple[str, ...]:
    """The types of the typed documents in these collections, by name."""
    require(principal, Permission.KNOWLEDGE_READ)
    wanted = select(DOCUMENTS.c.doc_type).distinct().where(
        DOCUMENTS.c.collection_id.in_(set(collections)), DOCUMENTS.c.doc_type.is_not(None),
        DOCUMENTS.c.removed_at.is_(None), visible_to(principal, DOCUMENTS.c.collection_id),
    )  # fmt: skip
    with reading() as connection:
        return tuple(sorted(connection.execute(wanted).scalars()))


def count_readable(*, principal: Principal) -> tuple[int, int]:
    """How many documents and passages may be asked by this principal."""
    require(principal, Permission.KNOWLEDGE_READ)
    answers = DOCUMENTS.c.removed_at.is_(None), visible_to(principal, DOCUMENTS.c.collection_id)
    counts = select(func.count(), func.coalesce(func.sum(VERSIONS.c.passages), 0)).select_from(DOCUMENTS)
    counts = counts.join(VERSIONS, VERSIONS.c.id == DOCUMENTS.c.version_id).where(*answers)
    with reading() as connection:
        documents, passages = connection.execute(counts).one()
    return int(documents), int(passages)
