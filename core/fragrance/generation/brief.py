"""A brief in fields: what is wanted of a perfume. Words are read into it by `reading_briefs`; nothing here guesses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from core.fragrance.products import Product

Intensity = Literal["light", "moderate", "strong"]
Complexity = Literal["simple", "medium", "complex"]
BudgetRange = Literal["low", "medium", "high"]


@dataclass(frozen=True)
class Brief:
    """Empty fields restrict nothing. All ids are those of `vocabulary`.

    words: as the visitor wrote them. odour: odour words wanted, by weight over 0 to 1; negative for unwanted, as in
    "less sweet"; -1 for "without", which no material may tell foremost. wanted, excluded: ids of materials.
    budget_per_kg: highest cost of the concentrate, in the catalogue's currency. stock_is_limit: no more of a material
    than is at hand for the batch. batch_g: grams of concentrate.
    """

    words: str = ""
    family: str | None = None
    moods: tuple[str, ...] = ()
    seasons: tuple[str, ...] = ()
    intensity: Intensity = "moderate"
    gender: str | None = None
    occasions: tuple[str, ...] = ()
    odour: dict[str, float] = field(default_factory=dict)
    wanted: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    budget_per_kg: float | None = None
    complexity: Complexity = "medium"
    product: Product = field(default_factory=Product)
    batch_g: float = 20.0
    stock_is_limit: bool = False
    language: str = "ko"
    seed: int = 0
    alternatives: int = 3
