"""A formula: lines of ingredients whose amounts sum to 100 g; an ingredient is a material or an accord, a formula."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.errors import BadInput
from core.fragrance.amounts import WHOLE_MG

ACCORD = "accord:"  # begins the ingredient of a line that stands for a stored formula


@dataclass(frozen=True, slots=True)
class Line:
    """One ingredient. ingredient: id of a material, or `accord:ID` of a formula. amount_mg: of 100 g concentrate."""

    ingredient: str
    amount_mg: int

    @property
    def accord(self) -> str | None:
        """The id of the formula that this line stands for; None for a material."""
        return self.ingredient.removeprefix(ACCORD) if self.ingredient.startswith(ACCORD) else None


@dataclass(frozen=True)
class Formula:
    """Lines in the order they are weighed or shown; at most one for each ingredient.

    Built by `entering.formula_of`, which refuses what does not add up; a formula at hand therefore sums to 100 g.
    """

    lines: tuple[Line, ...]

    def __post_init__(self) -> None:
        if sum(line.amount_mg for line in self.lines) != WHOLE_MG:
            raise ValueError("a formula sums to 100 g")


Accords = Mapping[str, Formula]  # by id, those that may be read


def flattened(formula: Formula, accords: Accords) -> dict[str, float]:
    """Milligrams of 100 g by material id, accords taken apart, however deeply they are nested.

    Raises BadInput for an accord that holds itself, or that is not there.
    """
    found: dict[str, float] = {}
    _gather(formula, accords, 1.0, (), found)
    return found


def _gather(
    formula: Formula, accords: Accords, share: float, within: tuple[str, ...], found: dict[str, float]
) -> None:  # fmt: skip
    for line in formula.lines:
        accord = line.accord
        if accord is None:
            found[line.ingredient] = found.get(line.ingredient, 0.0) + share * line.amount_mg
        elif accord in within:
            raise BadInput("fragrance.circular_accord", accord=accord)
        elif accord not in accords:
            raise BadInput("fragrance.unknown_accord", accord=accord)
        else:
            _gather(accords[accord], accords, share * line.amount_mg / WHOLE_MG, (*within, accord), found)
