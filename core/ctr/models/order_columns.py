"""Columns that see order: last ids by place, recent neighbours, fading counts, gaps and changes of interest.

They are general to click sequences; nothing here knows which ids or pairs matter, nor how far back to look: windows
are powers of two, several of each kind are blocks of their own, and the fit keeps those that tell something.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

PLACES = 4  # last ids that keep their place
PAIR_EVENTS = (8, 16)  # neighbours are read among this many last events
FADING = (4, 16)  # events after which an id counts 1/e
HALVES = (8, 16, 32)  # events on each side of "lately against before"
WINDOW = 64  # events read for fading counts and changes
GAP_EVENTS = 128
GAP_EDGES = (1, 2, 4, 8, 16, 32, 64)  # events since the last id was seen before; 0: not within GAP_EVENTS
LENGTH_EDGES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)


def window_weights() -> NDArray[np.float32]:
    """What an event counts by its distance from the end, shape (kinds, WINDOW): fading counts, then changes.

    Change: +0.5 among the last events, -0.5 among as many before; the sums tell rising from fading interest.
    """
    back = np.arange(WINDOW)
    fading = [np.exp(-back / depth) for depth in FADING]
    changes = [np.select([back < half, back < 2 * half], [0.5, -0.5], 0.0) for half in HALVES]
    return np.array([*fading, *changes], np.float32)
