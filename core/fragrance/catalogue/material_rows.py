"""Materials as rows of `materials.csv` and back; the same for what is shipped, imported and exported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from core.errors import BadInput
from core.fragrance.catalogue import cells
from core.fragrance.catalogue.cells import Row, shown
from core.fragrance.catalogue.material_values import checked_constituent, checked_material
from core.fragrance.catalogue.materials import KINDS, Constituent, Kind, Material, Position, Price
from core.fragrance.vocabulary import plain

SOURCE_GROUPS = ("identity", "odour", "volatility", "use", "constituents")  # that of a price lies with the price
COLUMNS = (
    "id", "name_en", "name_ko", "kind", "cas", "family", "position", "odour", "strength", "vapour_pressure_pa",
    "boiling_point_c", "molar_mass", "volatility_is_estimated", "usual_share", "highest_share", "price_per_kg",
    "currency", "price_date", "stock_g", "solubility", "constituents_known", "description_en", "description_ko",
    "source_identity", "source_odour", "source_volatility", "source_use", "source_price", "source_constituents",
)  # fmt: skip
CONSTITUENT_COLUMNS = ("material", "cas", "name", "share", "source")
KIND_WORDS: dict[str, Kind] = {
    "천연": "natural", "천연향료": "natural", "natural oil": "natural", "단일": "molecule", "단일향료": "molecule",
    "합성": "molecule", "합성향료": "molecule", "synthetic": "molecule", "베이스": "base", "조합향료": "base",
    "용제": "solvent", "carrier": "solvent",
}  # fmt: skip


def material_from(
    row: Row, *, material_id: str, currency: str, before: Material | None = None, is_sample: bool = False
) -> Material:
    """A material of a row; columns that are absent keep what `before` tells.

    currency: of a price that names none. Constituents are listed in a file of their own: a row says whether they are
    known, and keeps those of `before`. Raises BadInput naming the column.
    """
    changes: dict[str, Any] = {}
    for column in ("name_en", "name_ko", "solubility", "description_en", "description_ko"):
        if column in row:
            changes[column] = cells.text(row, column)
    for column in ("vapour_pressure_pa", "boiling_point_c", "molar_mass", "stock_g"):
        if column in row:
            changes[column] = cells.number(row, column)
    for column in ("usual_share", "highest_share"):
        if column in row:
            changes[column] = cells.percent(row, column)
    if "strength" in row:
        changes["strength"] = cells.whole(row, "strength")
    if "volatility_is_estimated" in row:
        changes["volatility_is_estimated"] = cells.yes(row, "volatility_is_estimated", default=True)
    changes |= _named(row, before)
    changes |= _sources(row, before)
    if {"price_per_kg", "currency", "price_date", "source_price"} & set(row):
        changes["price"] = _price(row, before.price if before else None, currency, is_sample)
    if "constituents_known" in row:
        known = cells.yes(row, "constituents_known", default=False)
        changes["constituents"] = ((before and before.constituents) or ()) if known else None
    if before is not None:
        found = replace(before, id=material_id, is_sample=is_sample, **changes)
    else:
        changes.setdefault("name_ko", "")
        changes.setdefault("name_en", "")
        found = Material(id=material_id, is_sample=is_sample, **changes)
    return checked_material(found)


def _named(row: Row, before: Material | None) -> dict[str, Any]:
    """Fields that are words of a list; the first four a new material cannot do without."""
    found: dict[str, Any] = {}
    for column in ("kind", "family", "position", "cas"):
        if column not in row and before is not None:
            continue
        written = cells.text(row, column)
        if not written and column != "cas":
            raise BadInput("fragrance_catalogue.needed", column=column)
        if column == "kind":
            found[column] = _kind(written)
        elif column == "family":
            found[column] = cells.word(column, written, "material_family")
        elif column == "position":
            found[column] = cast(Position, cells.word(column, written, "layer"))
        else:
            found[column] = written or None
    if "odour" in row:
        found["odour"] = cells.words(row, "odour", "odour")
    return found


def _kind(written: str) -> Kind:
    if plain(written) in KINDS:
        return cast(Kind, plain(written))
    if plain(written) not in KIND_WORDS:
        raise BadInput("fragrance_catalogue.unknown_word", column="kind", value=written, known=", ".join(KINDS))
    return KIND_WORDS[plain(written)]


def _sources(row: Row, before: Material | None) -> dict[str, Any]:
    named = {group: cells.text(row, f"source_{group}") for group in SOURCE_GROUPS if f"source_{group}" in row}
    if not named:
        return {}
    kept = {**(before.sources if before else {}), **named}
    return {"sources": {group: source for group, source in kept.items() if source}}


def _price(row: Row, before: Price | None, currency: str, is_sample: bool) -> Price | None:
    cost = cells.number(row, "price_per_kg") if "price_per_kg" in row or before is None else before.per_kg
    if cost is None:
        return None
    named = cells.text(row, "currency").upper() if "currency" in row or before is None else before.currency
    on = cells.day(row, "price_date") if "price_date" in row or before is None else before.on
    if on is None:
        raise BadInput("fragrance_catalogue.price_without_date", column="price_date")
    source = cells.text(row, "source_price") if "source_price" in row or before is None else before.source
    new = Price(cost, named or currency, on, source, is_sample)
    same = before is not None and replace(new, is_sample=before.is_sample) == before
    return before if same else new


def constituents_from(rows: Sequence[Row]) -> dict[str, tuple[Constituent, ...]]:
    """Constituents by material as their file lists them, the largest first. Raises BadInput naming the column."""
    found: dict[str, list[Constituent]] = {}
    for row in rows:
        material, constituent = constituent_from(row)
        found.setdefault(material, []).append(constituent)
    return {material: in_order(listed) for material, listed in found.items()}


def constituent_from(row: Row) -> tuple[str, Constituent]:
    """The material as it is written in the row, and what it holds."""
    material = cells.text(row, "material")
    share = cells.percent(row, "share")
    if not material or share is None:
        raise BadInput("fragrance_catalogue.needed", column="share" if material else "material")
    written = (cells.text(row, column) for column in ("cas", "name", "source"))
    cas, name, source = written
    return material, checked_constituent(Constituent(cas, name, share, source))


def in_order(constituents: Sequence[Constituent]) -> tuple[Constituent, ...]:
    return tuple(sorted(constituents, key=lambda one: (-one.share, one.cas)))


def row_of(material: Material) -> dict[str, str]:
    """The row of a material, every column, as unguarded text."""
    price = material.price
    cell: Mapping[str, str] = {
        **{column: getattr(material, column) for column in ("id", "name_en", "name_ko", "kind", "family", "position")},
        "cas": material.cas or "",
        "odour": ";".join(material.odour),
        "volatility_is_estimated": "yes" if material.volatility_is_estimated else "no",
        "price_per_kg": shown(price.per_kg) if price else "",
        "currency": price.currency if price else "",
        "price_date": shown(price.on) if price else "",
        "source_price": price.source if price else "",
        "constituents_known": "no" if material.constituents is None else "yes",
        **{f"source_{group}": material.sources.get(group, "") for group in SOURCE_GROUPS},
    }
    return {column: cell[column] if column in cell else _shown(getattr(material, column)) for column in COLUMNS}


def _shown(value: str | float | int | None) -> str:
    return value if isinstance(value, str) else shown(value)
