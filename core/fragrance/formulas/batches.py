"""A formula in grams for the balance: amounts in its steps that sum to the batch exactly, and what to dilute first.

Order of weighing: solvents first, in which all else dissolves; then accords; then base, heart and top, so that what
evaporates fastest stands open for the shortest time; within each the largest first, as small amounts mix into a bulk.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from core.errors import BadInput
from core.fragrance.amounts import WHOLE_MG
from core.fragrance.catalogue.materials import Catalogue
from core.fragrance.formulas.apportioning import apportioned
from core.fragrance.formulas.diluting import Portion, portions, solvent_of
from core.fragrance.formulas.entering import number
from core.fragrance.formulas.formula import Formula
from core.fragrance.formulas.naming import shown
from core.knowledge.notices import Notice

STEP_G = 0.01  # of an ordinary laboratory balance
STEPS_G = ("1", "0.1", "0.01", "0.001", "0.0001")
SMALLEST_STEPS = 10  # rounding of a weighable amount is then at most 5 %
LEAST_STEPS = 100  # of a batch; less than that weighs no formula out
LARGEST_BATCH_G = 100_000.0
LARGEST_ERROR = 5.0  # percent of a line, over which it is named
GRAMS_OF = {"g": Decimal(1), "kg": Decimal(1000), "mg": Decimal("0.001")}
ORDER = {"base": 2, "heart": 3, "top": 4}  # solvents come before with 0, accords with 1


@dataclass(frozen=True, slots=True)
class Weighing:
    """One line on the balance. exact_g: of the ingredient itself, as the formula says. grams: what is weighed.

    strength: percent of the ingredient in what is weighed: 100, or 10 or 1 for a dilution in `solvent`. error_percent:
    of the ingredient that gets in, against exact_g; for the solvent, what the dilutions bring counts as well.
    """

    ingredient: str
    exact_g: float
    grams: float
    strength: int
    solvent: str | None
    error_percent: float


@dataclass(frozen=True)
class Batch:
    """weighings: in the order of weighing; their grams sum to total_g exactly, to the digits of step_g.

    total_g: batch_g, and added_solvent_g more where dilutions bring solvent that no line can give back.
    """

    batch_g: float
    step_g: float
    smallest_g: float
    total_g: float
    added_solvent_g: float
    weighings: tuple[Weighing, ...]
    notices: tuple[Notice, ...]


def batch_grams(amount: float | str | Decimal, unit: str = "g") -> float:
    """Grams of concentrate meant by an amount in g, kg or mg. Raises BadInput for what cannot be a batch."""
    if unit not in GRAMS_OF:
        raise BadInput("fragrance_formulas.unknown_batch_unit", unit=unit[:40], known=", ".join(GRAMS_OF))
    typed = number(amount)
    if typed is None or typed <= 0:
        raise BadInput("fragrance_formulas.batch_not_positive", amount=str(amount)[:40], unit=unit)
    grams = typed * GRAMS_OF[unit]
    if grams > LARGEST_BATCH_G:
        raise BadInput("fragrance_formulas.batch_too_large", grams=f"{grams:f}", limit=f"{LARGEST_BATCH_G:g}")
    return float(grams)


def batch_of(
    formula: Formula, batch_g: float, *, catalogue: Catalogue, step_g: float = STEP_G,
    smallest_g: float | None = None, solvent: str | None = None,
) -> Batch:  # fmt: skip
    """The formula weighed out for `batch_g` grams of concentrate.

    smallest_g: least amount weighed undiluted, ten steps unless given. solvent: material id for dilutions, the largest
    solvent of the formula unless given. Raises BadInput for a batch, a step or a solvent that cannot be, or a material
    that is not there.
    """
    step, steps = _steps(batch_g, step_g)
    least = number(smallest_g) if smallest_g is not None else SMALLEST_STEPS * Decimal(str(step_g))
    if least is None or least < 0:
        raise BadInput("fragrance_formulas.batch_not_positive", amount=f"{smallest_g:g}", unit="g")
    smallest = Fraction(least)
    exact = {line.ingredient: Fraction(line.amount_mg * steps, WHOLE_MG) * step for line in formula.lines}
    kinds = {line.ingredient: _rank(line.ingredient, line.accord, catalogue) for line in formula.lines}
    chosen = solvent_of(formula, catalogue, solvent)
    parts = portions(exact, smallest, chosen)
    total_steps = round(sum(one.target for one in parts) / step)
    weighed = apportioned([one.target for one in parts], total_steps)
    solvent_in = sum(
        (count * step * (100 - one.strength) / 100 for one, count in zip(parts, weighed, strict=True)), Fraction(0)
    )
    added = (total_steps - steps) * step
    weighings = [
        _weighing(one, count * step, solvent_in - added if one.ingredient == chosen else Fraction(0))
        for one, count in zip(parts, weighed, strict=True)
    ]
    weighings.sort(key=lambda one: (kinds[one.ingredient], -one.grams))  # keeps the formula's order among equals
    return Batch(
        float(steps * step), step_g, float(smallest), float(total_steps * step), float(added), tuple(weighings),
        _told(weighings, parts, smallest, chosen, catalogue, added, steps * step),
    )  # fmt: skip


def _steps(batch_g: float, step_g: float) -> tuple[Fraction, int]:
    if number(step_g) not in {Decimal(one) for one in STEPS_G}:
        raise BadInput("fragrance_formulas.unknown_step", step=str(step_g), known=", ".join(STEPS_G))
    grams, step = Fraction(Decimal(str(batch_grams(batch_g)))), Fraction(Decimal(str(step_g)))
    if grams < LEAST_STEPS * step:
        least = f"{float(LEAST_STEPS * step):g}"
        raise BadInput("fragrance_formulas.batch_too_small", grams=f"{batch_g:g}", least=least, step=f"{step_g:g}")
    steps = grams / step
    if steps.denominator != 1:
        raise BadInput("fragrance_formulas.batch_not_in_steps", grams=f"{batch_g:.10g}", step=f"{step_g:g}")
    return step, int(steps)


def _rank(ingredient: str, accord: str | None, catalogue: Catalogue) -> int:
    if accord is not None:
        return 1
    material = catalogue.get(ingredient)
    return 0 if material.kind == "solvent" else ORDER[material.position]


def _weighing(part: Portion, grams: Fraction, through_dilutions: Fraction) -> Weighing:
    gets_in = grams * part.strength / 100 + through_dilutions
    error = float((gets_in - part.exact) / part.exact * 100)
    return Weighing(part.ingredient, float(part.exact), float(grams), part.strength, part.solvent, error)


def _told(
    weighings: list[Weighing], parts: tuple[Portion, ...], smallest: Fraction, chosen: str | None,
    catalogue: Catalogue, added: Fraction, batch: Fraction,
) -> tuple[Notice, ...]:  # fmt: skip
    told: list[Notice] = []
    small = [one for one in parts if one.exact < smallest and one.ingredient != chosen]
    if small and chosen is None:
        names = ", ".join(shown(one.ingredient, catalogue) for one in small)
        told.append(
            Notice("fragrance_formulas.no_solvent_to_dilute", {"names": names, "smallest": f"{float(smallest):g}"})
        )
    too_small = [one for one in parts if one.strength < 100 and one.target < smallest]
    if too_small:
        names = ", ".join(shown(one.ingredient, catalogue) for one in too_small)
        told.append(Notice("fragrance_formulas.too_small_for_batch", {"names": names}))
    if added:
        weaker = float(added / (batch + added) * 100)
        told.append(
            Notice("fragrance_formulas.solvent_added", {"grams": f"{float(added):g}", "weaker": f"{weaker:.2g}"})
        )
    off = [one for one in weighings if abs(one.error_percent) > LARGEST_ERROR]
    if off:
        names = ", ".join(f"{shown(one.ingredient, catalogue)} ({one.error_percent:+.1f} %)" for one in off)
        told.append(Notice("fragrance_formulas.rounding_shows", {"limit": f"{LARGEST_ERROR:g}", "names": names}))
    return tuple(told)
