"""What the concentrate goes into: a category of finished products and how much concentrate it holds.

Categories are numbered as in the IFRA Standards since amendment 48, because tables of limits are; the words are ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from core.errors import BadInput

Category = Literal[
    "1", "2", "3", "4", "5A", "5B", "5C", "5D", "6", "7A", "7B", "8", "9", "10A", "10B", "11A", "11B", "12"
]
CATEGORIES: tuple[Category, ...] = get_args(Category)
RINSED_OFF: frozenset[Category] = frozenset({"7A", "9", "10A"})
NOT_ON_SKIN: frozenset[Category] = frozenset({"12"})
FINE_FRAGRANCE: Category = "4"


@dataclass(frozen=True)
class Product:
    """category: of finished products. dosage: percent of concentrate in the finished product, over 0 to 100."""

    category: Category = FINE_FRAGRANCE
    dosage: float = 15.0

    def __post_init__(self) -> None:
        if self.category not in CATEGORIES:
            raise BadInput("fragrance.unknown_category", category=self.category, known=", ".join(CATEGORIES))
        if not 0 < self.dosage <= 100:
            raise BadInput("fragrance.dosage_out_of_range", dosage=f"{self.dosage:g}")

    @property
    def is_rinsed_off(self) -> bool:
        return self.category in RINSED_OFF
