"""Allergens that have to be named on a label, and from which share in the finished product on."""

from __future__ import annotations

import csv
from datetime import date
from functools import cache
from importlib import resources

from core.fragrance.limits.rules import LEAVE_ON_LABEL, RINSE_OFF_LABEL, Allergen
from core.fragrance.products import NOT_ON_SKIN, RINSED_OFF, Category


@cache
def allergens() -> tuple[Allergen, ...]:
    """The allergens shipped, in the order of their file; several CAS numbers are one name, summed."""
    text = resources.files(__package__ or "core.fragrance.limits").joinpath("allergens.csv").read_text("utf-8")
    return tuple(
        Allergen(_listed(row["cas"]), row["name"].strip(), row["regulation"].strip(), date.fromisoformat(row["on"]))
        for row in csv.DictReader(text.splitlines())
    )


def threshold(category: Category) -> float | None:
    """Percent of the finished product over which an allergen is named; None for a product that is not on the skin."""
    if category in NOT_ON_SKIN:
        return None
    return RINSE_OFF_LABEL if category in RINSED_OFF else LEAVE_ON_LABEL


def _listed(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in cell.split(";") if part.strip())
