"""Which materials the solver looks at: those that suit the brief, some cheap ones, and all that are wanted.

A catalogue of hundreds would make the program slow for lines that no good formula has. Nothing is lost by it where a
brief can hardly be met: then all materials are looked at.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from core.fragrance.catalogue.materials import POSITIONS, Catalogue, Material
from core.fragrance.generation.brief import Brief
from core.fragrance.generation.constraints import currency_of, price_per_kg
from core.fragrance.generation.odours import DIGITS, ODOURS, all_told, is_told_out, power, unwanted, wanted

SUITING = 24  # of each layer, by what they tell
CHEAPEST = 6  # of each layer
SOLVENTS = 2


def all_materials(catalogue: Catalogue) -> tuple[Material, ...]:
    """By id; those in no order of the file, so that the same catalogue gives the same formula."""
    known = set(ODOURS)
    return tuple(one for _, one in sorted(catalogue.materials.items()) if known.issuperset(one.odour))


def candidates(brief: Brief, materials: Sequence[Material], near: Collection[str] = ()) -> tuple[Material, ...]:
    """By id, at most about a hundred and those that the brief wants or a formula nearby has. near: their ids."""
    against = unwanted(brief)
    usable = [
        one for one in materials
        if one.id in brief.wanted or (one.id not in brief.excluded and not is_told_out(one, against)
                                      and (one.kind == "solvent" or power(one) > 0) and one.constituents is not None)
    ]  # fmt: skip
    # Rounded, because the last digits of a product depend on the processor, and ties must not.
    suits = np.round(all_told(usable) @ wanted(brief, usable), DIGITS)
    currency = currency_of(materials)
    prices = [price_per_kg(one, currency) for one in usable]
    cost = np.array([np.inf if price is None else price for price in prices])
    chosen = {number for number, one in enumerate(usable) if one.id in brief.wanted or one.id in near}
    for position in POSITIONS:
        of_layer = [number for number, one in enumerate(usable) if one.position == position and one.kind != "solvent"]
        chosen.update(sorted(of_layer, key=lambda number: (-suits[number], number))[:SUITING])
        chosen.update(sorted(of_layer, key=lambda number: (cost[number], number))[:CHEAPEST])
    solvents = [number for number, one in enumerate(usable) if one.kind == "solvent"]
    chosen.update(sorted(solvents, key=lambda number: (_vapour(usable[number]), number))[:SOLVENTS])
    return tuple(usable[number] for number in sorted(chosen))


def _vapour(solvent: Material) -> float:
    """A solvent that stays in the bottle first: one that evaporates makes the concentrate stronger by the day."""
    return np.inf if solvent.vapour_pressure_pa is None else solvent.vapour_pressure_pa
