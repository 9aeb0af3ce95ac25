"""A formula: lines of ingredients whose amounts sum to 100 g; an ingredient is a material or an accord, a formula.

Taking it apart has one way, `parts_of`, and so one bound on how accords nest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.errors import BadInput
from core.fragrance.amounts import WHOLE_MG

MOST_PARTS = 50_000  # a formula of 500 lines, each an accord of 100 materials
DEEPEST = 30  # accords within accords; no perfumer nests deeper than a few
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
        if any(line.amount_mg < 0 for line in self.lines) or len({one.ingredient for one in self.lines}) < len(
            self.lines
        ):
            raise ValueError("a formula has one line for each ingredient, and none takes anything away")


Accords = Mapping[str, Formula]  # by id, those that may be read


@dataclass
class Parts:
    """Every way from a line down to a material, side by side; lists, as they are gathered a thousand times a second.

    lines: ingredients as they stand in the formula. throughs: ingredients below the line, from a nested accord down to
    the material; () where the line is the material. amounts_mg: of 100 g concentrate.
    """

    lines: list[str] = field(default_factory=list)
    throughs: list[tuple[str, ...]] = field(default_factory=list)
    materials: list[str] = field(default_factory=list)
    amounts_mg: list[float] = field(default_factory=list)


@dataclass
class _Inside:
    """The same of an accord. shares: of one part of it."""

    throughs: list[tuple[str, ...]] = field(default_factory=list)
    materials: list[str] = field(default_factory=list)
    shares: list[float] = field(default_factory=list)


def flattened(formula: Formula, accords: Accords) -> dict[str, float]:
    """Milligrams of 100 g by material id, accords taken apart, however deeply they are nested.

    Raises BadInput as `parts_of`.
    """
    parts = parts_of(formula, accords)
    found: dict[str, float] = {}
    for material, amount_mg in zip(parts.materials, parts.amounts_mg, strict=True):
        found[material] = found.get(material, 0.0) + amount_mg
    return found


def parts_of(formula: Formula, accords: Accords) -> Parts:
    """Every material of the formula by every way that leads to it, in the order of the lines.

    Raises BadInput for an accord that holds itself or is not there, and for nesting beyond MOST_PARTS or DEEPEST.
    """
    known: dict[str, _Inside] = {}
    found = Parts()
    for line in formula.lines:
        ingredient, accord = line.ingredient, line.accord
        if accord is None:
            found.lines.append(ingredient)
            found.throughs.append(())
            found.materials.append(ingredient)
            found.amounts_mg.append(line.amount_mg)
            continue
        inside = _within(accord, accords, (), known)
        found.lines += [ingredient] * len(inside.shares)
        found.throughs += inside.throughs
        found.materials += inside.materials
        found.amounts_mg += [line.amount_mg * one for one in inside.shares]
        _check_count(len(found.amounts_mg), accord)
    return found


def _within(accord: str, accords: Accords, above: tuple[str, ...], known: dict[str, _Inside]) -> _Inside:
    """The materials of an accord; each accord is taken apart once, however often it occurs."""
    if accord in above:
        raise BadInput("fragrance.circular_accord", accord=accord)
    if accord in known:
        return known[accord]
    if accord not in accords:
        raise BadInput("fragrance.unknown_accord", accord=accord)
    if len(above) >= DEEPEST:
        raise BadInput("fragrance_formulas.nested_too_far", accord=above[0], parts=f"{MOST_PARTS:,}", depth=DEEPEST)
    found = _Inside()
    for line in accords[accord].lines:
        ingredient, nested, share = line.ingredient, line.accord, line.amount_mg / WHOLE_MG
        if nested is None:
            found.throughs.append((ingredient,))
            found.materials.append(ingredient)
            found.shares.append(share)
            continue
        inside = _within(nested, accords, (*above, accord), known)
        found.throughs += [(ingredient, *one) for one in inside.throughs]
        found.materials += inside.materials
        found.shares += [share * one for one in inside.shares]
        _check_count(len(found.shares), accord)
    known[accord] = found
    return found


def _check_count(parts: int, accord: str) -> None:
    if parts > MOST_PARTS:
        raise BadInput("fragrance_formulas.nested_too_far", accord=accord, parts=f"{MOST_PARTS:,}", depth=DEEPEST)
