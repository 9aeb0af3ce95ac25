"""From concentrate to finished product: what goes into a bottle, by weight, and what that assumes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from core.errors import BadInput
from core.fragrance.formulas.apportioning import apportioned
from core.fragrance.products import Category, Product
from core.knowledge.notices import Notice

Part = Literal["concentrate", "ethanol", "water"]
HYDROALCOHOLIC: frozenset[Category] = frozenset({"4"})  # of other products the base is the maker's own
BOTTLE_ML, ALCOHOL_SHARE, MATURATION_DAYS = 100.0, 70.0, 30
LARGEST_BOTTLE_ML = 1_000_000.0  # a cubic metre; more was typed in another unit
# g/ml at 20 °C; that of a concentrate is assumed, as it is not known before it is weighed.
DENSITIES: dict[Part, float] = {"concentrate": 0.95, "ethanol": 0.789, "water": 0.998}
STEPS_PER_G = 100  # amounts of a bottle are given in 0.01 g


@dataclass(frozen=True)
class FinishedProduct:
    """What goes into one bottle. density: g/ml of the whole. ethanol_g, water_g: None where the base is not alcohol.

    The parts of an alcoholic product sum to `grams` exactly. assumptions: sentences without which no figure stands.
    """

    product: Product
    bottle_ml: float
    density: float
    grams: float
    concentrate_g: float
    ethanol_g: float | None
    water_g: float | None
    maturation_days: int | None
    assumptions: tuple[Notice, ...]


def parts_by_weight(product: Product, *, alcohol_share: float = ALCOHOL_SHARE) -> dict[Part, float]:
    """Percent of the finished product by weight; ethanol takes at most what the concentrate leaves.

    alcohol_share: percent of the finished product. Without an alcoholic base the concentrate stands alone. Raises
    BadInput for a share outside 0 to 100.
    """
    if not 0 <= alcohol_share <= 100:  # also what is no number
        raise BadInput("fragrance_formulas.alcohol_out_of_range", share=f"{alcohol_share:g}")
    if product.category not in HYDROALCOHOLIC:
        return {"concentrate": product.dosage}
    ethanol = min(alcohol_share, 100 - product.dosage)
    return {"concentrate": product.dosage, "ethanol": ethanol, "water": 100 - product.dosage - ethanol}


def density(parts: dict[Part, float]) -> float:
    """g/ml of parts by weight whose volumes simply add up; 1 where the base is not known."""
    if len(parts) == 1:
        return 1.0
    return sum(parts.values()) / sum(share / DENSITIES[part] for part, share in parts.items())


def finished_product(
    product: Product,
    *,
    bottle_ml: float = BOTTLE_ML,
    alcohol_share: float = ALCOHOL_SHARE,
    maturation_days: int = MATURATION_DAYS,
) -> FinishedProduct:
    """The weights for a bottle. Raises BadInput for a size or a share of alcohol that cannot be."""
    if not (math.isfinite(bottle_ml) and 0 < bottle_ml <= LARGEST_BOTTLE_ML):
        raise BadInput("fragrance_formulas.bottle_out_of_range", size=f"{bottle_ml:g}", limit=f"{LARGEST_BOTTLE_ML:g}")
    parts = parts_by_weight(product, alcohol_share=alcohol_share)
    of_whole = density(parts)
    steps = max(round(bottle_ml * of_whole * STEPS_PER_G), 1)
    is_alcoholic = len(parts) > 1
    weights = [Decimal(str(share)) for share in parts.values()]
    rest = Decimal(100) - sum(weights)
    shared = [step / STEPS_PER_G for step in apportioned([*weights, max(rest, Decimal(0))], steps)]
    return FinishedProduct(
        product, bottle_ml, of_whole, steps / STEPS_PER_G, shared[0], shared[1] if is_alcoholic else None,
        shared[2] if is_alcoholic else None, maturation_days if is_alcoholic else None,
        assumptions(product, parts, maturation_days),
    )  # fmt: skip


def assumptions(product: Product, parts: dict[Part, float], maturation_days: int | None = None) -> tuple[Notice, ...]:
    """What every figure of a finished product rests on."""
    if len(parts) == 1:
        return (Notice("fragrance_formulas.base_not_known", {"category": product.category}),)
    told = [
        Notice(
            "fragrance_formulas.densities_assumed",
            {
                "alcohol": f"{parts['ethanol']:g}",
                "concentrate": f"{DENSITIES['concentrate']:g}",
                "ethanol": f"{DENSITIES['ethanol']:g}",
                "water": f"{DENSITIES['water']:g}",
            },
        )
    ]
    if maturation_days is not None:
        told.append(Notice("fragrance_formulas.maturation", {"days": maturation_days}))
    return tuple(told)
