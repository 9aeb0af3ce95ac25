"""From the solver's shares to whole milligrams of 100 g that sum exactly and still keep to every row."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from core.fragrance.amounts import MG_PER_PERCENT, WHOLE_MG
from core.fragrance.generation.rows import Program

# Steps in milligrams of 100 g that a perfumer writes: 12.5 %, 3.4 %, 0.25 %, 0.045 %.
STEPS = ((10_000, 500), (1_000, 100), (100, 10), (0, 1))
NEARLY = 1e-6  # of a milligram or step, by which a solver misses a whole number
TAKERS = 12  # lines that are tried for what is left over by steps


def rounded(shares: np.ndarray, program: Program) -> np.ndarray | None:
    """Milligrams of 100 g, shape (materials,); in a perfumer's steps where the rows allow, else to the milligram.

    None where no rounding keeps to the rows; a program solved with more margin has one.
    """
    exact = shares * MG_PER_PERCENT
    for amounts in (*_in_steps(exact, program), _by_largest_remainder(exact)):
        if program.holds(amounts / MG_PER_PERCENT):
            return amounts
    return None


def _in_steps(exact: np.ndarray, program: Program) -> Iterator[np.ndarray]:
    """Each amount at a step next to it, what is left over in one line: the largest that can take it."""
    steps = np.zeros(len(exact), dtype=int)
    for above, step in reversed(STEPS):
        steps[exact >= above] = step
    used = np.flatnonzero(exact > 0)
    amounts = np.zeros(len(exact), dtype=int)
    amounts[used] = (np.floor(exact[used] / steps[used] + NEARLY) * steps[used]).astype(int)
    too_low = used[amounts[used] < program.lowest[used] * MG_PER_PERCENT - NEARLY]
    amounts[too_low] += steps[too_low]
    # Steps up go to the amounts that lost most, as long as no rule is broken and something is left to give.
    lost = (exact[used] - amounts[used]) / steps[used]
    for number in used[np.argsort(-lost, kind="stable")]:
        if amounts.sum() + steps[number] <= WHOLE_MG and exact[number] > amounts[number]:
            amounts[number] += steps[number]
            if not program.keeps_limits(amounts / MG_PER_PERCENT):
                amounts[number] -= steps[number]
    left = WHOLE_MG - int(amounts.sum())
    for taker in used[np.argsort(-exact[used], kind="stable")][:TAKERS]:
        taken = amounts.copy()
        taken[taker] += left
        yield taken


def _by_largest_remainder(exact: np.ndarray) -> np.ndarray:
    whole = np.floor(exact + NEARLY)
    missing = WHOLE_MG - int(whole.sum())
    remainders = np.where(exact > 0, exact - whole, -1.0)
    amounts = whole.astype(int)
    amounts[np.argsort(-remainders, kind="stable")[:missing]] += 1
    return amounts
