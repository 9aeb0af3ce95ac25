"""The LSTM over ragged rows without padding, forward and backward, compiled.

Rows of a group come longest first, so the rows still active at a step are its first ones, and each step is one
matrix product and one pass over the gates. The input projection of an id is a row of `table` (embedding times input
weights plus biases), looked up instead of computed. Gates are in torch's order: input, forget, cell, output.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

ROWS_TOGETHER = 128  # enough for the matrix product to run near its peak, few enough for the stored gates to stay near
STEPS_TOGETHER = 65_536  # rows times the longest: bounds the memory of a group, 1.5 kB a step at 64 units
# Sums keep their order, so that a rerun gives the same bits; infinities and NaN are not looked for.
FAST = {"contract", "nsz", "arcp", "nnan", "ninf"}
FURTHEST = np.float32(7.90531110763549805)  # beyond it, tanh is 1 in float32
HALF, ONE = np.float32(0.5), np.float32(1)


@dataclass(frozen=True)
class Walk:
    """How a group of rows goes through time. starts: first event of each row, shape (rows,), longest row first.

    active: rows at each step, shape (longest,); base: events before each step, shape (longest + 1,).
    """

    starts: NDArray[np.int64]
    active: NDArray[np.int64]
    base: NDArray[np.int64]

    @property
    def events(self) -> int:
        return int(self.base[-1])


@dataclass(frozen=True)
class Workspace:
    """What the forward pass leaves for the backward pass.

    Shapes: gates (events, 4 * units); the states before each event (events, units); the others (rows, units).
    """

    gates: NDArray[Any]
    cell_before: NDArray[Any]
    hidden_before: NDArray[Any]
    hidden: NDArray[Any]
    cell: NDArray[Any]
    moved: NDArray[Any]

    @classmethod
    def empty(cls, longest: int, units: int, dtype: Any = np.float32) -> Workspace:
        """Room for any group that `groups` makes of rows with at most `longest` events."""
        events = max(min(STEPS_TOGETHER, ROWS_TOGETHER * longest), longest, ROWS_TOGETHER)
        wide, narrow, state = (events, 4 * units), (events, units), (ROWS_TOGETHER, units)
        shapes = (wide, narrow, narrow, state, state, state)
        return cls(*(np.empty(shape, dtype) for shape in shapes))


def groups(lengths: NDArray[np.int64]) -> Iterator[slice]:
    """Consecutive rows to walk together; lengths in descending order."""
    start = 0
    while start < len(lengths):
        rows = max(1, min(ROWS_TOGETHER, STEPS_TOGETHER // max(1, int(lengths[start]))))
        yield slice(start, min(start + rows, len(lengths)))
        start += rows


def walk(starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> Walk:
    """lengths in descending order, some may be 0."""
    longest = int(lengths[0]) if len(lengths) else 0
    active = len(lengths) - np.searchsorted(lengths[::-1], np.arange(longest), side="right")
    return Walk(starts, active.astype(np.int64), np.concatenate([[0], np.cumsum(active)]).astype(np.int64))


def last_states(
    way: Walk, ids: NDArray[np.int32], table: NDArray[Any], recurrent: NDArray[Any], space: Workspace, *, keep: bool
) -> NDArray[Any]:
    """The hidden state after each row's last event, shape (rows, units); zeros for a row without events.

    table: (places, 4 * units); recurrent: (units, 4 * units). keep: leave in `space` what `add_gradients` needs.
    The result lies in `space` and is overwritten by the next call.
    """
    base = way.base if keep else np.zeros_like(way.base)
    _forward(table, recurrent, ids, way.starts, way.active, base, space.gates, space.cell_before,
             space.hidden_before, space.hidden, space.cell)  # fmt: skip
    return space.hidden[: len(way.starts)]


def add_gradients(
    way: Walk, ids: NDArray[np.int32], recurrent: NDArray[Any], space: Workspace, from_last: NDArray[Any],
    to_table: NDArray[Any], to_recurrent: NDArray[Any],
) -> None:  # fmt: skip
    """Add the gradients of a group to `to_table` and `to_recurrent`; from_last: of its last states, (rows, units).

    Call after `last_states(..., keep=True)` of the same group.
    """
    space.hidden[: len(from_last)] = from_last
    transposed = np.ascontiguousarray(recurrent.T)
    _backward(to_table, transposed, ids, way.starts, way.active, way.base, space.gates, space.cell_before,
              space.hidden, space.cell, space.moved)  # fmt: skip
    to_recurrent += space.hidden_before[: way.events].T @ space.gates[: way.events]


@njit(inline="always", fastmath=FAST)
def _tanh(x: Any) -> Any:
    """Rational approximation, within 4e-7 in float32; source: Eigen's ptanh."""
    x = min(max(x, -FURTHEST), FURTHEST)
    s = x * x
    p = np.float32(-2.76076847742355e-16) * s + np.float32(2.00018790482477e-13)
    p = p * s + np.float32(-8.60467152213735e-11)
    p = p * s + np.float32(5.12229709037114e-08)
    p = p * s + np.float32(1.48572235717979e-05)
    p = p * s + np.float32(6.37261928875436e-04)
    p = p * s + np.float32(4.89352455891786e-03)
    q = np.float32(1.19825839466702e-06) * s + np.float32(1.18534705686654e-04)
    q = q * s + np.float32(2.26843463243900e-03)
    q = q * s + np.float32(4.89352518554385e-03)
    return x * p / q


