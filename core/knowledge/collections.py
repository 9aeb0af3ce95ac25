"""Collections of documents: made, listed, renamed, removed and brought back; whom they are shared with: `sharing`."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, Connection, and_, func, insert, select, update

from core.errors import BadInput, NotAllowed, NotFound
from core.knowledge.index_generations import next_generation
from core.knowledge.rights import editable_by, visible_to
from core.security.policy import Permission, Principal, may_see, require
from core.storage import knowledge_tables
from core.storage.audit import note
from core.storage.database import reading, utc_now, writing
from core.storage.ownership import visible

LONGEST_NAME, LONGEST_DESCRIPTION = 200, 2000
COLLECTIONS = knowledge_tables.collections


@dataclass(frozen=True)
class Collection:
    """One collection. organisation_id: whose people may all read it; is_open: everybody who is signed in may.

    documents: how many answer now.
    """

    id: str
    owner: str
    name: str
    description: str
    organisation_id: str | None
    is_open: bool
    created_at: datetime
    updated_at: datetime
    documents: int
    is_editable: bool


def create_collection(name: str, *, description: str = "", principal: Principal) -> Collection:
    """A new, empty collection that only its owner sees. Raises BadInput for its name."""
    require(principal, Permission.KNOWLEDGE_WRITE)
    now = utc_now()
    row = {
        "id": str(uuid4()), "owner": principal.id, "name": _kept(name), "description": _told(description),
        "organisation_id": None, "is_open": False, "created_at": now, "updated_at": now,
    }  # fmt: skip
    with writing() as connection:
        connection.execute(insert(COLLECTIONS).values(**row))
        note(connection, principal, "collection.made", str(row["id"]))
    return get_collection(str(row["id"]), principal=principal)


def list_collections(*, principal: Principal) -> tuple[Collection, ...]:
    """Every collection that may be read, by name."""
    require(principal, Permission.KNOWLEDGE_READ)
    with reading() as connection:
        return _found(connection, principal)


def get_collection(collection_id: str, *, principal: Principal) -> Collection:
    """Raises NotFound, also for a collection that may not be read."""
    require(principal, Permission.KNOWLEDGE_READ)
    with reading() as connection:
        found = _found(connection, principal, COLLECTIONS.c.id == collection_id)
    if not found:
        raise NotFound("knowledge.no_such_collection", id=collection_id)
    return found[0]


def rename_collection(
    collection_id: str, name: str, *, description: str | None = None, principal: Principal
) -> Collection:
    """Another name, and another description where one is given. The owner's to do, as all that follows."""
    values: dict[str, Any] = {"name": _kept(name), "updated_at": utc_now()}
    if description is not None:
        values["description"] = _told(description)
    with writing() as connection:
        require_owner(connection, collection_id, principal)
        connection.execute(update(COLLECTIONS).where(COLLECTIONS.c.id == collection_id).values(**values))
    return get_collection(collection_id, principal=principal)


def remove_collection(collection_id: str, *, principal: Principal) -> None:
    """Nobody finds it or anything in it any more; `restore_collection` takes that back."""
    with writing() as connection:
        require_owner(connection, collection_id, principal)
        values = {"removed_at": utc_now(), "updated_at": utc_now()}
        connection.execute(update(COLLECTIONS).where(COLLECTIONS.c.id == collection_id).values(**values))
        next_generation(connection)
        note(connection, principal, "collection.removed", collection_id)


def restore_collection(collection_id: str, *, principal: Principal) -> Collection:
    """Undo a removal. Raises NotFound for a collection that was not removed or is not one's own."""
    require(principal, Permission.KNOWLEDGE_WRITE)
    is_removed = and_(COLLECTIONS.c.id == collection_id, COLLECTIONS.c.removed_at.is_not(None))
    mine = and_(is_removed, visible(COLLECTIONS, principal))
    with writing() as connection:
        changed = connection.execute(update(COLLECTIONS).where(mine).values(removed_at=None, updated_at=utc_now()))
        if changed.rowcount != 1:
            raise NotFound("knowledge.no_such_collection", id=collection_id)
        next_generation(connection)
        note(connection, principal, "collection.restored", collection_id)
    return get_collection(collection_id, principal=principal)


def _found(connection: Connection, principal: Principal, *conditions: ColumnElement[bool]) -> tuple[Collection, ...]:
    documents = knowledge_tables.documents
    count = (
        select(func.count())
        .select_from(documents)
        .where(documents.c.collection_id == COLLECTIONS.c.id, documents.c.removed_at.is_(None))
        .correlate(COLLECTIONS)
        .scalar_subquery()
    )
    shown = [column for column in COLLECTIONS.c if column.name != "removed_at"]
    query = select(*shown, count.label("documents"), editable_by(principal, COLLECTIONS.c.id).label("is_editable"))
    query = query.where(visible_to(principal, COLLECTIONS.c.id), *conditions)
    rows = connection.execute(query.order_by(COLLECTIONS.c.name, COLLECTIONS.c.id)).mappings()
    return tuple(Collection(**{**row, "is_editable": bool(row["is_editable"])}) for row in rows)


def require_owner(connection: Connection, collection_id: str, principal: Principal) -> None:
    """Raises NotFound for a collection that is not visible, NotAllowed for one of somebody else."""
    require(principal, Permission.KNOWLEDGE_WRITE)
    found = _found(connection, principal, COLLECTIONS.c.id == collection_id)
    if not found:
        raise NotFound("knowledge.no_such_collection", id=collection_id)
    if not may_see(principal, found[0].owner):
        raise NotAllowed("knowledge.only_owner", name=found[0].name)


def _kept(name: str) -> str:
    text = " ".join(unicodedata.normalize("NFC", name).split())
    if not text or len(text) > LONGEST_NAME or any(unicodedata.category(sign).startswith("C") for sign in text):
        raise BadInput("knowledge.bad_collection_name", limit=LONGEST_NAME)
    return text


def _told(description: str) -> str:
    text = unicodedata.normalize("NFC", description).strip()
    if len(text) > LONGEST_DESCRIPTION:
        raise BadInput("knowledge.long_description", limit=LONGEST_DESCRIPTION)
    return text
