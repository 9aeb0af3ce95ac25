"""Intervals of importances: rows, and trees or repeats, drawn again; low <= value <= high always."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.ctr.evaluating.bootstrap_intervals import LEVEL
from core.ctr.explaining.table import Floats
from core.intervals import Interval

REPLICATES = 300


def row_draws(values: Floats, labels: NDArray[np.int8], weights: Floats, seed: int) -> Floats:
    """Weighted means of `values`, shape (rows, features), over stratified resamples; shape (REPLICATES, features)."""
    random = np.random.default_rng(seed)
    times = np.empty((REPLICATES, len(labels)))
    for members in (np.flatnonzero(labels == 1), np.flatnonzero(labels != 1)):
        if len(members):
            times[:, members] = random.multinomial(len(members), np.full(len(members), 1 / len(members)), REPLICATES)
    times *= weights
    return np.asarray(times @ values / times.sum(axis=1, keepdims=True))


def repeat_draws(values: Floats, seed: int) -> Floats:
    """Deviations of the mean of `values`, shape (repeats, features), from its resamples; (REPLICATES, features)."""
    random = np.random.default_rng(seed)
    count = len(values)
    times = random.multinomial(count, np.full(count, 1 / count), REPLICATES)
    return np.asarray(times @ values / count - values.mean(axis=0))


def intervals(values: Floats, draws: Floats) -> tuple[Interval, ...]:
    """One per feature: the 2.5 and 97.5 % quantiles of the draws, widened to hold the value itself."""
    low, high = np.quantile(draws, LEVEL, axis=0) if draws.shape[1] else (values, values)
    return tuple(
        Interval(float(value), float(min(value, start)), float(max(value, end)))
        for value, start, end in zip(values, low, high, strict=True)
    )
