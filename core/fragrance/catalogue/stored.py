"""Materials and perfumes in the database: reading them, and saving them with a reason; `undoing` takes things back.

Everybody who may read sees all of them; changing takes FRAGRANCE_WRITE. Values are checked before they are stored.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from core.errors import BadInput, NotFound
from core.fragrance.catalogue.documents import material_document, material_of, perfume_document, perfume_of
from core.fragrance.catalogue.item_saving import Save, save_items, save_items_in
from core.fragrance.catalogue.items import Item, has_items, read_item, read_items
from core.fragrance.catalogue.material_values import check_currency, checked_material
from core.fragrance.catalogue.materials import Material
from core.fragrance.catalogue.perfume_values import checked_perfume
from core.fragrance.catalogue.perfumes import Perfume
from core.fragrance.catalogue.shipped import ensure_samples
from core.security.policy import Permission, Principal, require
from core.settings.current import get_settings
from core.storage.database import writing


@dataclass(frozen=True)
class StoredMaterial:
    """revision: to be named on saving a change of it. removed_at: since when it is out of the catalogue."""

    material: Material
    revision: int
    owner: str
    created_at: datetime
    updated_at: datetime
    removed_at: datetime | None


@dataclass(frozen=True)
class StoredPerfume:
    """As `StoredMaterial`."""

    perfume: Perfume
    revision: int
    owner: str
    created_at: datetime
    updated_at: datetime
    removed_at: datetime | None


def stored_materials(principal: Principal, *, removed: bool = False) -> tuple[StoredMaterial, ...]:
    """Those of the database, by id; removed: also what was taken out. The samples are put there first."""
    require(principal, Permission.FRAGRANCE_READ)
    with_samples()
    return tuple(_stored_material(item) for item in read_items("material", removed=removed))


def stored_material(material_id: str, principal: Principal) -> StoredMaterial:
    """One of them, also a removed one. Raises NotFound."""
    require(principal, Permission.FRAGRANCE_READ)
    with_samples()
    return _stored_material(read_item("material", material_id))


def save_material(
    new: Material, *, expected_revision: int, reason: str = "", principal: Principal
) -> StoredMaterial:  # fmt: skip
    """Store a change of a material, or a new one with expected_revision 0; a removed one comes back by it.

    Raises Conflict where somebody else changed it meanwhile, BadInput for values that cannot be.
    """
    save_materials([new], expected={new.id: expected_revision}, reason=reason, principal=principal)
    return _stored_material(read_item("material", new.id))


def save_materials(
    new: Sequence[Material], *, expected: Mapping[str, int], reason: str = "", principal: Principal,
    action: str = "catalogue.saved",
) -> dict[str, int]:  # fmt: skip
    """Store several, all of them or none; their revisions by id. expected: by id, 0 for a new one.

    action: how the audit log calls it.

    Raises as `save_material`.
    """
    require(principal, Permission.FRAGRANCE_WRITE)
    currency = get_settings().fragrance_currency
    saves = []
    for one in new:
        checked = checked_material(one)
        if checked.price is not None:
            check_currency(checked.price.currency, currency)
        document = material_document(checked)
        saves.append(Save(one.id, document, one.is_sample, expected[one.id], checked.name_en))
    _check_once(saves)
    with_samples()  # else the first material of one's own would be the only one
    return save_items("material", saves, reason=reason.strip(), principal=principal, action=action)


def perfumes(principal: Principal, *, ids: Sequence[str] | None = None) -> tuple[Perfume, ...]:
    """Every perfume by id, or those of `ids` that there are.

    A hundred thousand take seconds: keep them, until the generation "perfumes" rises.
    """
    require(principal, Permission.FRAGRANCE_READ)
    return tuple(perfume_of(item.document) for item in read_items("perfume", ids=ids))


def perfume(perfume_id: str, principal: Principal) -> Perfume:
    """One perfume. Raises NotFound, also for one that was removed."""
    found = stored_perfume(perfume_id, principal)
    if found.removed_at is not None:
        raise NotFound("fragrance.not_there")
    return found.perfume


def stored_perfume(perfume_id: str, principal: Principal) -> StoredPerfume:
    """The same with its revision, also one that was removed. Raises NotFound."""
    require(principal, Permission.FRAGRANCE_READ)
    return _stored_perfume(read_item("perfume", perfume_id))


def stored_perfumes(principal: Principal, *, removed: bool = False) -> tuple[StoredPerfume, ...]:
    """All of them with their revisions, by id; removed: also what was taken out."""
    require(principal, Permission.FRAGRANCE_READ)
    return tuple(_stored_perfume(item) for item in read_items("perfume", removed=removed))


def save_perfumes(
    new: Sequence[Perfume], *, expected: Mapping[str, int] | None = None, reason: str = "", principal: Principal,
    action: str = "catalogue.saved",
) -> dict[str, int]:  # fmt: skip
    """Store perfumes, all of them or none; their revisions by id. What is stored as it stands gains no revision.

    expected: revisions by id as in `save_material`; left out, whatever is there is replaced.
    Raises BadInput for values that cannot be, Conflict where a revision is another or the id is a material's.
    """
    with writing() as connection:
        return save_perfumes_in(
            connection, new, expected=expected, reason=reason, principal=principal, action=action
        )  # fmt: skip


def save_perfumes_in(
    connection: Connection, new: Sequence[Perfume], *, expected: Mapping[str, int] | None = None, reason: str = "",
    principal: Principal, action: str = "catalogue.saved",
) -> dict[str, int]:  # fmt: skip
    """The same within the caller's transaction."""
    require(principal, Permission.FRAGRANCE_WRITE)
    currency = get_settings().fragrance_currency
    saves = []
    for one in new:
        checked = checked_perfume(one, currency=currency)
        number = None if expected is None else expected[one.id]
        saves.append(Save(one.id, perfume_document(checked), one.is_sample, number, checked.name))
    _check_once(saves)
    return save_items_in(
        connection, "perfume", saves, reason=reason.strip(), principal=principal, action=action
    )  # fmt: skip


def with_samples() -> None:
    """The samples come first: what one saves or removes is told against them."""
    if not has_items("material"):
        ensure_samples()


def _check_once(saves: Sequence[Save]) -> None:
    twice = [item_id for item_id, count in Counter(save.id for save in saves).items() if count > 1]
    if twice:
        raise BadInput("fragrance_catalogue.id_twice", column="id", value=twice[0])


def _stored_material(item: Item) -> StoredMaterial:
    return StoredMaterial(
        material_of(item.document), item.revision, item.owner, item.created_at, item.updated_at, item.removed_at
    )


def _stored_perfume(item: Item) -> StoredPerfume:
    return StoredPerfume(
        perfume_of(item.document), item.revision, item.owner, item.created_at, item.updated_at, item.removed_at
    )
