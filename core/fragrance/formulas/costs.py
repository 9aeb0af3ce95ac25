"""What a formula costs: the concentrate by kilogram and line, the finished product by millilitre, a suggested price.

A price that is not known stays unknown: the total is then None, beside what is known and who is missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from core.fragrance.amounts import WHOLE_MG
from core.fragrance.catalogue.materials import Catalogue, Material
from core.fragrance.formulas.finishing import (
    ALCOHOL_SHARE,
    BOTTLE_ML,
    Part,
    assumptions,
    density,
    finished_product,
    parts_by_weight,
)
from core.fragrance.formulas.formula import Accords, Formula, parts_of
from core.fragrance.formulas.naming import shown
from core.fragrance.products import Product
from core.knowledge.notices import Notice
from core.settings.current import get_settings

ETHANOL, WATER = "64-17-5", "7732-18-5"  # CAS
BASE_CAS: Mapping[Part, str] = {"ethanol": ETHANOL, "water": WATER}
G_PER_KG = 1_000


@dataclass(frozen=True, slots=True)
class LineCost:
    """What one line adds to a kilogram of concentrate. cost: None where a price is missing; known: of the others.

    share: percent of what is known of the whole formula's cost; None where the line's cost is not known. unknown: ids
    of the materials without a price, within an accord too.
    """

    ingredient: str
    cost: float | None
    known: float
    share: float | None
    unknown: tuple[str, ...]


@dataclass(frozen=True)
class ConcentrateCost:
    """per_kg: None where any price is missing. known_per_kg: of the lines whose price is known, which make up
    known_percent of the concentrate. oldest: date of the oldest price used. has_samples: some price was quoted by
    nobody.
    """

    per_kg: float | None
    known_per_kg: float
    known_percent: float
    currency: str
    lines: tuple[LineCost, ...]
    unknown: tuple[str, ...]
    oldest: date | None
    has_samples: bool
    notices: tuple[Notice, ...]


@dataclass(frozen=True)
class FinishedCost:
    """per_ml: of the finished product without bottle and work; None where a price is missing; known_per_ml: the rest.

    total: of `bottle_ml`. suggested_price: total times the setting's factor. unknown: material ids, or "ethanol".
    """

    bottle_ml: float
    per_ml: float | None
    known_per_ml: float
    total: float | None
    suggested_price: float | None
    currency: str
    unknown: tuple[str, ...]
    notices: tuple[Notice, ...]


def cost_of_concentrate(formula: Formula, *, catalogue: Catalogue, accords: Accords) -> ConcentrateCost:
    """Raises BadInput for a material or an accord that is not there, or an accord that holds itself."""
    currency = get_settings().fragrance_currency
    amounts = _by_line(formula, accords)
    used = {name: catalogue.get(name) for line in amounts for name in line}
    prices = {name: _price(material, currency) for name, material in used.items()}
    known = [_known(line, prices) for line in amounts]
    missing = [tuple(name for name in line if prices[name] is None) for line in amounts]
    total = sum(known)
    lines = tuple(
        LineCost(line.ingredient, None if lacks else cost, cost, None if lacks else _percent(cost, total), lacks)
        for line, cost, lacks in zip(formula.lines, known, missing, strict=True)
    )
    unknown = tuple(dict.fromkeys(name for lacks in missing for name in lacks))
    priced = [one.price for name, one in used.items() if one.price is not None and prices[name] is not None]
    covered = sum(amount for line in amounts for name, amount in line.items() if prices[name] is not None)
    return ConcentrateCost(
        None if unknown else total,
        total,
        covered / WHOLE_MG * 100,
        currency,
        lines,
        unknown,
        min((price.on for price in priced), default=None),
        any(price.is_sample for price in priced),
        _told(unknown, any(price.is_sample for price in priced), catalogue),
    )


def cost_of_product(
    formula: Formula,
    product: Product,
    *,
    catalogue: Catalogue,
    accords: Accords,
    bottle_ml: float = BOTTLE_ML,
    alcohol_share: float = ALCOHOL_SHARE,
) -> FinishedCost:
    """The cost of the finished product; raises what `cost_of_concentrate` and `finished_product` raise."""
    finished_product(product, bottle_ml=bottle_ml, alcohol_share=alcohol_share)  # judges size and share
    concentrate = cost_of_concentrate(formula, catalogue=catalogue, accords=accords)
    parts = parts_by_weight(product, alcohol_share=alcohol_share)
    unknown = list(concentrate.unknown)
    per_kg = {"concentrate": concentrate.known_per_kg}
    for part in ("ethanol", "water"):
        if parts.get(part, 0) > 0:
            price = _price_of_base(part, catalogue, concentrate.currency)
            per_kg[part] = price or 0.0
            if price is None:
                unknown.append(part)
    known = density(parts) * sum(parts[part] / 100 * per_kg[part] for part in parts if part in per_kg) / G_PER_KG
    per_ml = None if unknown else known
    total = None if per_ml is None else per_ml * bottle_ml
    factor = get_settings().fragrance_price_factor
    price_told = Notice(
        "fragrance_formulas.suggested_price_rests_on", {"factor": f"{factor:g}", "size": f"{bottle_ml:g}"}
    )
    notices = (*_told(tuple(unknown), concentrate.has_samples, catalogue), *assumptions(product, parts), price_told)
    return FinishedCost(
        bottle_ml, per_ml, known, total, None if total is None else total * factor, concentrate.currency,
        tuple(unknown), notices,
    )  # fmt: skip


def _by_line(formula: Formula, accords: Accords) -> list[dict[str, float]]:
    """Milligrams of 100 g concentrate by material id that each line brings."""
    parts = parts_of(formula, accords)
    found: dict[str, dict[str, float]] = {line.ingredient: {} for line in formula.lines}
    for line, material, amount_mg in zip(parts.lines, parts.materials, parts.amounts_mg, strict=True):
        found[line][material] = found[line].get(material, 0.0) + amount_mg
    return [found[line.ingredient] for line in formula.lines]


def _known(amounts: Mapping[str, float], prices: Mapping[str, float | None]) -> float:
    return sum(amount / WHOLE_MG * (prices[name] or 0.0) for name, amount in amounts.items())


def _price(material: Material, currency: str) -> float | None:
    """Of a kilogram; one in another currency is not known in ours."""
    price = material.price
    return price.per_kg if price is not None and price.currency == currency else None


def _price_of_base(part: Part, catalogue: Catalogue, currency: str) -> float | None:
    """Of a kilogram of ethanol or water; water that the catalogue does not price costs nothing worth counting."""
    found = [one for one in catalogue.materials.values() if one.cas == BASE_CAS[part]]
    prices = [price for one in found if (price := _price(one, currency)) is not None]
    return prices[0] if prices else 0.0 if part == "water" else None


def _percent(cost: float, total: float) -> float:
    return cost / total * 100 if total > 0 else 0.0


def _told(unknown: tuple[str, ...], has_samples: bool, catalogue: Catalogue) -> tuple[Notice, ...]:
    names = ", ".join(shown(name, catalogue) for name in unknown)
    told = [Notice("fragrance_formulas.prices_missing", {"names": names})] if unknown else []
    return (*told, Notice("fragrance_formulas.prices_are_samples")) if has_samples else tuple(told)
