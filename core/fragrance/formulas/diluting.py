"""Amounts too small for the balance as 10 % or 1 % dilutions, whose solvent is taken back from the formula's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from core.errors import BadInput
from core.fragrance.catalogue.materials import Catalogue
from core.fragrance.formulas.formula import Formula

STRENGTHS = (10, 1)  # percent of the ingredient in its dilution, the stronger preferred


@dataclass(frozen=True, slots=True)
class Portion:
    """exact: grams of the ingredient. target: grams to be weighed, before rounding to steps of the balance.

    strength: percent of the ingredient in what is weighed; solvent: of a dilution.
    """

    ingredient: str
    exact: Fraction
    target: Fraction
    strength: int = 100
    solvent: str | None = None


def solvent_of(formula: Formula, catalogue: Catalogue, chosen: str | None) -> str | None:
    """The solvent of dilutions: the chosen one, else the largest of the formula, the earlier one of equals, else none.

    Raises BadInput for a chosen material that is not there or is no solvent.
    """
    if chosen is not None:
        material = catalogue.get(chosen)
        if material.kind != "solvent":
            raise BadInput("fragrance_formulas.not_a_solvent", name=material.name_en)
        return material.id
    solvents = [
        line for line in formula.lines if line.accord is None and catalogue.get(line.ingredient).kind == "solvent"
    ]
    return max(solvents, key=lambda line: line.amount_mg).ingredient if solvents else None


def portions(exact: Mapping[str, Fraction], smallest: Fraction, solvent: str | None) -> tuple[Portion, ...]:
    """What is weighed of each ingredient, in the given order. exact: grams by ingredient.

    A dilution takes its solvent from the solvent's own line as long as that stays weighable; solvent beyond that comes
    on top of the batch. Without a solvent nothing is diluted.
    """
    left = exact.get(solvent, Fraction(0)) if solvent is not None else Fraction(0)
    found: list[Portion] = []
    for ingredient, grams in exact.items():
        if solvent is None or grams >= smallest or ingredient == solvent:
            found.append(Portion(ingredient, grams, grams))
            continue
        strength = next((one for one in STRENGTHS if grams * 100 / one >= smallest), STRENGTHS[-1])
        target = grams * 100 / strength
        if left - (target - grams) >= smallest:
            left -= target - grams
        found.append(Portion(ingredient, grams, target, strength, solvent))
    return tuple(Portion(one.ingredient, one.exact, left) if one.ingredient == solvent else one for one in found)
