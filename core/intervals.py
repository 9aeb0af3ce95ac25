"""Values with their 95 % intervals, and the interval of a share: the same in every room."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

Z95 = 1.959964
LEVEL = (0.025, 0.975)  # quantiles of resampled values that a 95 % interval lies between


@dataclass(frozen=True)
class Interval:
    """A value with its 95 % interval."""

    value: float
    low: float
    high: float


def wilson(successes: float, count: int) -> tuple[float, float]:
    """The 95 % interval of `successes / count` (Wilson 1927); (0, 1) where nothing was counted.

    It has a width also for a share of 0 or 1, but takes what was counted for independent.
    """
    if not count:
        return 0.0, 1.0
    share, spread = successes / count, Z95**2 / count
    centre = (share + spread / 2) / (1 + spread)
    half = Z95 / (1 + spread) * sqrt(share * (1 - share) / count + spread / (4 * count))
    return max(0.0, centre - half), min(1.0, centre + half)
