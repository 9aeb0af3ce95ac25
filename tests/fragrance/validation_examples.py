"""Materials and formulas made up for the tests of the validator; no figure of them is a fact."""

from __future__ import annotations

from typing import Any

from core.fragrance.amounts import milligrams
from core.fragrance.catalogue.materials import Catalogue, Material, Position
from core.fragrance.formulas.formula import Formula, Line


def material(
    name: str, position: Position, pressure: float | None, *, strength: int | None = 2, **fields: Any
) -> Material:  # fmt: skip
    """Measured, of molar mass 180 g/mol, unless `fields` say otherwise."""
    told = {"kind": "molecule", "cas": None, "family": "floral", "molar_mass": 180.0, "volatility_is_estimated": False}
    return Material(
        id=name, name_en=f"{name} (test)", name_ko=f"{name} 시험", position=position, vapour_pressure_pa=pressure,
        strength=strength, **(told | fields),
    )  # fmt: skip


CATALOGUE = Catalogue(
    0,
    {
        one.id: one
        for one in (
            material("peel", "top", 200.0),
            material("herb", "top", 20.0),
            material("petal", "heart", 5.0, strength=3),
            material("leaf", "heart", 1.0),
            material("resin", "base", 0.01, strength=3),
            material("musk", "base", 0.07, strength=3),
            material("spark", "top", 100.0, strength=4),
            material("carrier", "base", 1.0, strength=0, kind="solvent"),
            material("riddle", "base", None),
            material("dumb", "heart", 2.0, strength=None),
            material("boiler", "top", None, boiling_point_c=176.0),
            material("guessed", "heart", 5.0, strength=3, volatility_is_estimated=True),
            material("massless", "heart", 5.0, strength=3, molar_mass=None),
            material("capped", "heart", 5.0, strength=3, highest_share=10.0),
        )
    },
)


def formula(**shares: float) -> Formula:
    """Of percents by material that sum to 100."""
    return Formula(tuple(Line(name, milligrams(share)) for name, share in shares.items()))


USUAL = {"peel": 15.0, "herb": 10.0, "petal": 20.0, "leaf": 20.0, "resin": 15.0, "musk": 20.0}
