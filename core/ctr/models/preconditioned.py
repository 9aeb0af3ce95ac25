"""Limited-memory BFGS in coordinates scaled by a given diagonal: few steps where the curvatures differ widely."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
MEMORY = 8  # pairs of steps and slope changes kept
SUFFICIENT = 1e-4  # Armijo's share of the gain that the slope promises
SHORTEST = 1e-6


def minimise(
    loss: Callable[[Floats], tuple[float, Floats]], start: Floats, scale: Floats, *, steps: int, close: float
) -> Floats:
    """The point, shape of `start`, after at most `steps`, or once a step gains less than `close`.

    loss: value and slope of a convex function. scale: about one over the root of its curvatures.
    Source: Nocedal and Wright, Numerical Optimization, algorithms 7.4 and 3.1.
    """
    point = start / scale
    value, slope = _scaled(loss, point, scale)
    memory: deque[tuple[Floats, Floats, float]] = deque(maxlen=MEMORY)
    for _ in range(steps):
        way = _direction(slope, memory)
        promise = float(slope @ way)
        length = 1.0
        while True:
            next_point = point + length * way
            next_value, next_slope = _scaled(loss, next_point, scale)
            missed = next_value - value - length * promise
            if next_value <= value + SUFFICIENT * length * promise or length < SHORTEST:
                break
            length *= float(np.clip(-promise * length / (2 * missed), 0.1, 0.5))  # least point of the parabola
        gain = value - next_value
        if gain < 0:  # the shortest step still climbs: what is left is rounding
            break
        moved, change = next_point - point, next_slope - slope
        bend = float(moved @ change)
        if bend > 0:
            memory.append((moved, change, 1 / bend))
        point, value, slope = next_point, next_value, next_slope
        if gain < close:
            break
    return point * scale


def _scaled(loss: Callable[[Floats], tuple[float, Floats]], point: Floats, scale: Floats) -> tuple[float, Floats]:
    value, slope = loss(point * scale)
    return value, slope * scale


def _direction(slope: Floats, memory: deque[tuple[Floats, Floats, float]]) -> Floats:
    """The two-loop recursion: minus the slope times the inverse curvature that `memory` tells."""
    way = -slope
    shares = []
    for moved, change, inverse in reversed(memory):
        share = inverse * float(moved @ way)
        shares.append(share)
        way = way - share * change
    if memory:
        moved, change, inverse = memory[-1]
        way = way / (inverse * float(change @ change))
    for (moved, change, inverse), share in zip(memory, reversed(shares), strict=True):
        way = way + (share - inverse * float(change @ way)) * moved
    return way
