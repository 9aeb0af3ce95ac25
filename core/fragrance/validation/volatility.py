"""How readily a material evaporates from skin: its vapour pressure there, measured or estimated, and how it is known.

Sources: D. Mackay et al., Environmental Science & Technology 16 (1982) 645, for the pressure from a boiling point;
K.-U. Goss and R. P. Schwarzenbach, Environmental Science & Technology 33 (1999) 3390, for the heat of vaporisation
from a vapour pressure; the Clausius-Clapeyron equation between the two temperatures.
"""

from __future__ import annotations

from math import exp, log

from core.fragrance.catalogue.materials import Material

ROOM_K = 298.15  # [K] 25 °C, of the catalogue
SKIN_K = 305.15  # [K] 32 °C, usual of skin that clothes do not cover
GAS_CONSTANT = 8.314  # [J/(mol K)]
ATMOSPHERE_PA = 101_325.0
# Of strongly hydrogen-bonding substances it is up to 1.3; the catalogue does not tell which, so that the pressure of
# alcohols comes out too high.
FISHTINE_FACTOR = 1.0
USUAL_MASS = 180.0  # [g/mol] taken where the molar mass is not known; most perfumery materials have 130 to 260


def pressure_at_room(material: Material) -> float | None:
    """Pa at 25 °C: that of the catalogue, else from the boiling point, else None."""
    if material.vapour_pressure_pa is not None:
        return material.vapour_pressure_pa
    if material.boiling_point_c is not None:
        return pressure_from_boiling_point(material.boiling_point_c)
    return None


def is_from_boiling_point(material: Material) -> bool:
    return material.vapour_pressure_pa is None and material.boiling_point_c is not None


def pressure_from_boiling_point(boiling_point_c: float) -> float:
    """Pa at 25 °C of a liquid. boiling_point_c: at 101.3 kPa. At most one atmosphere, where it boils at 25 °C."""
    boiling_k = boiling_point_c + 273.15
    ratio = max(boiling_k / ROOM_K, 1.0)
    fall = FISHTINE_FACTOR * (4.4 + log(boiling_k)) * (1.8 * (ratio - 1) - 0.8 * log(ratio))
    return ATMOSPHERE_PA * exp(-fall)


def heat_of_vaporisation(pressure_pa: float) -> float:
    """J/mol at 25 °C, from the vapour pressure there; never under that of a gas-like liquid, 20 kJ/mol."""
    return 1000 * max(70.0 - 3.82 * log(pressure_pa), 20.0)


def pressure_on_skin(pressure_pa: float) -> float:
    """Pa at 32 °C from Pa at 25 °C."""
    if pressure_pa <= 0:
        return 0.0
    return pressure_pa * exp(heat_of_vaporisation(pressure_pa) / GAS_CONSTANT * (1 / ROOM_K - 1 / SKIN_K))
