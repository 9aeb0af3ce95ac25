"""Odour in the air over a film, and what follows from it: longevity and sillage. Outputs of a model, not measurements.

Odour activity is a concentration in air over its threshold. Thresholds are known for few materials, so that a proxy
stands in: each step of the catalogue's strength lowers the threshold four times, and thresholds fall with the root of
the vapour pressure, since heavy odorants are smelled in smaller amounts. A neat material then has the activity
4^(strength - 2) sqrt(P / 1 Pa); 1 is that of a material of strength 2 with 1 Pa on the skin, the reference. Both are
choices of ours that put materials in order; they claim no concentration.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np

from core.fragrance.catalogue.materials import POSITIONS, Position
from core.fragrance.validation.doses import Dose
from core.fragrance.validation.evaporation import LAST_HOUR, Floats, skin_pressures
from core.messages import say

SillageWord = Literal["weak", "moderate", "strong"]

STEP = 4.0  # how many times one step of strength raises the odour activity
MEDIUM = 2  # strength of the reference
NOTICED = 0.4  # of the reference: under it the perfume counts as gone
HALF_SILLAGE = 1.8  # mean activity of the first hour at which sillage is 0.5, about that of a usual eau de parfum
MODERATE_FROM, STRONG_FROM = 0.4, 0.65


def weights(doses: Sequence[Dose]) -> Floats:
    """(n,) odour activities of the neat materials; 0 for an odourless one and for one of unknown strength."""
    strengths = [one.material.strength if one.material else None for one in doses]
    steps = np.array([STEP ** (one - MEDIUM) if one else 0.0 for one in strengths], dtype=float)
    return np.asarray(steps * np.sqrt(skin_pressures(doses)))


def by_position(doses: Sequence[Dose], activity: Floats) -> dict[Position, Floats]:
    """(times,) of each layer, of activity (n, times)."""
    return {
        position: activity[[one.position == position for one in doses]].sum(axis=0) for position in POSITIONS
    }  # fmt: skip


def summed(layers: Mapping[Position, Sequence[float]]) -> Floats:
    """(times,) of all layers together."""
    return np.asarray(np.sum([layers[position] for position in POSITIONS], axis=0))


def longevity(hours: Floats, total: Floats) -> float:
    """Hours after which the odour activity stays under `NOTICED`; 24 where it does not fall under it within a day."""
    over = np.flatnonzero(total >= NOTICED)
    if not len(over):
        return 0.0
    last = int(over[-1])
    if last == len(hours) - 1:
        return LAST_HOUR
    # Straight between two times in the logarithm of the activity, which falls exponentially at the end.
    before, after = np.log(max(total[last], 1e-300)), np.log(max(total[last + 1], 1e-300))
    part = (before - np.log(NOTICED)) / (before - after)
    return float(hours[last] + part * (hours[last + 1] - hours[last]))


def sillage(hours: Floats, total: Floats) -> float:
    """0 to 1 from the mean odour activity of the first hour; half at `HALF_SILLAGE`, and never quite 1."""
    first = hours <= 1.0
    mean = float(np.trapezoid(total[first], hours[first]))
    return mean**2 / (mean**2 + HALF_SILLAGE**2)


def sillage_word(value: float) -> SillageWord:
    if value >= STRONG_FROM:
        return "strong"
    return "moderate" if value >= MODERATE_FROM else "weak"


def sillage_label(word: SillageWord, language: str) -> str:
    """The word for a person."""
    keys = {
        "weak": "fragrance_validation.sillage_weak",
        "moderate": "fragrance_validation.sillage_moderate",
        "strong": "fragrance_validation.sillage_strong",
    }
    return say(keys[word], language)
