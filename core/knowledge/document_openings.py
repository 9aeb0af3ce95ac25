"""What lists of documents begin with: how many there are of each type, and the first words of each."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import func, select

from core.knowledge.rights import visible_to
from core.security.policy import Permission, Principal, require
from core.storage import knowledge_tables
from core.storage.database import reading

DOCUMENTS, VERSIONS = knowledge_tables.documents, knowledge_tables.document_versions
READ_AHEAD = 3  # headings and gaps are left out, so more is read than is shown


def count_by_type(*, principal: Principal) -> dict[str | None, int]:
    """How many documents of each type may be read, the most frequent type first; None: of those without a type."""
    require(principal, Permission.KNOWLEDGE_READ)
    count = func.count().label("count")
    answering = DOCUMENTS.c.removed_at.is_(None), visible_to(principal, DOCUMENTS.c.collection_id)
    wanted = select(DOCUMENTS.c.doc_type, count).where(*answering).group_by(DOCUMENTS.c.doc_type)
    with reading() as connection:
        rows = connection.execute(wanted.order_by(count.desc(), DOCUMENTS.c.doc_type)).all()
    return {row.doc_type: row[1] for row in rows}


def openings_of(documents: Iterable[str], *, characters: int, principal: Principal) -> dict[str, str]:
    """By document, at most that many characters in one line and without the title; unreadable ones are left out."""
    require(principal, Permission.KNOWLEDGE_READ)
    begins = func.substr(VERSIONS.c.text, 1, READ_AHEAD * characters + 200).label("begins")
    wanted = (
        select(DOCUMENTS.c.id, DOCUMENTS.c.title, begins)
        .join(VERSIONS, VERSIONS.c.id == DOCUMENTS.c.version_id)
        .where(DOCUMENTS.c.id.in_(set(documents)), visible_to(principal, DOCUMENTS.c.collection_id))
    )
    with reading() as connection:
        rows = connection.execute(wanted).all()
    return {row.id: _one_line(row.begins, row.title, characters) for row in rows}


def _one_line(text: str, title: str, characters: int) -> str:
    lines = [line.strip(" -#*\t") for line in text.splitlines()]
    words = " ".join(line for line in lines if line and line != title).split()
    opening = " ".join(words)
    return opening if len(opening) <= characters else opening[:characters].rstrip() + "…"
