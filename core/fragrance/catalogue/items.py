"""Rows of materials and perfumes with every revision of each: who, when, why, and the document; nothing is lost.

Reading them; `item_saving` stores them. Knows documents only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, select

from core.errors import NotFound
from core.fragrance.catalogue.documents import Document
from core.storage.database import reading
from core.storage.perfumery_tables import fragrance_item_revisions, fragrance_items

ItemKind = Literal["material", "perfume"]
ASKED_AT_ONCE = 500  # ids in one question; SQLite takes at least 999 values


@dataclass(frozen=True)
class Item:
    """removed_at: since when it is out of the catalogue; its document stays, to be restored."""

    id: str
    kind: ItemKind
    owner: str
    revision: int
    document: Document
    is_sample: bool
    created_at: datetime
    updated_at: datetime
    removed_at: datetime | None


@dataclass(frozen=True)
class ItemRevision:
    """document: None for a removal."""

    number: int
    owner: str
    document: Document | None
    reason: str
    created_at: datetime


def read_items(kind: ItemKind, *, removed: bool = False, ids: Sequence[str] | None = None) -> list[Item]:
    """By id; removed: also what was taken out of the catalogue. ids: only these."""
    with reading() as connection:
        return [item for item in items_in(connection, kind, ids) if removed or item.removed_at is None]


def read_item(kind: ItemKind | None, item_id: str) -> Item:
    """Of a kind or of any, also one that was removed. Raises NotFound."""
    with reading() as connection:
        found = next(items_in(connection, kind, (item_id,)), None)
    if found is None:
        raise NotFound("fragrance.not_there")
    return found


def taken_ids(ids: Sequence[str]) -> dict[str, ItemKind]:
    """Those ids that anything bears already, also what was removed."""
    table = fragrance_items
    found: dict[str, ItemKind] = {}
    with reading() as connection:
        for some in _batches(ids):
            rows = connection.execute(select(table.c.id, table.c.kind).where(table.c.id.in_(some)))
            found |= {row.id: row.kind for row in rows}
    return found


def ids_of(kind: ItemKind) -> frozenset[str]:
    """Every id of a kind, also of what was removed."""
    table = fragrance_items
    with reading() as connection:
        return frozenset(connection.execute(select(table.c.id).where(table.c.kind == kind)).scalars())


def has_items(kind: ItemKind) -> bool:
    """Whether there ever was one."""
    table = fragrance_items
    with reading() as connection:
        return connection.execute(select(table.c.id).where(table.c.kind == kind).limit(1)).first() is not None


def revisions(item_id: str) -> tuple[ItemRevision, ...]:
    """Every revision, the first one first."""
    table = fragrance_item_revisions
    with reading() as connection:
        rows = connection.execute(select(table).where(table.c.item_id == item_id).order_by(table.c.revision)).all()
    return tuple(ItemRevision(row.revision, row.owner, row.document, row.reason, row.created_at) for row in rows)


def items_in(connection: Connection, kind: ItemKind | None, ids: Sequence[str] | None) -> Iterator[Item]:
    """By id, of a kind or any, also those that were removed. ids: only these."""
    table = fragrance_items
    wanted = select(
        table.c.id, table.c.kind, table.c.owner, table.c.revision, table.c.document, table.c.is_sample,
        table.c.created_at, table.c.updated_at, table.c.removed_at,
    ).order_by(table.c.id)  # fmt: skip
    if kind is not None:
        wanted = wanted.where(table.c.kind == kind)
    if ids is None:
        yield from (Item(*row) for row in connection.execute(wanted))
        return
    for some in _batches(ids):
        yield from (Item(*row) for row in connection.execute(wanted.where(table.c.id.in_(some))))


def _batches(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    ordered = sorted(set(ids))
    for start in range(0, len(ordered), ASKED_AT_ONCE):
        yield ordered[start : start + ASKED_AT_ONCE]
