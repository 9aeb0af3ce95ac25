"""Taking things back: removing a material or perfume, restoring it, returning to an earlier revision; each a revision.

Nothing is ever lost by it. Changing takes FRAGRANCE_WRITE.
"""

from __future__ import annotations

from core.errors import NotFound
from core.fragrance.catalogue import items
from core.fragrance.catalogue.documents import Document, material_of, perfume_of
from core.fragrance.catalogue.item_saving import Save, remove_item, save_items
from core.fragrance.catalogue.items import Item
from core.fragrance.catalogue.stored import save_materials, save_perfumes, with_samples
from core.security.policy import Permission, Principal, require


def remove(item_id: str, *, expected_revision: int, reason: str = "", principal: Principal) -> int:
    """Take it out of the catalogue; the new revision.

    Raises NotFound, or Conflict where somebody else changed it meanwhile.
    """
    item = _item(item_id, principal)
    return remove_item(
        item.kind,
        item_id,
        expected_revision=expected_revision,
        name=_name(item),
        reason=reason.strip(),
        principal=principal,
    )


def restore(item_id: str, *, expected_revision: int, reason: str = "", principal: Principal) -> int:
    """Put what was removed back as it was; the new revision. Raises NotFound or Conflict as `remove`."""
    item = _item(item_id, principal)
    if item.removed_at is None:
        raise NotFound("fragrance.not_there")
    save = Save(item_id, item.document, item.is_sample, expected_revision, _name(item))
    saved = save_items(
        item.kind, [save], reason=reason.strip(), principal=principal, action="catalogue.restored"
    )  # fmt: skip
    return saved[item_id]


def revert(item_id: str, *, to: int, expected_revision: int, reason: str = "", principal: Principal) -> int:
    """Save an earlier revision anew; the new revision.

    Raises NotFound where there is no such revision or it was a removal, Conflict as `remove`, BadInput where the
    values can no longer be.
    """
    item = _item(item_id, principal)
    document = _document(item_id, to)
    expected, action = {item_id: expected_revision}, "catalogue.reverted"
    if item.kind == "material":
        material = material_of(document)
        saved = save_materials([material], expected=expected, reason=reason, principal=principal, action=action)
    else:
        perfume = perfume_of(document)
        saved = save_perfumes([perfume], expected=expected, reason=reason, principal=principal, action=action)
    return saved[item_id]


def _item(item_id: str, principal: Principal) -> Item:
    require(principal, Permission.FRAGRANCE_WRITE)
    with_samples()
    return items.read_item(None, item_id)


def _document(item_id: str, number: int) -> Document:
    found = next((one.document for one in items.revisions(item_id) if one.number == number), None)
    if found is None:
        raise NotFound("fragrance.not_there")
    return found


def _name(item: Item) -> str:
    return str(item.document["name_en" if item.kind == "material" else "name"])
