"""The limits as linear rows for a solver, so that what it finds passes the same rules that `check` reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.fragrance.amounts import MG_PER_PERCENT
from core.fragrance.catalogue.materials import Material
from core.fragrance.limits.composition import substance_matrix
from core.fragrance.limits.rules import LimitTable, Rule
from core.fragrance.products import Product

SOLVER_TOLERANCE = 1e-6  # percent of the finished product; linear solvers keep rows to about 1e-7


@dataclass(frozen=True, eq=False)
class LimitRows:
    """`coefficients @ shares <= bounds`, shares in percent of the concentrate, shape (materials,).

    rules: of the rows; only those with a limit in the product's category that any of the materials adds to.
    coefficients: percent of the finished product for one percent of the concentrate, shape (rules, materials), none
    negative. bounds: percent of the finished product, shape (rules,); 0 for a prohibition, which any amount breaks, be
    it of the material itself or of a listed constituent. is_unknown: shape (materials,); rows hold what is known, so a
    formula with one of these is at best "unknown".
    """

    rules: tuple[Rule, ...]
    coefficients: NDArray[np.float64]
    bounds: NDArray[np.float64]
    is_unknown: NDArray[np.bool_]

    @property
    def is_prohibited(self) -> NDArray[np.bool_]:
        """Materials of which any amount breaks a rule, shape (materials,)."""
        forbidding = self.coefficients[self.bounds == 0]
        return np.asarray((forbidding > 0).any(axis=0))

    def bounds_before_rounding(self, most_lines: int) -> NDArray[np.float64]:
        """Bounds that still hold after each of up to `most_lines` amounts is rounded to a whole milligram next to it.

        Each amount grows by less than 1 mg of 100 g, so a row by less than 1 mg of its `most_lines` largest
        coefficients together. 0 where nothing would be left: then the materials of that row stay out.
        """
        largest = -np.sort(-self.coefficients, axis=1)[:, :most_lines]
        return np.maximum(0.0, self.bounds - largest.sum(axis=1) / MG_PER_PERCENT - SOLVER_TOLERANCE)


def limit_of(rule: Rule, category: str) -> float | None:
    """Percent of the finished product; 0 for a prohibition, None where the rule does not restrict the category."""
    return 0.0 if rule.kind == "prohibited" else rule.limits.get(category)


def limit_rows(materials: Sequence[Material], table: LimitTable, product: Product) -> LimitRows:
    """One row for each rule that can be broken by these materials in this product."""
    limits = [(rule, limit_of(rule, product.category)) for rule in table.rules if rule.kind != "specification"]
    restricting = [(rule, limit) for rule, limit in limits if limit is not None]
    matrix = substance_matrix(materials, [rule.substances for rule, _ in restricting])
    coefficients = matrix.shares.T * (product.dosage / 1e4)
    touched = [row for row in range(len(restricting)) if coefficients[row].any()]
    return LimitRows(
        tuple(restricting[row][0] for row in touched),
        coefficients[touched],
        np.array([restricting[row][1] for row in touched], dtype=float),
        matrix.is_unknown,
    )
