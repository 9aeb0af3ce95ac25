"""The styles a brief is composed in, as data: what its words mean in odours, layers, lines, strength and money."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, Literal

from core.fragrance.catalogue.materials import POSITIONS, Position
from core.fragrance.generation.brief import BudgetRange, Complexity, Intensity

ProfileField = Literal["family", "mood", "season", "occasion", "gender"]
Weights = Mapping[str, float]  # of odour words, any scale


@cache
def _styles() -> Mapping[str, Any]:
    text = resources.files("core.fragrance.generation").joinpath("styles.toml").read_text("utf-8")
    return tomllib.loads(text)


def field_weights() -> Weights:
    """How much each part of a brief counts in the wanted odour."""
    found: Weights = _styles()["fields"]
    return found


def profile(field: ProfileField, word_id: str) -> Weights:
    """Odour words of one word of a brief; empty where the style says nothing of it."""
    found: Weights = _styles()["profile"][field].get(word_id, {})
    return found


def ground() -> Weights:
    found: Weights = _styles()["ground"]
    return found


def kin() -> Mapping[str, str]:
    """The broader odour word of an odour word: rose is floral."""
    found: Mapping[str, str] = _styles()["kin"]
    return found


def near() -> Mapping[str, Weights]:
    """Odours that together come nearest to one that no material tells."""
    found: Mapping[str, Weights] = _styles()["near"]
    return found


def region(word_id: str) -> Weights:
    """Odour words of a Korean region."""
    found: Weights = _styles()["region"].get(word_id, {})
    return found


def traditions() -> Mapping[str, tuple[tuple[str, ...], Weights]]:
    """Words and odours of Korean traditions, by id."""
    return {one: (tuple(entry["words"]), entry["odour"]) for one, entry in _styles()["tradition"].items()}


def layer_bands(family: str | None) -> dict[Position, tuple[float, float]]:
    """Lowest and highest percent of the fragrant part, by position."""
    layers = _styles()["layers"]
    found = layers.get(family, layers["default"])
    return {position: (float(found[position][0]), float(found[position][1])) for position in POSITIONS}


def line_band(complexity: Complexity) -> tuple[int, int, int]:
    """Lowest and highest number of lines, and the lowest in each layer."""
    low, high, each = _styles()["lines"][complexity]
    return low, high, each


def strength_band(intensity: Intensity) -> tuple[float, float]:
    """Lowest and highest mean strength of the concentrate, on the scale 0 to 4 of materials."""
    low, high, _ = _styles()["intensity"][intensity]
    return float(low), float(high)


def most_solvent(intensity: Intensity) -> float:
    """Percent of the concentrate that solvents may be."""
    return float(_styles()["intensity"][intensity][2])


def budget_per_kg(words: BudgetRange, currency: str) -> float | None:
    """Highest cost of a kilogram of concentrate; None where the word or the currency sets no bound."""
    found: float | None = _styles()["budget"].get(currency, {}).get(words)
    return found
