"""How far the model knows a formula: the share of it with known volatility and strength, measured before estimated."""

from __future__ import annotations

from collections.abc import Sequence

from core.fragrance.validation.doses import Dose
from core.fragrance.validation.volatility import is_from_boiling_point, pressure_at_room

# How much a fact counts that is worked out instead of measured; choices of ours, in order of how far they may err.
ESTIMATED, FROM_BOILING_POINT, USUAL_MASS_TAKEN, NO_STRENGTH = 0.6, 0.5, 0.9, 0.5
NAMES_ONLY = 0.5  # the amounts are guessed
ENOUGH = 0.5  # share of the odorous part that must be known before longevity and sillage are told


def confidence_of(doses: Sequence[Dose], *, has_amounts: bool) -> float:
    """0 to 1: mean over the doses, weighted by share, of how well each is known."""
    whole = sum(one.share for one in doses)
    known = sum(one.share * trust_in(one) for one in doses) / whole if whole else 0.0
    return known if has_amounts else known * NAMES_ONLY


def trust_in(dose: Dose) -> float:
    """0 for a material without volatility, 1 for one with measured volatility, molar mass and strength."""
    material = dose.material
    if material is None or pressure_at_room(material) is None:
        return 0.0
    trust = 1.0
    if is_from_boiling_point(material):
        trust = FROM_BOILING_POINT
    elif material.volatility_is_estimated:
        trust = ESTIMATED
    if material.molar_mass is None:
        trust *= USUAL_MASS_TAKEN
    return trust if material.strength is not None else trust * NO_STRENGTH


def has_volatility(dose: Dose) -> bool:
    return dose.material is not None and pressure_at_room(dose.material) is not None


def is_known(dose: Dose) -> bool:
    """Whether both the volatility and the strength are known."""
    return has_volatility(dose) and dose.material is not None and dose.material.strength is not None


def is_enough_known(doses: Sequence[Dose]) -> bool:
    odorous = [one for one in doses if not one.is_solvent]
    whole = sum(one.share for one in odorous)
    return whole > 0 and sum(one.share for one in odorous if is_known(one)) >= ENOUGH * whole
