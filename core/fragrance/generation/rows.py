"""Rows of the program: what must hold for the shares of a formula, each row in a group that a person has a word for."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from core.fragrance.amounts import MG_PER_PERCENT
from core.fragrance.catalogue.materials import Material

WANTED = "wanted:"  # begins the group of one material that is wanted
LIMIT = "limit:"  # begins the group of one rule of the limits
# What is kept free in bands that are ours, so that amounts can be written in round steps; in units of their rows.
ROOM = {"layers": 0.4, "intensity": 0.01, "budget": 0.5}
SLACK = 1e-9  # percent; the last digits of sums, when whole amounts are looked at


@dataclass(frozen=True, eq=False)
class Row:
    """`low <= shares @ x + used @ y <= high`.

    x: percent of the concentrate, shape (materials,); y: 1 where a material is used. is_exact: never tightened.
    """

    group: str
    shares: np.ndarray
    used: np.ndarray
    low: float
    high: float
    is_exact: bool = False


@dataclass(frozen=True, eq=False)
class Program:
    """What a formula of these materials must keep to.

    lowest, highest: percent of the concentrate where a material is used, whole milligrams, shape (materials,).
    most_lines: the most that any row allows. Every formula sums to 100 %; that row is not among `rows`.
    """

    materials: tuple[Material, ...]
    lowest: np.ndarray
    highest: np.ndarray
    rows: tuple[Row, ...]
    most_lines: int

    @property
    def groups(self) -> tuple[str, ...]:
        """In the order of the rows, each once."""
        return tuple(dict.fromkeys(row.group for row in self.rows))

    def of_groups(self, groups: Collection[str]) -> Program:
        """Only these groups hold."""
        return replace(self, rows=tuple(row for row in self.rows if row.group in groups))

    def and_rows(self, rows: Sequence[Row]) -> Program:
        return replace(self, rows=(*self.rows, *rows))

    def tightened(self, times: int, *, with_room: bool) -> Program:
        """Rows that still hold after amounts are rounded to a milligram next to them, `times` over."""
        return replace(
            self, rows=tuple(_tightened(row, self.most_lines, times, with_room=with_room) for row in self.rows)
        )  # fmt: skip

    def keeps_limits(self, shares: np.ndarray) -> bool:
        """Whether these shares, which need not sum to 100 %, are within every rule and every highest share."""
        if (shares > self.highest + SLACK).any():
            return False
        of_shares, _, _, high = self._stacked
        return bool((of_shares[self._is_limit] @ shares <= high[self._is_limit] + SLACK).all())

    def holds(self, shares: np.ndarray) -> bool:
        """Whether these shares keep to every row and bound. shares: percent, shape (materials,), 0 for unused."""
        used = shares > 0
        if (shares > self.highest + SLACK).any() or (used & (shares < self.lowest - SLACK)).any():
            return False
        of_shares, of_used, low, high = self._stacked
        values = of_shares @ shares + of_used @ used
        return bool(((values >= low - SLACK) & (values <= high + SLACK)).all())

    @cached_property
    def _is_limit(self) -> np.ndarray:
        return np.array([row.group.startswith(LIMIT) for row in self.rows], dtype=bool)

    @cached_property
    def _stacked(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        nothing = np.zeros((0, len(self.materials)))
        return (
            np.vstack([nothing, *(row.shares for row in self.rows)]),
            np.vstack([nothing, *(row.used for row in self.rows)]),
            np.array([row.low for row in self.rows]),
            np.array([row.high for row in self.rows]),
        )


def _tightened(row: Row, most_lines: int, times: int, *, with_room: bool) -> Row:
    if row.is_exact or not row.shares.any():
        return row
    largest = -np.sort(-np.abs(row.shares))[:most_lines]
    margin = times * float(largest.sum()) / MG_PER_PERCENT
    if with_room:
        margin += ROOM.get(row.group, 0.0)
    low, high = row.low + margin, row.high - margin
    return row if low > high else replace(row, low=low, high=high)