# Small functions over one row each: with all of it in one loop the compiler gives up on vector instructions.
@njit(fastmath=FAST, error_model="numpy", cache=True)
def _open_gates(gates: Any, inputs: Any) -> None:
    for unit in range(len(gates)):
        gates[unit] = HALF + HALF * _tanh(HALF * (gates[unit] + inputs[unit]))


@njit(fastmath=FAST, error_model="numpy", cache=True)
def _candidates(gates: Any, inputs: Any) -> None:
    for unit in range(len(gates)):
        gates[unit] = _tanh(gates[unit] + inputs[unit])


@njit(fastmath=FAST, error_model="numpy", cache=True)
def _move_cell(let_in: Any, keep: Any, candidate: Any, let_out: Any, cell: Any, hidden: Any) -> None:
    for unit in range(len(cell)):
        value = keep[unit] * cell[unit] + let_in[unit] * candidate[unit]
        cell[unit] = value
        hidden[unit] = let_out[unit] * _tanh(value)


@njit(fastmath=FAST, error_model="numpy", cache=True, nogil=True)
def _forward(
    table: Any, recurrent: Any, ids: Any, starts: Any, active: Any, base: Any, gates: Any, cell_before: Any,
    hidden_before: Any, hidden: Any, cell: Any,
) -> None:  # fmt: skip
    units = hidden.shape[1]
    hidden[: len(starts)] = 0
    cell[: len(starts)] = 0
    for step in range(len(active)):
        rows, at = active[step], base[step]
        hidden_before[at : at + rows] = hidden[:rows]
        np.dot(hidden_before[at : at + rows], recurrent, gates[at : at + rows])
        for row in range(rows):
            inputs, gate = table[ids[starts[row] + step]], gates[at + row]
            _open_gates(gate[: 2 * units], inputs[: 2 * units])
            _candidates(gate[2 * units : 3 * units], inputs[2 * units : 3 * units])
            _open_gates(gate[3 * units :], inputs[3 * units :])
            cell_before[at + row] = cell[row]
            _move_cell(gate[:units], gate[units : 2 * units], gate[2 * units : 3 * units], gate[3 * units :],
                       cell[row], hidden[row])  # fmt: skip


@njit(fastmath=FAST, error_model="numpy", cache=True, nogil=True)
def _backward(
    to_table: Any, transposed: Any, ids: Any, starts: Any, active: Any, base: Any, gates: Any, cell_before: Any,
    to_hidden: Any, to_cell: Any, moved: Any,
) -> None:  # fmt: skip
    """Overwrites the gates with the gradients before their activation."""
    units = to_hidden.shape[1]
    to_cell[:] = 0
    for step in range(len(active) - 1, -1, -1):
        rows, at = active[step], base[step]
        for row in range(rows):
            g, before, of_hidden, of_cell = gates[at + row], cell_before[at + row], to_hidden[row], to_cell[row]
            of_input = to_table[ids[starts[row] + step]]
            for unit in range(units):
                i, f, z, o = g[unit], g[units + unit], g[2 * units + unit], g[3 * units + unit]
                squashed = _tanh(f * before[unit] + i * z)
                d = of_cell[unit] + of_hidden[unit] * o * (ONE - squashed * squashed)
                of_i, of_f = d * z * i * (ONE - i), d * before[unit] * f * (ONE - f)
                of_z, of_o = d * i * (ONE - z * z), of_hidden[unit] * squashed * o * (ONE - o)
                of_cell[unit] = d * f
                g[unit], g[units + unit], g[2 * units + unit], g[3 * units + unit] = of_i, of_f, of_z, of_o
                of_input[unit] += of_i
                of_input[units + unit] += of_f
                of_input[2 * units + unit] += of_z
                of_input[3 * units + unit] += of_o
        np.dot(gates[at : at + rows], transposed, moved[:rows])
        to_hidden[:rows] = moved[:rows]
