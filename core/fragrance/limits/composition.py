"""What each material holds of substances, one by one and as a matrix over sets of them.

A material counts as itself, by its own CAS number, at 100 %, and as its listed constituents beside that.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.fragrance.catalogue.materials import Material


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
