"""Permutation importance of the model itself: how much its log loss on unseen rows grows when a column is shuffled."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.ctr.data.impressions import Impressions
from core.ctr.explaining.importance_intervals import intervals, repeat_draws, row_draws
from core.ctr.explaining.shuffling import shuffled_odds
from core.ctr.explaining.table import Floats
from core.intervals import Interval

REPEATS = 5


def permutation_importance(
    model: Any, rows: Impressions, columns: tuple[str, ...], *, weights: Floats, repeats: int = REPEATS, seed: int = 0
) -> tuple[Interval, ...]:
    """Increase of log loss per column, in nats per row; the interval is over rows and repeats.

    weights: what each row stands for, shape (rows,). A column that the model does not use has exactly 0.
    """
    random = np.random.default_rng(seed)
    orders = np.stack([random.permutation(len(rows)) for _ in range(repeats)])
    odds, shuffled = shuffled_odds(model, rows)
    sign = np.where(rows.labels == 1, -1.0, 1.0)
    loss = np.logaddexp(0, sign * odds)
    share = weights / weights.sum()
    by_row, by_repeat = np.empty((len(rows), len(columns))), np.empty((repeats, len(columns)))
    for number, column in enumerate(columns):
        change = np.logaddexp(0, sign * shuffled(column, orders)) - loss  # (repeats, rows)
        by_row[:, number], by_repeat[:, number] = change.mean(axis=0), change @ share
    draws = row_draws(by_row, rows.labels, weights, seed) + repeat_draws(by_repeat, seed + 1)
    return intervals(share @ by_row, draws)
