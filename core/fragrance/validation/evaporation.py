"""A thin film of perfume on skin that evaporates: moles of each material left over hours.

The film is an ideal mixture with the lipids of the skin: by Raoult's law the pressure of a material over it is its mole
fraction x times its vapour pressure P. Air carries it off with the mass-transfer coefficient k of D. Mackay and
R. S. Matsugu (Canadian Journal of Chemical Engineering 51 (1973) 434), the approach of perfume engineering as reviewed
by A. E. Rodrigues et al. (Molecules 26 (2021) 3095):

    dn_i/dt = -r_i x_i,   x_i = n_i / (L + sum n),   r_i = k_i P_i / (R T)        [mol/(m² h)]

Lipids, L, do not evaporate. In the time u with du = dt / (L + sum n) every material falls by itself, exactly:

    n_i = n_i(0) exp(-r_i u),   t(u) = L u + sum n_i(0) (1 - exp(-r_i u)) / r_i

so that nothing is stepped through and no step can make an amount negative. t(u) rises and bends down; Newton's method
from the left therefore closes in on u from one side.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.fragrance.products import Product
from core.fragrance.validation.doses import Dose
from core.fragrance.validation.volatility import (
    GAS_CONSTANT,
    SKIN_K,
    USUAL_MASS,
    pressure_at_room,
    pressure_on_skin,
)

Floats = NDArray[np.float64]

LAST_HOUR = 24.0
FIRST_MINUTE = 1 / 60  # [h] by then the alcohol of a finished product is taken to be gone
APPLIED_G_M2 = 20.0  # [g/m²] of finished product, 2 mg/cm²: the usual dose of tests on skin
# Between the limbs (5-10 µg/cm²) and the forehead (150-300) of R. S. Greene et al., J. Invest. Dermatol. 54 (1970) 240.
LIPIDS_G_M2 = 0.5
LIPIDS_MASS = 450.0  # [g/mol] about that of wax esters and squalene
AIR_SPEED = 0.1 * 3600  # [m/h] 0.1 m/s, the still air of a room
PATCH_M = 0.1  # [m] length of the scented patch along the air
AIR_VISCOSITY = 1.6e-5  # [m²/s] kinematic, about 30 °C
MOST_STEPS = 200


def hours_shown() -> Floats:
    """(97,) hours from 0 to 24, closer at first; 1 h is one of them."""
    return np.concatenate([[0.0], np.geomspace(FIRST_MINUTE, 1.0, 49), np.geomspace(1.0, LAST_HOUR, 48)[1:]])


def volatility_order(dose: Dose) -> tuple[float, str]:
    """Sorts the most volatile first."""
    pressure = pressure_at_room(dose.material) if dose.material else None
    return -(pressure or 0.0), dose.ingredient


def film_of(doses: Sequence[Dose], product: Product) -> tuple[Floats, Floats]:
    """Moles per m² on the skin, shape (n,), and rates r in mol/(m² h), shape (n,); volatility known of all doses."""
    concentrate_g_m2 = APPLIED_G_M2 * product.dosage / 100
    masses = np.array([_molar_mass(one) for one in doses], dtype=float)
    moles = concentrate_g_m2 * np.array([one.share for one in doses], dtype=float) / 100 / masses
    return moles, transfer_coefficients(masses) * skin_pressures(doses) / (GAS_CONSTANT * SKIN_K)


def skin_pressures(doses: Sequence[Dose]) -> Floats:
    """(n,) Pa of the neat materials at the temperature of skin; 0 where the volatility is not known."""
    at_room = [pressure_at_room(one.material) if one.material else None for one in doses]
    return np.array([pressure_on_skin(one or 0.0) for one in at_room], dtype=float)


def transfer_coefficients(masses: Floats) -> Floats:
    """(n,) m/h by molar mass; the diffusivity in air is 1.55 M^-0.65 cm²/s (Schwarzenbach et al., Environmental
    Organic Chemistry, 2003)."""
    diffusivity = 1.55e-4 * masses**-0.65  # [m²/s]
    schmidt = AIR_VISCOSITY / diffusivity
    return np.asarray(0.0292 * AIR_SPEED**0.78 * PATCH_M**-0.11 * schmidt**-0.67)


def lipids_moles() -> float:
    """Moles of skin lipids per m²."""
    return LIPIDS_G_M2 / LIPIDS_MASS


def left(moles: Floats, rates: Floats, lipids: float, hours: Floats) -> Floats:
    """Moles left, shape (n, times), of moles (n,) with rates (n,); lipids over 0. Falls with time, never under 0."""
    own_time = hours / (lipids + moles.sum())  # as if nothing had left yet: never too late
    rates_in_rows, moles_in_rows = rates[:, None], moles[:, None]
    # (1 - exp(-r u)) / r is u for a material that does not evaporate.
    divisor = np.where(rates_in_rows > 0, rates_in_rows, 1.0)
    for _ in range(MOST_STEPS):
        kept = np.exp(-rates_in_rows * own_time)
        gone = np.where(rates_in_rows > 0, -np.expm1(-rates_in_rows * own_time) / divisor, own_time)
        missing = hours - lipids * own_time - (moles_in_rows * gone).sum(axis=0)
        step = np.maximum(missing, 0.0) / (lipids + (moles_in_rows * kept).sum(axis=0))
        own_time = own_time + step
        if np.all(step <= 1e-13 * own_time):
            break
    return np.asarray(moles_in_rows * np.exp(-rates_in_rows * own_time))


def fractions(amounts: Floats, lipids: float) -> Floats:
    """(n, times) mole fractions in the film of amounts (n, times)."""
    return np.asarray(amounts / (lipids + amounts.sum(axis=0)))


def _molar_mass(dose: Dose) -> float:
    return (dose.material.molar_mass if dose.material else None) or USUAL_MASS
