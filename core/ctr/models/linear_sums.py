"""Compiled loops of the linear models that fit: sums by column, selection of columns, loss, slope and curvature.

A sparse matrix is given by rows, as ends (rows + 1,), columns and values (entries,).
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.ctr.numba_loops import compiled

Array = NDArray[Any]


@compiled
def column_sums(ends: Array, columns: Array, values: Array, centred: Array, width: int) -> Any:
    """Per column: entries, their sum, their sum of squares, and their product with `centred`; shape (width,) each."""
    entries, sums = np.zeros(width, np.int64), np.zeros(width)
    squares, products = np.zeros(width), np.zeros(width)
    for row in range(len(ends) - 1):
        for entry in range(ends[row], ends[row + 1]):
            one, value = columns[entry], np.float64(values[entry])
            entries[one] += 1
            sums[one] += value
            squares[one] += value * value
            products[one] += value * centred[row]
    return entries, sums, squares, products


@compiled
def select_columns(ends: Array, columns: Array, values: Array, places: Array, total: int) -> Any:
    """The entries of the columns with a place (new number or -1): ends, columns and values; total: how many."""
    new_ends = np.empty(len(ends), np.int64)
    new_columns, new_values = np.empty(total, np.int32), np.empty(total, np.float32)
    at = 0
    for row in range(len(ends) - 1):
        new_ends[row] = at
        for entry in range(ends[row], ends[row + 1]):
            place = places[columns[entry]]
            if place >= 0:
                new_columns[at], new_values[at] = place, values[entry]
                at += 1
    new_ends[len(ends) - 1] = at
    return new_ends, new_columns, new_values


@partial(compiled, reordered=True)
def loss_and_slope(ends: Array, columns: Array, values: Array, clicked: Array, weights: Array, odds: Array) -> Any:
    """Log loss summed over rows, its slope by weight and by intercept; odds, shape (rows,), comes as the intercept.

    One pass: the entries of a row are still near when its residual is known.
    """
    slope, whole, loss = np.zeros(len(weights)), 0.0, 0.0
    for row in range(len(ends) - 1):
        product = np.float32(0)
        for entry in range(ends[row], ends[row + 1]):
            product += values[entry] * weights[np.uint32(columns[entry])]
        total = odds[row] + product
        odds[row] = total
        small = np.exp(-abs(total))
        loss += np.log1p(small) + max(total, 0.0) - clicked[row] * total
        residual = (1.0 if total >= 0 else small) / (1.0 + small) - clicked[row]
        whole += residual
        for entry in range(ends[row], ends[row + 1]):
            slope[np.uint32(columns[entry])] += values[entry] * residual
    return loss, slope, whole


@partial(compiled, reordered=True)
def curvatures(ends: Array, columns: Array, values: Array, odds: Array, width: int) -> Any:
    """The diagonal of the log loss's second derivative, shape (width,), and that of the intercept."""
    found, whole = np.zeros(width), 0.0
    for row in range(len(ends) - 1):
        small = np.exp(-abs(odds[row]))
        spread = small / (1.0 + small) ** 2
        whole += spread
        for entry in range(ends[row], ends[row + 1]):
            found[columns[entry]] += np.float64(values[entry]) * values[entry] * spread
    return found, whole
