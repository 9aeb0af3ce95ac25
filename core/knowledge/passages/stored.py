"""Passages as they are stored: for a reader through the rights, for the search index all that answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Select, and_, select

from core.errors import NotFound
from core.knowledge.passages.vectors import unpacked
from core.knowledge.rights import visible_to
from core.security.policy import Permission, Principal, require
from core.storage import knowledge_tables
from core.storage.database import reading

DOCUMENTS, PASSAGES, VECTORS = knowledge_tables.documents, knowledge_tables.passages, knowledge_tables.passage_vectors
VERSIONS = knowledge_tables.document_versions
AT_ONCE = 500  # rows that are fetched together


@dataclass(frozen=True)
class StoredPassage:
    """One passage with the document it stands in. start, end: its place in the text of that version.

    is_current: whether its version is the one that answers. flags: message keys, see `suspicions.FLAGGED`.
    """

    id: int
    collection_id: str
    document_id: str
    version_id: str
    version: int
    title: str
    doc_type: str | None
    language: str | None
    number: int
    text: str
    words: str
    start: int
    end: int
    page: int | None
    last_page: int | None
    sheet: str | None
    part: str | None
    heading_path: tuple[str, ...]
    flags: tuple[str, ...]
    is_current: bool

    @property
    def above(self) -> str:
        """Title and headings in a line: they may name what the text calls "he"."""
        return " > ".join((self.title, *self.heading_path))


_FIELDS = tuple(StoredPassage.__dataclass_fields__)


@dataclass(frozen=True)
class IndexedPassage:
    """What a search index takes of a passage. vectors: as stored, see `vectors.unpacked`; None where there are none."""

    id: int
    collection_id: str
    document_id: str
    doc_type: str | None
    language: str | None
    words: str
    dim: int | None
    vectors: bytes | None


def read_passages(ids: Sequence[int], *, current_only: bool = True, principal: Principal) -> dict[int, StoredPassage]:
    """Those of the passages that may be read, by id; the others are left out without a word.

    current_only: leave out what no longer answers; citations of earlier answers want it all the same. Passages of
    removed documents are always left out.
    """
    require(principal, Permission.KNOWLEDGE_READ)
    found: dict[int, StoredPassage] = {}
    with reading() as connection:
        for start in range(0, len(ids), AT_ONCE):
            wanted = _readable(principal).where(PASSAGES.c.id.in_(list(ids[start : start + AT_ONCE])))
            for row in connection.execute(wanted).all():
                one = _stored(row)
                if one.is_current or not current_only:
                    found[one.id] = one
    return found


def get_passage(passage_id: int, *, principal: Principal) -> StoredPassage:
    """One passage, of whatever version. Raises NotFound."""
    found = read_passages([passage_id], current_only=False, principal=principal)
    if not found:
        raise NotFound("knowledge.no_such_passage", id=passage_id)
    return found[passage_id]


def passages_of(document_id: str, *, version: int | None = None, principal: Principal) -> tuple[StoredPassage, ...]:
    """The passages of a document in its order; of the version that answers now unless another is named.

    Empty for a document that may not be read.
    """
    require(principal, Permission.KNOWLEDGE_READ)
    number = DOCUMENTS.c.version if version is None else version
    wanted = _readable(principal).where(PASSAGES.c.document_id == document_id, VERSIONS.c.number == number)
    with reading() as connection:
        return tuple(_stored(row) for row in connection.execute(wanted.order_by(PASSAGES.c.number)))


def passages_to_index(encoder_id: str) -> Iterator[IndexedPassage]:
    """Every passage that answers, of all collections, by id: for building an index and nothing else.

    Whoever searches the index filters by `rights.visible_collections` and reads hits with `read_passages`.
    """
    answers = and_(DOCUMENTS.c.version_id == PASSAGES.c.version_id, DOCUMENTS.c.removed_at.is_(None))
    removed = select(knowledge_tables.collections.c.id).where(knowledge_tables.collections.c.removed_at.is_not(None))
    columns = [PASSAGES.c[name] for name in ("id", "collection_id", "document_id", "words")]
    wanted = (
        select(*columns, DOCUMENTS.c.doc_type, DOCUMENTS.c.language, VECTORS.c.dim, VECTORS.c.vectors)
        .join(DOCUMENTS, answers)
        .outerjoin(VECTORS, _vectors_under(encoder_id))
        .where(PASSAGES.c.collection_id.not_in(removed))
        .order_by(PASSAGES.c.id)
    )
    with reading() as connection:
        rows = connection.execute(wanted.execution_options(yield_per=AT_ONCE))
        for row in rows.mappings():
            yield IndexedPassage(**row)


def vectors_of(ids: Sequence[int], encoder_id: str) -> dict[int, NDArray[np.float32]]:
    """Unit rows, shape (windows, dim), by passage, of those that have vectors under the encoder.

    For passages that a search may see: whose they are was settled before.
    """
    found: dict[int, NDArray[np.float32]] = {}
    with reading() as connection:
        for start in range(0, len(ids), AT_ONCE):
            wanted = select(PASSAGES.c.id, VECTORS.c.dim, VECTORS.c.vectors).join(VECTORS, _vectors_under(encoder_id))
            for row in connection.execute(wanted.where(PASSAGES.c.id.in_(list(ids[start : start + AT_ONCE])))):
                found[row.id] = unpacked(row.vectors, row.dim)
    return found


def _vectors_under(encoder_id: str) -> ColumnElement[bool]:
    return and_(
        VECTORS.c.collection_id == PASSAGES.c.collection_id,
        VECTORS.c.words_sha256 == PASSAGES.c.words_sha256,
        VECTORS.c.encoder_id == encoder_id,
    )


@lru_cache(maxsize=256)  # putting the statement together takes longer than running it
def _readable(principal: Principal) -> Select[Any]:
    """The fields of StoredPassage in their order."""
    others = {
        "version": VERSIONS.c.number.label("version"),
        "title": VERSIONS.c.title,
        "language": VERSIONS.c.language,
        "doc_type": DOCUMENTS.c.doc_type,
        "is_current": (DOCUMENTS.c.version_id == PASSAGES.c.version_id).label("is_current"),
    }
    return (
        select(*(others[name] if name in others else PASSAGES.c[name] for name in _FIELDS))
        .join_from(PASSAGES, DOCUMENTS, DOCUMENTS.c.id == PASSAGES.c.document_id)
        .join(VERSIONS, VERSIONS.c.id == PASSAGES.c.version_id)
        .where(DOCUMENTS.c.removed_at.is_(None), visible_to(principal, PASSAGES.c.collection_id))
    )


def _stored(row: Any) -> StoredPassage:
    *values, heading_path, flags, is_current = row
    values += (tuple(heading_path), tuple(flags), bool(is_current))
    return StoredPassage(*values)
