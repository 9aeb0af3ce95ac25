"""What a formula holds: its materials, each with the way through accords, and what each material holds of substances.

A material counts as itself, by its own CAS number, at 100 %, and as its listed constituents beside that.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInput
from core.fragrance.amounts import WHOLE_MG, percent
from core.fragrance.catalogue.materials import Material
from core.fragrance.formulas.formula import Accords, Formula

MOST_PARTS = 50_000  # a formula of 500 lines, each an accord of 100 materials
DEEPEST = 30  # accords within accords; no perfumer nests deeper than a few


@dataclass
class Parts:
    """Every way from a line down to a material, side by side; lists, as they are gathered a thousand times a second.

    lines: ingredients as they stand in the formula. throughs: ingredients below the line, from a nested accord down to
    the material; () where the line is the material. shares: percent of the concentrate.
    """

    lines: list[str] = field(default_factory=list)
    throughs: list[tuple[str, ...]] = field(default_factory=list)
    materials: list[str] = field(default_factory=list)
    shares: list[float] = field(default_factory=list)


@dataclass
class _Inside:
    """The same of an accord. shares: of one part of it."""

    throughs: list[tuple[str, ...]] = field(default_factory=list)
    materials: list[str] = field(default_factory=list)
    shares: list[float] = field(default_factory=list)


def parts_of(formula: Formula, accords: Accords) -> Parts:
    """Every material of the formula by every way that leads to it, in the order of the lines.

    Raises BadInput for an accord that holds itself or is not there, and for nesting beyond MOST_PARTS or DEEPEST.
    """
    known: dict[str, _Inside] = {}
    found = Parts()
    for line in formula.lines:
        ingredient, accord, share = line.ingredient, line.accord, percent(line.amount_mg)
        if accord is None:
            found.lines.append(ingredient)
            found.throughs.append(())
            found.materials.append(ingredient)
            found.shares.append(share)
            continue
        inside = _within(accord, accords, (), known)
        found.lines += [ingredient] * len(inside.shares)
        found.throughs += inside.throughs
        found.materials += inside.materials
        found.shares += [share * one for one in inside.shares]
        _check_count(len(found.shares), accord)
    return found


def _within(accord: str, accords: Accords, above: tuple[str, ...], known: dict[str, _Inside]) -> _Inside:
    """The materials of an accord; each accord is taken apart once, however often it occurs."""
    if accord in above:
        raise BadInput("fragrance.circular_accord", accord=accord)
    if accord in known:
        return known[accord]
    if accord not in accords:
        raise BadInput("fragrance.unknown_accord", accord=accord)
    if len(above) >= DEEPEST:
        raise BadInput("fragrance_limits.nested_too_far", accord=above[0], parts=f"{MOST_PARTS:,}", depth=DEEPEST)
    found = _Inside()
    for line in accords[accord].lines:
        ingredient, nested, share = line.ingredient, line.accord, line.amount_mg / WHOLE_MG
        if nested is None:
            found.throughs.append((ingredient,))
            found.materials.append(ingredient)
            found.shares.append(share)
            continue
        inside = _within(nested, accords, (*above, accord), known)
        found.throughs += [(ingredient, *one) for one in inside.throughs]
        found.materials += inside.materials
        found.shares += [share * one for one in inside.shares]
        _check_count(len(found.shares), accord)
    known[accord] = found
    return found


def _check_count(parts: int, accord: str) -> None:
    if parts > MOST_PARTS:
        raise BadInput("fragrance_limits.nested_too_far", accord=accord, parts=f"{MOST_PARTS:,}", depth=DEEPEST)


def substances_of(material: Material) -> dict[str, float]:
    """Percent of the material by CAS number, at most 100 each; what is not known of it is not in here."""
    found = {material.cas: 100.0} if material.cas else {}
    for one in material.constituents or ():
        found[one.cas] = min(100.0, found.get(one.cas, 0.0) + one.share)
    return found


def is_unknown(material: Material) -> bool:
    """Whether it may hold what nobody has told: its constituents are not known, or not even what it is.

    A base has no CAS number of its own; anything else without one cannot be found in a rule about itself.
    """
    return material.constituents is None or (material.cas is None and material.kind != "base")


@dataclass(frozen=True, eq=False)
class SubstanceMatrix:
    """What materials hold of sets of substances.

    shares: percent of the material, shape (materials, sets). is_unknown: shape (materials,). rows: by material id.
    """

    rows: dict[str, int]
    shares: NDArray[np.float64]
    is_unknown: NDArray[np.bool_]


def substance_matrix(materials: Iterable[Material], sets: Sequence[Sequence[str]]) -> SubstanceMatrix:
    """sets: CAS numbers summed over. A material counts at most for itself, even where a set names it and a part."""
    materials = list(materials)
    columns: dict[str, list[int]] = {}
    for column, substances in enumerate(sets):
        for cas in dict.fromkeys(substances):
            columns.setdefault(cas, []).append(column)
    shares = np.zeros((len(materials), len(sets)))
    for row, material in enumerate(materials):
        for cas, share in substances_of(material).items():
            for column in columns.get(cas, ()):
                shares[row, column] += share
    return SubstanceMatrix(
        {material.id: row for row, material in enumerate(materials)},
        np.minimum(shares, 100.0),
        np.array([is_unknown(material) for material in materials], dtype=bool),
    )
