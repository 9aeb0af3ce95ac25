"""What a material tells and what a brief wants, both as vectors over the odour words.

Assumptions, stated: each step of strength makes a material three times as telling at the same share, and each further
odour word of a material tells 0.6 of the one before it. They are rules of thumb, not measurements.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from core.fragrance.catalogue.materials import Material
from core.fragrance.generation import styles
from core.fragrance.generation.brief import Brief
from core.fragrance.vocabulary import ids

ODOURS: tuple[str, ...] = ids("odour")
INDEX: Mapping[str, int] = {word: number for number, word in enumerate(ODOURS)}
FADING = 0.6
KIN = 0.5  # how much of a broader word its narrower one tells
STEP = 3.0  # of telling power, for one step of strength
MIDDLE_STRENGTH = 2  # taken where the strength of a material is not known
DIGITS = 9  # kept of what is compared
LEADING = 3  # odour words of a material that decide whether it is what "without ..." means


def power(material: Material) -> float:
    """How telling one percent of it is; 1 for middle strength, 0 for what has no odour."""
    strength = MIDDLE_STRENGTH if material.strength is None else material.strength
    return 0.0 if strength == 0 or not material.odour else STEP ** (strength - MIDDLE_STRENGTH)


def told(material: Material, *, kin: float = KIN) -> np.ndarray:
    """Shape (odours,), summing to 1; zeros for a material without odour words. kin: weight of broader words."""
    vector = np.zeros(len(ODOURS))
    broader = styles.kin()
    for number, word in enumerate(material.odour):
        weight = FADING**number
        vector[INDEX[word]] += weight
        if word in broader:
            vector[INDEX[broader[word]]] += kin * weight
    return _unit(vector)


def all_told(materials: Sequence[Material]) -> np.ndarray:
    """Shape (materials, odours)."""
    return np.array([told(one) for one in materials]).reshape(len(materials), len(ODOURS))


def parts(brief: Brief, materials: Iterable[Material] = ()) -> dict[str, np.ndarray]:
    """What each part of the brief wants, by field; vectors of sum 1. A field that wants nothing is left out.

    materials: among which those are that the brief names; what they tell is wanted too.
    """
    found = {"odour": _broadened({word: weight for word, weight in brief.odour.items() if weight > 0})}
    if brief.family:
        found["family"] = _vector(styles.profile("family", brief.family))
    found["mood"] = _together(styles.profile("mood", one) for one in brief.moods)
    found["season"] = _together(styles.profile("season", one) for one in brief.seasons)
    found["occasion"] = _together(styles.profile("occasion", one) for one in brief.occasions)
    if brief.gender:
        found["gender"] = _vector(styles.profile("gender", brief.gender))
    found["wanted"] = _unit(sum((told(one) for one in materials if one.id in brief.wanted), np.zeros(len(ODOURS))))
    found["ground"] = _vector(styles.ground())
    return {field: vector for field, vector in found.items() if vector.any()}


def wanted(brief: Brief, materials: Sequence[Material]) -> np.ndarray:
    """The odour that the brief asks for, of sum 1; words that no material tells become those nearest to them."""
    weights = styles.field_weights()
    target = sum((weights[field] * vector for field, vector in parts(brief, materials).items()), np.zeros(len(ODOURS)))
    tellable = {word for one in materials for word in one.odour}
    for word, nearest in styles.near().items():
        if word not in tellable and target[INDEX[word]]:
            target = target + target[INDEX[word]] * _vector(nearest)
            target[INDEX[word]] = 0.0
    target = target * (1.0 - np.minimum(unwanted(brief), 1.0))
    return _unit(target) if target.any() else _vector(styles.ground())


def unwanted(brief: Brief) -> np.ndarray:
    """How little of each odour word is wanted, over 0 to 1; narrower words follow the broader one."""
    against = np.zeros(len(ODOURS))
    for word, weight in brief.odour.items():
        if weight < 0:
            against[INDEX[word]] = max(against[INDEX[word]], min(-weight, 1.0))
    for narrow, broad in styles.kin().items():
        if brief.odour.get(broad, 0.0) < 0 and brief.odour.get(narrow, 0.0) <= 0:
            against[INDEX[narrow]] = max(against[INDEX[narrow]], min(-brief.odour[broad], 1.0))
    return against


def is_told_out(material: Material, against: np.ndarray) -> bool:
    """Whether "without ..." means this material: a word it tells foremost is wanted in no way."""
    return any(against[INDEX[word]] >= 1.0 for word in material.odour[:LEADING])


def overlap(shares: np.ndarray, powers: np.ndarray, tells: np.ndarray, target: np.ndarray) -> float:
    """0 to 1: how much of the odour of these shares is the wanted one. shares, powers: shape (materials,)."""
    profile = (shares * powers) @ tells
    total = profile.sum()
    return round(float(np.minimum(profile / total, target).sum()), DIGITS) if total > 0 else 0.0


def _vector(weights: Mapping[str, float]) -> np.ndarray:
    vector = np.zeros(len(ODOURS))
    for word, weight in weights.items():
        vector[INDEX[word]] += weight
    return _unit(vector)


def _broadened(weights: Mapping[str, float]) -> np.ndarray:
    """Odour words with the broader ones behind them: no perfume tells a single word, and rose goes with flowers."""
    broader = styles.kin()
    spread = dict(weights)
    for word, weight in weights.items():
        if word in broader:
            spread[broader[word]] = spread.get(broader[word], 0.0) + KIN * weight
    return _vector(spread)


def _together(profiles: Iterable[Mapping[str, float]]) -> np.ndarray:
    return _unit(sum((_vector(one) for one in profiles), np.zeros(len(ODOURS))))


def _unit(vector: np.ndarray) -> np.ndarray:
    total = vector.sum()
    return vector / total if total else vector
