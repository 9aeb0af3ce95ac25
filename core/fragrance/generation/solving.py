"""The mixed-integer program of a formula, solved by HiGHS: one thread, a seed and limits of work instead of time.

No limit of time, because the same brief must give the same formula on a busy machine.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.fragrance.generation.rows import Program

GAP = 1.5  # of the odour told by 100 %; how far from the best a formula may be: odour words themselves are coarser
NODES = 60  # of the search tree; what is found at its root is rarely bettered by much
NODES_TO_DECIDE = 4_000  # for whether there is any
WORTH = 0.55  # of each unit of odour: about the overlap that formulas reach, so that strength alone gains nothing
OVER_USUAL = 0.5  # cost of what is told by an amount over the usual share
TIMES_USUAL = 0.4  # cost of each time the usual share on top of it: what fills is a material that is used by much
LINE = 0.15  # cost of a line, in percent of odour
SEEDED = 0.3  # most that a seed takes off a line it prefers
NEAR = 0.3  # worth of each percent that stays as it was, where a formula is changed instead of made anew
SEEDS = 2**31 - 1


@dataclass(frozen=True, eq=False)
class Wish:
    """What is best. powers, usual, against, preference: shape (materials,). tells: shape (materials, odours).

    target: shape (odours,), sum 1. against: 0 to 1, how much a material tells what is not wanted. preference: 0 to 1,
    of a seed, so that another seed takes another way. usual: percent of the concentrate. near: percent of a formula
    that is to be changed by no more than needed; zeros where there is none.
    """

    powers: np.ndarray
    tells: np.ndarray
    target: np.ndarray
    usual: np.ndarray
    against: np.ndarray
    preference: np.ndarray
    near: np.ndarray
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Solved:
    """shares: percent, shape (materials,), None where there is no formula or none was found.

    is_infeasible: it is proven that there is none. seconds: within the solver.
    """

    shares: np.ndarray | None
    is_infeasible: bool
    seconds: float


def solve(program: Program, wish: Wish) -> Solved:
    """The best shares within the gap."""
    count = len(program.materials)
    asked = np.flatnonzero(wish.target > 0)
    telling = wish.powers[:, None] * wish.tells[:, asked]  # (materials, asked)
    total_power = wish.powers
    kept = np.flatnonzero(wish.near > 0)
    model = _Model(count, len(asked) + len(kept), with_excess=True)
    model.program(program)
    for number in range(len(asked)):  # met <= what is told of it, and <= its part of all that is told
        model.row(shares=-telling[:, number], met=(number, 1.0), high=0.0)
        model.row(shares=-wish.target[asked[number]] * total_power, met=(number, 1.0), high=0.0)
    for number, one in enumerate(kept, len(asked)):  # kept <= the share now, and <= what it was
        alone = np.zeros(count)
        alone[one] = -1.0
        model.row(shares=alone, met=(number, 1.0), high=0.0)
        model.row(shares=np.zeros(count), met=(number, 1.0), high=float(wish.near[one]))
    model.excess(wish.usual, program.highest)
    model.costs(
        shares=WORTH * total_power + wish.against * total_power,
        used=LINE - SEEDED * wish.preference,
        met=np.concatenate([-np.ones(len(asked)), np.full(len(kept), -NEAR)]),
        excess=OVER_USUAL * total_power + TIMES_USUAL / wish.usual,
    )
    return model.run(wish.seed, NODES, GAP)


def is_feasible(program: Program, seed: int = 0) -> Solved:
    """Any shares that keep to the rows."""
    model = _Model(len(program.materials), 0, with_excess=False)
    model.program(program)
    return model.run(seed, NODES_TO_DECIDE, 1.0)


class _Model:
    """Columns: shares (n), used (n), met (m), excess (n or 0). Rows are gathered sparse and passed at once."""

    def __init__(self, count: int, met: int, *, with_excess: bool) -> None:
        self.count, self.met, self.extra = count, met, count if with_excess else 0
        self.columns = 2 * count + met + self.extra
        self.index: list[np.ndarray] = []
        self.value: list[np.ndarray] = []
        self.low: list[float] = []
        self.high: list[float] = []
        self.cost = np.zeros(self.columns)
        self.upper = np.concatenate([np.zeros(count), np.ones(count), np.full(met + self.extra, np.inf)])

    def program(self, program: Program) -> None:
        count = self.count
        self.upper[:count] = program.highest
        self.row(shares=np.ones(count), low=100.0, high=100.0)
        for number in range(count):
            self._add([number, count + number], [1.0, -program.highest[number]], -np.inf, 0.0)
            self._add([number, count + number], [1.0, -program.lowest[number]], 0.0, np.inf)
        for row in program.rows:
            self.row(shares=row.shares, used=row.used, low=row.low, high=row.high)

    def row(
        self, *, shares: np.ndarray, used: np.ndarray | None = None, met: tuple[int, float] | None = None,
        low: float = -np.inf, high: float = np.inf,
    ) -> None:  # fmt: skip
        index = [np.flatnonzero(shares)]
        value = [shares[index[0]]]
        if used is not None:
            index.append(np.flatnonzero(used))
            value.append(used[index[-1]])
            index[-1] = index[-1] + self.count
        if met is not None:
            index.append(np.array([2 * self.count + met[0]]))
            value.append(np.array([met[1]]))
        self._add(np.concatenate(index), np.concatenate(value), low, high)

    def excess(self, usual: np.ndarray, highest: np.ndarray) -> None:
        first = 2 * self.count + self.met
        for number in range(self.count):
            self._add([number, first + number], [1.0, -1.0], -np.inf, float(usual[number]))
        self.upper[first:] = np.maximum(0.0, highest - usual)

    def costs(self, *, shares: np.ndarray, used: np.ndarray, met: np.ndarray, excess: np.ndarray) -> None:
        self.cost = np.concatenate([shares, used, met, excess])

    def _add(self, index: Any, value: Any, low: float, high: float) -> None:
        self.index.append(np.asarray(index, dtype=np.int32))
        self.value.append(np.asarray(value, dtype=float))
        self.low.append(low)
        self.high.append(high)

    def run(self, seed: int, nodes: int, gap: float) -> Solved:
        import highspy

        solver = highspy.Highs()
        options: dict[str, bool | int | float | str] = {
            "output_flag": False, "threads": 1, "parallel": "off", "random_seed": seed % SEEDS,
            "mip_rel_gap": 0.0, "mip_abs_gap": gap, "mip_max_nodes": nodes,
        }  # fmt: skip
        for name, value in options.items():
            solver.setOptionValue(name, value)
        solver.passModel(self._linear_program(highspy))
        start = time.perf_counter()
        solver.run()
        seconds = time.perf_counter() - start
        status = solver.getModelStatus()
        if solver.getInfo().primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
            return Solved(None, status == highspy.HighsModelStatus.kInfeasible, seconds)
        values = np.array(solver.getSolution().col_value)
        used = values[self.count : 2 * self.count] > 0.5
        return Solved(np.where(used, values[: self.count], 0.0), False, seconds)

    def _linear_program(self, highspy: Any) -> Any:
        program = highspy.HighsLp()
        program.num_col_, program.num_row_ = self.columns, len(self.index)
        program.col_cost_ = self.cost
        program.col_lower_, program.col_upper_ = np.zeros(self.columns), self.upper
        program.row_lower_, program.row_upper_ = np.array(self.low), np.array(self.high)
        program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        program.a_matrix_.start_ = np.concatenate([[0], np.cumsum([len(one) for one in self.index])])
        program.a_matrix_.index_ = np.concatenate(self.index)
        program.a_matrix_.value_ = np.concatenate(self.value)
        kinds = np.zeros(self.columns, dtype=int)
        kinds[self.count : 2 * self.count] = 1
        program.integrality_ = [
            highspy.HighsVarType.kInteger if kind else highspy.HighsVarType.kContinuous for kind in kinds
        ]  # fmt: skip
        return program
