"""Alternatives that differ: how like two formulas are, and rows that keep the next one away from those at hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from core.fragrance.amounts import WHOLE_MG, percent
from core.fragrance.catalogue.materials import Material
from core.fragrance.generation.rows import Row

Amounts = Mapping[str, float]  # milligrams of 100 g by material id, accords taken apart
MOST_ALIKE = 0.70  # of two alternatives for one brief
NEAR_DUPLICATE = 0.90  # of an alternative and a formula that exists


def likeness(one: Amounts, other: Amounts) -> float:
    """0 to 1: the share of the concentrate that both have in common, material by material."""
    return sum(min(amount, other.get(material, 0.0)) for material, amount in one.items()) / WHOLE_MG


def differing(group: str, amounts: Amounts, most: float, materials: Sequence[Material]) -> Row:
    """A row that no formula over `most` alike to `amounts` keeps to.

    What two formulas have in common of a material is at most what the one at hand has of it, where it is used at all;
    so the row bounds the likeness from above and stays linear.
    """
    used = np.array([percent(amounts.get(one.id, 0.0)) for one in materials])
    return Row(group, np.zeros(len(materials)), used, -np.inf, 100.0 * most)
