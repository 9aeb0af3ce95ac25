"""Which material each row of a file is about, and what it would become."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from core.errors import BadInput
from core.fragrance.catalogue import cells
from core.fragrance.catalogue.cas import cas_number
from core.fragrance.catalogue.cells import Row
from core.fragrance.catalogue.import_plans import Sorting, check_free
from core.fragrance.catalogue.items import taken_ids
from core.fragrance.catalogue.material_rows import constituent_from, in_order, material_from
from core.fragrance.catalogue.material_values import check_currency
from core.fragrance.catalogue.materials import Catalogue, Constituent, Material
from core.fragrance.catalogue.perfume_ids import material_id
from core.fragrance.catalogue.stored import StoredMaterial, stored_materials
from core.security.policy import Principal

Rows = Sequence[tuple[int, Row]]


def plan_materials(rows: Rows, found: Sorting, *, currency: str, principal: Principal) -> None:
    """A row is about the material of its id, else of its name, else about the one molecule of its CAS number."""
    there = {one.material.id: one for one in stored_materials(principal, removed=True)}
    names = Catalogue(0, {item_id: one.material for item_id, one in there.items()})
    made = [cells.text(row, "id") or _made_id(row) for _, row in rows]
    taken = {item_id for item_id, kind in taken_ids(made).items() if kind != "material"}
    for number, row in rows:
        try:
            before = _material_of(row, there, names)
            item_id = before.material.id if before else cells.text(row, "id") or _made_id(row)
            check_free(item_id, taken)
            value = material_from(
                row, material_id=item_id, currency=currency, before=before.material if before else None
            )
            if value.price is not None:
                check_currency(value.price.currency, currency)
            found.put(
                number,
                value,
                before=before.material if before else None,
                revision=before.revision if before else 0,
                is_removed=before is not None and before.removed_at is not None,
            )
        except BadInput as error:
            found.refuse(number, error)


def _made_id(row: Row) -> str:
    return material_id(cells.text(row, "name_en") or cells.text(row, "name_ko"))


def _material_of(row: Row, there: Mapping[str, StoredMaterial], names: Catalogue) -> StoredMaterial | None:
    """None for a new one."""
    item_id = cells.text(row, "id")
    if item_id:
        return there.get(item_id)
    for column in ("name_en", "name_ko"):
        named = names.named(cells.text(row, column))
        if named is not None:
            return there[named.id]
    cas = cas_number(cells.text(row, "cas"))
    molecules = [one for one in there.values() if cas and one.material.cas == cas and one.material.kind == "molecule"]
    return molecules[0] if len(molecules) == 1 else there.get(_made_id(row))


def plan_constituents(rows: Rows, found: Sorting, *, principal: Principal) -> None:
    """The rows of one material are together what it holds: with one of them refused, all of them are."""
    there = {one.material.id: one for one in stored_materials(principal)}
    names = Catalogue(0, {item_id: one.material for item_id, one in there.items()})
    listed: dict[str, list[tuple[int, Constituent]]] = {}
    spoilt: set[str] = set()
    for number, row in rows:
        material = names.named(cells.text(row, "material"))
        try:
            item_id, constituent = _constituent_of(row, material, listed)
            listed.setdefault(item_id, []).append((number, constituent))
        except BadInput as error:
            found.refuse(number, error)
            if material is not None:
                spoilt.add(material.id)
    for item_id, numbered in listed.items():
        before = there[item_id]
        if item_id in spoilt:
            for number, _ in numbered:
                found.refuse(number, BadInput("fragrance_catalogue.row_beside", name=before.material.name_en))
            continue
        value = _holding(before.material, [one for _, one in numbered])
        found.put(numbered[0][0], value, before=before.material, revision=before.revision, is_removed=False)


def _constituent_of(
    row: Row, material: Material | None, listed: Mapping[str, Sequence[tuple[int, Constituent]]]
) -> tuple[str, Constituent]:
    """The id of the material and what it holds, each substance once."""
    written, constituent = constituent_from(row)
    if material is None:
        raise BadInput("fragrance.unknown_material", name=written)
    if any(one.cas == constituent.cas for _, one in listed.get(material.id, ())):
        raise BadInput("fragrance_catalogue.id_twice", column="cas", value=constituent.cas)
    return material.id, constituent


def _holding(material: Material, constituents: Sequence[Constituent]) -> Material:
    """The material with these constituents, no longer a sample unless they are the same."""
    return replace(material, constituents=in_order(constituents), is_sample=False)
