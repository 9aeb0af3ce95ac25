"""One formula after another: solve, round, check with the one engine of limits, keep away from what is at hand."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.fragrance.amounts import MG_PER_PERCENT, percent
from core.fragrance.catalogue.materials import POSITIONS, Catalogue, Material
from core.fragrance.formulas.formula import Accords, Formula, Line
from core.fragrance.generation.alternatives import MOST_ALIKE, NEAR_DUPLICATE, Amounts, differing, likeness
from core.fragrance.generation.brief import Brief
from core.fragrance.generation.constraints import program, usual_share
from core.fragrance.generation.odours import DIGITS, all_told, overlap, power, unwanted, wanted
from core.fragrance.generation.rounding import rounded
from core.fragrance.generation.rows import Program
from core.fragrance.generation.solving import Wish, solve
from core.fragrance.limits.checking import LimitsReport, check
from core.fragrance.limits.rules import LimitTable

DIFFERENT, EXISTING = "different", "existing"  # groups of the rows that keep formulas apart
# Times the rounding error that rows are tightened by, and whether with room for round steps, in the order tried.
MARGINS = ((1, True), (1, False), (0, False), (2, False), (4, False))
ATTEMPTS = 12
DISLIKE = 2.0  # how much worse an odour that is not wanted is than one that merely was not asked for


@dataclass(frozen=True, eq=False)
class Task:
    """A brief over some materials, ready to be solved again and again."""

    brief: Brief
    catalogue: Catalogue
    table: LimitTable
    accords: Accords
    materials: tuple[Material, ...]
    program: Program
    wish: Wish


@dataclass(frozen=True, eq=False)
class Found:
    """formula: None where there is none, proven or not. fit: 0 to 1. solver_s: seconds within the solver."""

    formula: Formula | None
    report: LimitsReport | None
    fit: float
    solver_s: float

    @property
    def amounts(self) -> dict[str, float]:
        return {line.ingredient: float(line.amount_mg) for line in self.formula.lines} if self.formula else {}


def task(
    brief: Brief, materials: Sequence[Material], *, catalogue: Catalogue, table: LimitTable, accords: Accords,
    near: Amounts | None = None,
) -> Task:  # fmt: skip
    """near: a formula that is to be changed by no more than the brief needs; the rest of it is left."""
    tells = all_told(materials)
    wish = Wish(
        powers=np.array([power(one) for one in materials]),
        tells=tells,
        target=wanted(brief, materials),
        usual=np.array([usual_share(one) for one in materials]),
        against=np.round(DISLIKE * tells @ unwanted(brief), DIGITS),
        preference=np.array([_preference(brief.seed, one.id) for one in materials]),
        near=np.array([percent((near or {}).get(one.id, 0.0)) for one in materials]),
        seed=brief.seed,
    )
    return Task(brief, catalogue, table, accords, tuple(materials), program(brief, materials, table), wish)


def formulate(task: Task, kept: Sequence[Amounts], existing: Sequence[Amounts]) -> Found:
    """The best formula that differs from those kept and nearly equals none that exists."""
    apart = [differing(DIFFERENT, one, MOST_ALIKE, task.materials) for one in kept]
    margins = list(MARGINS)
    solver_s = 0.0
    for _ in range(ATTEMPTS):
        times, with_room = margins[0]
        solved = solve(task.program.tightened(times, with_room=with_room).and_rows(apart), task.wish)
        solver_s += solved.seconds
        report = formula = None
        if solved.shares is not None:
            amounts = rounded(solved.shares, task.program.and_rows(apart))
            formula = None if amounts is None else _formula(amounts, task.materials)
        if formula is not None:
            report = check(
                formula, task.brief.product, catalogue=task.catalogue, table=task.table, accords=task.accords
            )
        if formula is None or report is None or report.verdict == "fail":
            margins.pop(0)
            if not margins:
                break
            continue
        found = Found(formula, report, _fit(formula, task), solver_s)
        twin = next((one for one in existing if likeness(found.amounts, one) > NEAR_DUPLICATE), None)
        if twin is None:
            return found
        apart.append(differing(EXISTING, twin, NEAR_DUPLICATE, task.materials))
    return Found(None, None, 0.0, solver_s)


def _formula(amounts: np.ndarray, materials: Sequence[Material]) -> Formula:
    """Lines from top to base, the largest first, solvents at the end."""
    order = {position: number for number, position in enumerate(POSITIONS)}
    used = [(one, int(amount)) for one, amount in zip(materials, amounts, strict=True) if amount > 0]
    used.sort(key=lambda pair: (pair[0].kind == "solvent", order[pair[0].position], -pair[1], pair[0].id))
    return Formula(tuple(Line(one.id, amount) for one, amount in used))


def _fit(formula: Formula, task: Task) -> float:
    amounts = {line.ingredient: line.amount_mg / MG_PER_PERCENT for line in formula.lines}
    shares = np.array([amounts.get(one.id, 0.0) for one in task.materials])
    return overlap(shares, task.wish.powers, task.wish.tells, task.wish.target)


def _preference(seed: int, material_id: str) -> float:
    """0 to 1; of the seed and the name alone, so that a new material in the catalogue changes no other's."""
    digest = hashlib.sha256(f"{seed}:{material_id}".encode()).digest()
    return int.from_bytes(digest[:4], "big") / 2**32
