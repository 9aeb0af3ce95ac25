"""What changed from one version to the next: lines added, removed and changed, in percent points and in grams."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.errors import Conflict
from core.fragrance.amounts import WHOLE_MG, percent
from core.fragrance.formulas.formula import Formula, Line


@dataclass(frozen=True, slots=True)
class Change:
    """One line that is not the same. before_mg, after_mg: of 100 g concentrate, 0 where the line is not there."""

    ingredient: str
    before_mg: int
    after_mg: int

    @property
    def kind(self) -> Literal["added", "removed", "changed"]:
        return "added" if self.before_mg == 0 else "removed" if self.after_mg == 0 else "changed"

    @property
    def percent_points(self) -> float:
        """After less before, of the concentrate."""
        return percent(self.after_mg - self.before_mg)

    def grams(self, batch_g: float) -> float:
        """After less before, in a batch of concentrate."""
        return (self.after_mg - self.before_mg) * batch_g / WHOLE_MG


@dataclass(frozen=True)
class Difference:
    """changes: in the order of the later version, removed lines last. order: ingredients of the later version."""

    changes: tuple[Change, ...]
    order: tuple[str, ...]
    is_reordered: bool  # lines that stand in both follow each other differently

    @property
    def is_empty(self) -> bool:
        return not self.changes and not self.is_reordered


def difference(before: Formula, after: Formula) -> Difference:
    """What turns one formula into the other; percent points of all changes sum to 0."""
    earlier = {line.ingredient: line.amount_mg for line in before.lines}
    later = {line.ingredient: line.amount_mg for line in after.lines}
    changes = [
        Change(name, earlier.get(name, 0), amount) for name, amount in later.items() if earlier.get(name, 0) != amount
    ]
    changes += [Change(name, amount, 0) for name, amount in earlier.items() if name not in later]
    is_reordered = [name for name in earlier if name in later] != [name for name in later if name in earlier]
    return Difference(tuple(changes), tuple(later), is_reordered)


def applied(formula: Formula, change: Difference) -> Formula:
    """The later version from the earlier one. Raises Conflict for a formula that the difference was not taken from."""
    amounts = {line.ingredient: line.amount_mg for line in formula.lines}
    for one in change.changes:
        if amounts.get(one.ingredient, 0) != one.before_mg:
            raise Conflict("fragrance_formulas.difference_does_not_fit", name=one.ingredient)
        amounts[one.ingredient] = one.after_mg
    kept = {name: amount for name, amount in amounts.items() if amount}
    if set(kept) != set(change.order):
        odd = sorted(set(kept) ^ set(change.order))[0]
        raise Conflict("fragrance_formulas.difference_does_not_fit", name=odd)
    return Formula(tuple(Line(name, kept[name]) for name in change.order))
