"""Storing documents of materials and perfumes: all of a call or nothing, each change one revision.

The generation rises in the same transaction, so every copy of the catalogue is renewed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, update

from core.errors import Conflict, NotFound
from core.fragrance.catalogue.documents import Document
from core.fragrance.catalogue.items import Item, ItemKind, items_in
from core.fragrance.generations import raise_generation
from core.security.policy import Principal
from core.storage.audit import note
from core.storage.database import utc_now, writing
from core.storage.perfumery_tables import fragrance_item_revisions, fragrance_items


@dataclass(frozen=True)
class Save:
    """What is to be stored. expected_revision: the one it was made from, 0 for what is new; None: whatever is there."""

    id: str
    document: Document
    is_sample: bool
    expected_revision: int | None
    name: str  # for a sentence about it


def save_items(
    kind: ItemKind, saves: Sequence[Save], *, reason: str, principal: Principal, action: str
) -> dict[str, int]:  # fmt: skip
    """Store documents, all of them or none; what is there already as it stands gains no revision.

    action: how the audit log calls it; empty for what nobody did. Returns the revision of each by id. Raises Conflict
    where a revision is not the expected one.
    """
    with writing() as connection:
        return save_items_in(connection, kind, saves, reason=reason, principal=principal, action=action)


def save_items_in(
    connection: Connection, kind: ItemKind, saves: Sequence[Save], *, reason: str, principal: Principal, action: str
) -> dict[str, int]:  # fmt: skip
    """The same within the caller's transaction."""
    _hold(connection, kind)
    before = {item.id: item for item in items_in(connection, None, [save.id for save in saves])}
    new: list[Item] = []
    changed: list[Item] = []
    found: dict[str, int] = {}
    now = utc_now()
    for save in saves:
        there = before.get(save.id)
        is_expected = save.expected_revision in (None, there.revision if there else 0)
        if not is_expected or (there and there.kind != kind):
            raise Conflict("fragrance.changed_meanwhile", name=save.name)
        if there is None:
            new.append(Item(save.id, kind, principal.id, 1, save.document, save.is_sample, now, now, None))
            found[save.id] = 1
        elif there.document == save.document and there.removed_at is None:
            found[save.id] = there.revision
        else:
            number = there.revision + 1
            changed.append(
                Item(save.id, kind, there.owner, number, save.document, save.is_sample, there.created_at, now, None)
            )
            found[save.id] = number
    _write(connection, new, changed, reason, principal.id)
    written = [item.id for item in (*new, *changed)]
    if action and written:
        told = {"kind": kind, "new": len(new), "changed": len(changed), "reason": reason}
        note(connection, principal, action, written[0], **told)
    return found


def remove_item(
    kind: ItemKind, item_id: str, *, expected_revision: int, name: str, reason: str, principal: Principal
) -> int:  # fmt: skip
    """Take it out of the catalogue; the new revision. Raises NotFound, or Conflict as `save_items` does."""
    with writing() as connection:
        _hold(connection, kind)
        there = next(iter(items_in(connection, kind, [item_id])), None)
        if there is None or there.removed_at is not None:
            raise NotFound("fragrance.not_there")
        if there.revision != expected_revision:
            raise Conflict("fragrance.changed_meanwhile", name=name)
        now = utc_now()
        values = {"revision": there.revision + 1, "removed_at": now, "updated_at": now}
        connection.execute(update(fragrance_items).where(fragrance_items.c.id == item_id).values(values))
        connection.execute(
            insert(fragrance_item_revisions),
            [_revision_row(item_id, there.revision + 1, principal.id, None, reason, now)],
        )
        note(connection, principal, "catalogue.removed", item_id, kind=kind, reason=reason)
    return there.revision + 1


def _hold(connection: Connection, kind: ItemKind) -> None:
    """Writers wait for each other here, so what is read next stays true; perfumes are counted by themselves too."""
    raise_generation(connection, "catalogue")
    if kind == "perfume":
        raise_generation(connection, "perfumes")


def _write(
    connection: Connection, new: Sequence[Item], changed: Sequence[Item], reason: str, owner: str
) -> None:  # fmt: skip
    table = fragrance_items
    if new:
        connection.execute(insert(table), [vars(item) for item in new])
    if changed:
        change = (
            update(table)
            .where(table.c.id == bindparam("of_id"))
            .values(
                {name: bindparam(f"new_{name}") for name in ("revision", "document", "is_sample", "updated_at")}
                | {"removed_at": None}
            )
        )
        connection.execute(
            change,
            [
                {
                    "of_id": item.id,
                    "new_revision": item.revision,
                    "new_document": item.document,
                    "new_is_sample": item.is_sample,
                    "new_updated_at": item.updated_at,
                }
                for item in changed
            ],
        )
    rows = [
        _revision_row(item.id, item.revision, owner, item.document, reason, item.updated_at)
        for item in (*new, *changed)
    ]
    if rows:
        connection.execute(insert(fragrance_item_revisions), rows)


def _revision_row(
    item_id: str, number: int, owner: str, document: Document | None, reason: str, now: datetime
) -> dict[str, Any]:  # fmt: skip
    return {
        "item_id": item_id,
        "revision": number,
        "owner": owner,
        "document": document,
        "reason": reason,
        "created_at": now,
    }
