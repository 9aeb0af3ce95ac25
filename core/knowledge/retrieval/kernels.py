"""The compiled loops of both indexes. Import it inside functions: numba is heavy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray


def _compiled(function: Callable[..., Any]) -> Any:
    """Compiled at its first call and kept on disk; in memory only where no folder can be written."""
    try:
        return njit(cache=True, nogil=True)(function)
    except RuntimeError:
        return njit(nogil=True)(function)


@_compiled
def add_impacts(
    first: NDArray[np.int64], last: NDArray[np.int64], weights: NDArray[np.float32], passages: NDArray[np.int32],
    counts: NDArray[np.uint8], lengths: NDArray[np.int32], least: np.float32, slope: np.float32,
    scores: NDArray[np.float32],
) -> None:  # fmt: skip
    """BM25 of each term's stretch of postings, added to `scores`. least, slope: k1 by the length of a passage."""
    for term in range(len(first)):
        weight = weights[term]
        for place in range(first[term], last[term]):
            passage = passages[place]
            count = np.float32(counts[place])
            scores[passage] += weight * count / (count + least + slope * np.float32(lengths[passage]))


@_compiled
def visible_length(lengths: NDArray[np.int32], allowed: NDArray[np.bool_]) -> tuple[int, int]:
    """How many passages are allowed, and their lengths together."""
    count, total = 0, 0
    for number in range(len(lengths)):
        if allowed[number]:
            count += 1
            total += lengths[number]
    return count, total


@_compiled
def visible_counts(
    first: NDArray[np.int64], last: NDArray[np.int64], passages: NDArray[np.int32], allowed: NDArray[np.bool_],
    found: NDArray[np.int64],
) -> None:  # fmt: skip
    """How many of the allowed passages have each term."""
    for term in range(len(first)):
        count = 0
        for place in range(first[term], last[term]):
            count += allowed[passages[place]]
        found[term] = count


@_compiled
def best_of(scores: Any, allowed: NDArray[np.bool_], floor: float, size: int) -> NDArray[np.int64]:
    """Numbers of the `size` largest scores above `floor`, best first, the lower number first among equals.

    allowed: one truth per score, or empty for all.
    """
    numbers = np.empty(size, np.int64)
    found = 0
    for number in range(len(scores)):
        score = scores[number]
        if score <= floor or (found == size and score <= scores[numbers[size - 1]]):
            continue
        if len(allowed) and not allowed[number]:
            continue
        place = found if found < size else size - 1
        while place > 0 and scores[numbers[place - 1]] < score:
            numbers[place] = numbers[place - 1]
            place -= 1
        numbers[place] = number
        found = min(found + 1, size)
    return numbers[:found]


@_compiled
def products(
    rows: NDArray[np.int8], query: NDArray[np.int16], allowed: NDArray[np.bool_], found: NDArray[np.int32]
) -> None:
    """rows @ query in whole numbers, shape (n, dim) and (dim,) -> (n,); rows that are not allowed are left out.

    What a row is worth is multiplied outside: a float in this loop was measured to take twice as long.
    """
    for number in range(rows.shape[0]):
        if len(allowed) and not allowed[number]:
            continue
        total = np.int32(0)
        for place in range(rows.shape[1]):
            total += np.int32(rows[number, place]) * np.int32(query[place])
        found[number] = total


@_compiled
def best_windows(
    rows: NDArray[np.int8], steps: NDArray[np.float32], starts: NDArray[np.int64], chosen: NDArray[np.int64],
    query: NDArray[np.int16], found: NDArray[np.float32], places: NDArray[np.int64],
) -> None:  # fmt: skip
    """The largest product among the rows of each chosen passage, and which of its rows has it; NaN and -1 for none."""
    for at in range(len(chosen)):
        found[at], places[at] = np.nan, -1
        for number in range(starts[chosen[at]], starts[chosen[at] + 1]):
            total = np.int32(0)
            for place in range(rows.shape[1]):
                total += np.int32(rows[number, place]) * np.int32(query[place])
            score = steps[number] * np.float32(total)
            if places[at] < 0 or score > found[at]:
                found[at] = score
                places[at] = number - starts[chosen[at]]
