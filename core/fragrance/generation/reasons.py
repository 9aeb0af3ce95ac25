"""Why each line is there, tied to the brief: what it serves, and its part in the whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from core.fragrance.amounts import percent
from core.fragrance.catalogue.materials import POSITIONS, Catalogue, Material
from core.fragrance.formulas.formula import Formula
from core.fragrance.generation.brief import Brief
from core.fragrance.generation.odours import INDEX, LEADING, parts
from core.fragrance.generation.styles import kin
from core.fragrance.generation.wording import Both, both, labels, noted
from core.fragrance.vocabulary import Field
from core.knowledge.notices import Notice

FIXATIVE_PA = 0.1  # at 25 °C; what evaporates more slowly holds the rest back
VOLUME = 10.0  # percent of the concentrate; a line of that size carries the others
PARTS_TOLD = 2  # parts of the brief that a line is tied to, at most
# Smallest agreement of a material's leading words with a part of the brief, as a share of that part.
LEAST = 0.08
BECAUSE = {
    "odour": "fragrance_generation.because_odour",
    "family": "fragrance_generation.because_family",
    "mood": "fragrance_generation.because_mood",
    "season": "fragrance_generation.because_season",
    "occasion": "fragrance_generation.because_occasion",
    "gender": "fragrance_generation.because_gender",
}


def reasons(formula: Formula, brief: Brief, catalogue: Catalogue) -> dict[str, tuple[Notice, ...]]:
    """By ingredient, at least one reason each."""
    materials = {line.ingredient: catalogue.get(line.ingredient) for line in formula.lines}
    asked = parts(brief)
    asked.pop("ground")
    found: dict[str, tuple[Notice, ...]] = {}
    for line in formula.lines:
        material = materials[line.ingredient]
        told = tuple(_told(material, percent(line.amount_mg), brief, asked, list(materials.values())))
        found[line.ingredient] = told or (_accent(material),)
    return found


def _told(
    material: Material, share: float, brief: Brief, asked: Mapping[str, np.ndarray], others: Sequence[Material]
) -> Iterator[Notice]:  # fmt: skip
    if material.id in brief.wanted:
        yield Notice("fragrance_generation.reason_wanted")
    if material.kind == "solvent":
        yield Notice("fragrance_generation.reason_solvent")
        return
    yield from _serves(material, brief, asked)
    if material.position == "base" and (material.vapour_pressure_pa or 1.0) < FIXATIVE_PA:
        yield Notice("fragrance_generation.reason_fixative", {"pressure": f"{material.vapour_pressure_pa:.2g}"})
    if share >= VOLUME:
        yield Notice("fragrance_generation.reason_volume", {"share": f"{share:.3g}"})
    bridged = _bridged(material, others)
    if bridged:
        yield Notice("fragrance_generation.reason_bridge", both("odours", *labels("odour", bridged)))


def _serves(material: Material, brief: Brief, asked: Mapping[str, np.ndarray]) -> Iterator[Notice]:
    leading = material.odour[:LEADING]
    agreed = {
        field: {word: float(vector[INDEX[word]]) for word in leading if vector[INDEX[word]] > 0}
        for field, vector in asked.items()
    }
    strongest = sorted(agreed, key=lambda field: -sum(agreed[field].values()))  # the order of fields breaks ties
    for field in strongest[:PARTS_TOLD]:
        if sum(agreed[field].values()) >= LEAST:
            words = labels("odour", agreed[field])
            because = _because(field, brief, agreed[field])
            yield Notice("fragrance_generation.reason_serves", both("odours", *words) | both("because", *because))


def _because(field: str, brief: Brief, words: Mapping[str, float]) -> Both:
    chosen: Mapping[str, tuple[Field, Sequence[str]]] = {
        "odour": ("odour", [word for word, weight in brief.odour.items() if weight > 0 and _is_meant(word, words)]),
        "family": ("family", [brief.family] if brief.family else []),
        "mood": ("mood", brief.moods),
        "season": ("season", brief.seasons),
        "occasion": ("occasion", brief.occasions),
        "gender": ("gender", [brief.gender] if brief.gender else []),
    }
    english, korean = labels(*chosen[field])
    return noted(Notice(BECAUSE[field], both("word", english, korean)))


def _is_meant(word: str, told_words: Mapping[str, float]) -> bool:
    """Whether a wished word, or the broader one behind it, is among those told."""
    return word in told_words or kin().get(word) in told_words


def _bridged(material: Material, others: Sequence[Material]) -> list[str]:
    """Words by which it joins both other layers: each of them has a material that tells one of its leading words."""
    leading = material.odour[:LEADING]
    shared: list[str] = []
    for position in POSITIONS:
        if position != material.position:
            words = {word for one in others if one.position == position for word in one.odour[:LEADING]}
            met = [word for word in leading if word in words]
            if not met:
                return []
            shared += met[:1]
    return list(dict.fromkeys(shared))


def _accent(material: Material) -> Notice:
    words = labels("odour", material.odour[:LEADING])
    return Notice("fragrance_generation.reason_accent", both("odours", *words) | both("layer", *labels(
        "layer", [material.position])))  # fmt: skip
