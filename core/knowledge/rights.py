"""Who may see and change which collection, as one condition in SQL that all reading and writing goes through."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, or_, select

from core.errors import NotAllowed, NotFound
from core.security.policy import Permission, Principal, require
from core.storage import knowledge_tables, tables
from core.storage.database import reading
from core.storage.ownership import visible

READER, EDITOR = "reader", "editor"


def visible_to(principal: Principal, collection_id: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether the row's collection may be read: one's own, shared with one, with one's organisation or with everybody.

    collection_id: that column of whatever table is asked. Removed ones are not seen. An admin sees every collection.
    """
    theirs, accounts = knowledge_tables.collections.alias(), tables.accounts.alias()
    organisation = select(accounts.c.organisation_id).where(
        accounts.c.id == principal.id, accounts.c.disabled_at.is_(None), accounts.c.organisation_id.is_not(None)
    )
    is_theirs = or_(
        visible(theirs, principal),
        theirs.c.is_open.is_(True),
        theirs.c.id.in_(_shared_with(principal)),
        theirs.c.organisation_id.in_(organisation),
    )
    return collection_id.in_(select(theirs.c.id).where(theirs.c.removed_at.is_(None), is_theirs))


def editable_by(principal: Principal, collection_id: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether documents may be brought into the row's collection, or removed: by its owner and its editors."""
    theirs = knowledge_tables.collections.alias()
    is_theirs = or_(visible(theirs, principal), theirs.c.id.in_(_shared_with(principal, EDITOR)))
    return collection_id.in_(select(theirs.c.id).where(theirs.c.removed_at.is_(None), is_theirs))


def visible_collections(principal: Principal) -> frozenset[str]:
    """The ids of every collection that may be read: what a search filters its passages by."""
    require(principal, Permission.KNOWLEDGE_READ)
    with reading() as connection:
        return frozenset(connection.execute(_visible(principal)).scalars())


@lru_cache(maxsize=256)  # putting the statement together takes longer than running it
def _visible(principal: Principal) -> Select[Any]:
    return select(knowledge_tables.collections.c.id).where(visible_to(principal, knowledge_tables.collections.c.id))


def require_editor(connection: Connection, collection_id: str, *, principal: Principal) -> None:
    """Raises NotFound for a collection that is not visible, NotAllowed for one that may only be read."""
    require(principal, Permission.KNOWLEDGE_WRITE)
    column = knowledge_tables.collections.c.id
    seen = select(column, knowledge_tables.collections.c.name, editable_by(principal, column).label("is_editable"))
    row = connection.execute(seen.where(column == collection_id, visible_to(principal, column))).mappings().first()
    if row is None:
        raise NotFound("knowledge.no_such_collection", id=collection_id)
    if not row["is_editable"]:
        raise NotAllowed("knowledge.only_reading", name=row["name"])


def _shared_with(principal: Principal, role: str | None = None) -> Select[Any]:
    members = knowledge_tables.collection_members.alias()
    wanted = select(members.c.collection_id).where(members.c.member == principal.id)
    return wanted if role is None else wanted.where(members.c.role == role)
