"""The compiled loop that reads event sequences from text."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.ctr.numba_loops import compiled

ZERO, NINE = 48, 57  # ASCII
MOST_DIGITS = 9  # more might not fit 32 bits


@compiled
def read_ids(text: NDArray[np.uint8], ends: NDArray[np.int64], separator: int, limit: int, values: Any) -> Any:
    """Ids of every row into `values`, the last `limit` of each; gives where rows begin and how many ids each had.

    text: all rows one after the other, ends: shape (rows + 1,). Both results are empty when a row holds anything but
    whole numbers with one separator between them.
    """
    rows = len(ends) - 1
    offsets, lengths = np.zeros(rows + 1, np.int64), np.zeros(rows, np.int64)
    nothing = np.empty(0, np.int64)
    for row in range(rows):
        first = at = offsets[row]
        number, digits = 0, 0
        for place in range(ends[row], ends[row + 1]):
            byte = text[place]
            if ZERO <= byte <= NINE:
                number = number * 10 + (byte - ZERO)
                digits += 1
            elif byte == separator and 0 < digits <= MOST_DIGITS:
                values[at] = number
                at += 1
                number, digits = 0, 0
            else:
                return nothing, nothing
        if ends[row + 1] > ends[row]:
            if not 0 < digits <= MOST_DIGITS:
                return nothing, nothing
            values[at] = number
            at += 1
        lengths[row] = at - first
        if at - first > limit:
            values[first : first + limit] = values[at - limit : at].copy()
            at = first + limit
        offsets[row + 1] = at
    return offsets, lengths
