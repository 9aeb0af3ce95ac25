"""Whom a collection is shared with: people one by one, an organisation, or everybody who is signed in.

The owner's to give and to take back. `rights` reads what is kept here each time anybody looks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, delete, insert, select, update

from core.accounts.names import comparable
from core.errors import BadInput, NotFound
from core.knowledge.collections import COLLECTIONS, Collection, get_collection, require_owner
from core.knowledge.rights import EDITOR, READER, editable_by
from core.security.policy import Permission, Principal, require
from core.storage import knowledge_tables, tables
from core.storage.audit import note
from core.storage.database import reading, utc_now, writing

MemberRole = Literal["reader", "editor"]
MEMBERS, ACCOUNTS = knowledge_tables.collection_members, tables.accounts


@dataclass(frozen=True)
class Member:
    """Somebody a collection is shared with. member: the id of the account."""

    member: str
    name: str
    role: MemberRole


def share(collection_id: str, login_name: str, role: MemberRole, *, principal: Principal) -> Member:
    """Let somebody read, or also change the documents; a second time changes the role. Raises NotFound, BadInput."""
    if role not in (READER, EDITOR):
        raise BadInput("knowledge.no_such_role", role=role, known=f"{READER}, {EDITOR}")
    with writing() as connection:
        require_owner(connection, collection_id, principal)
        wanted = select(ACCOUNTS.c.id, ACCOUNTS.c.display_name).where(
            ACCOUNTS.c.login_key == comparable(login_name), ACCOUNTS.c.disabled_at.is_(None)
        )
        account = connection.execute(wanted).mappings().first()
        if account is None:
            raise NotFound("knowledge.no_such_member", name=login_name[:80])
        _drop_member(connection, collection_id, account["id"])
        row = {"owner": principal.id, "collection_id": collection_id, "member": account["id"], "role": role}
        connection.execute(insert(MEMBERS).values(**row, created_at=utc_now()))
        note(connection, principal, "collection.shared", collection_id, member=account["id"], role=role)
    return Member(account["id"], account["display_name"], role)


def unshare(collection_id: str, member: str, *, principal: Principal) -> None:
    """Take somebody's right back, at once and for everything. member: the id of the account, also one's own."""
    with writing() as connection:
        if member != principal.id:
            require_owner(connection, collection_id, principal)
        if not _drop_member(connection, collection_id, member):
            raise NotFound("knowledge.no_such_member", name=member[:80])
        note(connection, principal, "collection.unshared", collection_id, member=member)


def share_with_organisation(collection_id: str, *, is_shared: bool = True, principal: Principal) -> Collection:
    """Let everybody of one's own organisation read, or no longer. Raises BadInput for somebody without one."""
    with writing() as connection:
        require_owner(connection, collection_id, principal)
        wanted = select(ACCOUNTS.c.organisation_id).where(ACCOUNTS.c.id == principal.id)
        organisation = connection.execute(wanted).scalar() if is_shared else None
        if is_shared and organisation is None:
            raise BadInput("knowledge.no_organisation")
        values = {"organisation_id": organisation, "updated_at": utc_now()}
        connection.execute(update(COLLECTIONS).where(COLLECTIONS.c.id == collection_id).values(**values))
        action = "collection.shared" if is_shared else "collection.unshared"
        note(connection, principal, action, collection_id, organisation=organisation or "")
    return get_collection(collection_id, principal=principal)


def share_with_everybody(collection_id: str, *, is_shared: bool = True, principal: Principal) -> Collection:
    """Let everybody who is signed in read, or no longer."""
    with writing() as connection:
        require_owner(connection, collection_id, principal)
        values = {"is_open": is_shared, "updated_at": utc_now()}
        connection.execute(update(COLLECTIONS).where(COLLECTIONS.c.id == collection_id).values(**values))
        action = "collection.shared" if is_shared else "collection.unshared"
        note(connection, principal, action, collection_id, everybody=True)
    return get_collection(collection_id, principal=principal)


def list_members(collection_id: str, *, principal: Principal) -> tuple[Member, ...]:
    """With whom a collection is shared, by name; for those who may change its documents."""
    require(principal, Permission.KNOWLEDGE_READ)
    query = (
        select(MEMBERS.c.member, ACCOUNTS.c.display_name.label("name"), MEMBERS.c.role)
        .join(ACCOUNTS, ACCOUNTS.c.id == MEMBERS.c.member)
        .where(MEMBERS.c.collection_id == collection_id, editable_by(principal, MEMBERS.c.collection_id))
        .order_by(ACCOUNTS.c.display_name, MEMBERS.c.member)
    )
    with reading() as connection:
        return tuple(Member(**row) for row in connection.execute(query).mappings())


def _drop_member(connection: Connection, collection_id: str, member: str) -> bool:
    mine = MEMBERS.c.collection_id == collection_id, MEMBERS.c.member == member
    return connection.execute(delete(MEMBERS).where(*mine)).rowcount > 0
