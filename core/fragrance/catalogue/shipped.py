"""The sample materials that come with the workbench: read straight from their files, or put into the database once."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources

from core.errors import BadInput, Conflict
from core.fragrance.catalogue import cells
from core.fragrance.catalogue.documents import material_document
from core.fragrance.catalogue.item_saving import Save, save_items
from core.fragrance.catalogue.items import taken_ids
from core.fragrance.catalogue.material_rows import constituents_from, material_from
from core.fragrance.catalogue.materials import Catalogue, Material
from core.security.policy import Principal, Role
from core.settings.current import get_settings
from core.storage.generations import OWNER

ROOM = "core.fragrance.catalogue"


@dataclass(frozen=True)
class Source:
    """A work that facts of the sample materials are taken from; `key` is how they name it."""

    key: str
    title: str
    publisher: str
    year: str
    note: str


def shipped_catalogue() -> Catalogue:
    """The sample materials as they are shipped, without the database; generation 0.

    Their prices count only where the workbench counts in their currency; else they are not known.
    """
    return _shipped_in(get_settings().fragrance_currency)


@cache
def _shipped_in(currency: str) -> Catalogue:
    materials = (in_currency(material, currency) for material in shipped_materials())
    return Catalogue(0, {material.id: material for material in materials})


def in_currency(material: Material, currency: str) -> Material:
    """The material without a price that is in another currency: no rate of exchange is known here."""
    if material.price is None or material.price.currency == currency:
        return material
    return replace(material, price=None)


@cache
def shipped_materials() -> tuple[Material, ...]:
    """As they stand in the files, by id. Raises ValueError for a row that cannot be, which a test would have found."""
    held = constituents_from(_rows("constituents.csv"))
    found: list[Material] = []
    for number, row in enumerate(_rows("materials.csv"), 2):
        try:
            material = material_from(row, material_id=cells.text(row, "id"), currency="", is_sample=True)
        except BadInput as error:
            raise ValueError(f"materials.csv, row {number}: {error}") from error
        if material.id in held:
            material = replace(material, constituents=held.pop(material.id))
        found.append(material)
    if held:
        raise ValueError(f"constituents.csv names materials that are not shipped: {', '.join(sorted(held))}")
    return tuple(sorted(found, key=lambda material: material.id))


def ensure_samples() -> int:
    """Put those sample materials into the database that were never there; how many they were.

    What somebody edited or removed stays as it is. Any number of processes may call it at once.
    """
    materials = {material.id: material for material in shipped_materials()}
    missing = sorted(materials.keys() - taken_ids(tuple(materials)).keys())
    if not missing:
        return 0
    saves = [Save(one, material_document(materials[one]), True, 0, materials[one].name_en) for one in missing]
    try:
        save_items("material", saves, reason="", principal=Principal(OWNER, Role.ADMIN), action="")
    except Conflict:  # another process was quicker; what it has stored it has stored whole
        return 0
    return len(saves)


@cache
def shipped_sources() -> dict[str, Source]:
    """The works behind the sample materials, by key."""
    return {row["key"]: Source(**row) for row in _rows("sources.csv")}


def _rows(name: str) -> Sequence[dict[str, str]]:
    text = resources.files(ROOM).joinpath(name).read_text("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))
