"""Measures of a ranking against graded relevance, and their 95 % intervals over queries.

precision, recall, average precision and reciprocal rank take a grade of `relevant_from` or more as relevant; nDCG takes
every grade with the gain 2**grade - 1 (Burges et al. 2005) and the discount log2(rank + 1) (Järvelin and Kekäläinen
2002).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.intervals import LEVEL, Interval

REPLICATES = 2000
RELEVANT_FROM = 2

Grades = NDArray[np.float64]


def precision_at(ranked: Grades, k: int, *, relevant_from: float = RELEVANT_FROM) -> float:
    """Share of the first k places that hold something relevant; a place without a result holds nothing."""
    return float(np.count_nonzero(ranked[:k] >= relevant_from)) / k


def recall_at(ranked: Grades, every: Grades, k: int, *, relevant_from: float = RELEVANT_FROM) -> float | None:
    """Share of all that is relevant among the first k; None where nothing is. every: grades of all there is."""
    there = int(np.count_nonzero(every >= relevant_from))
    return float(np.count_nonzero(ranked[:k] >= relevant_from)) / there if there else None


def ndcg_at(ranked: Grades, every: Grades, k: int) -> float | None:
    """Gain of the first k over that of the best order of all there is, 0 to 1; None where nothing has a grade."""
    best = _gain(np.sort(every)[::-1][:k])
    return _gain(ranked[:k]) / best if best else None


def average_precision(ranked: Grades, every: Grades, *, relevant_from: float = RELEVANT_FROM) -> float | None:
    """Mean, over all that is relevant, of the precision at its place; 0 for what was not ranked."""
    there = int(np.count_nonzero(every >= relevant_from))
    if not there:
        return None
    is_relevant = ranked >= relevant_from
    at_place = np.cumsum(is_relevant) / np.arange(1, len(ranked) + 1)
    return float(at_place[is_relevant].sum() / there)


def reciprocal_rank(ranked: Grades, *, relevant_from: float = RELEVANT_FROM) -> float:
    """1 over the place of the first relevant one; 0 where none was ranked."""
    places = np.flatnonzero(ranked >= relevant_from)
    return float(1 / (places[0] + 1)) if len(places) else 0.0


def mean_interval(values: Sequence[float], groups: Sequence[str] = (), *, seed: int = 0) -> Interval:
    """The mean with its 95 % interval, by drawing again; whole groups are drawn, where there are any.

    groups: of each value, what it belongs to: two languages of one need are not two independent queries.
    Raises ValueError without values.
    """
    rows = np.asarray(values, dtype=np.float64)
    if not len(rows):
        raise ValueError("no values to take the mean of")
    names = list(groups) or [str(number) for number in range(len(rows))]
    numbers = {name: number for number, name in enumerate(dict.fromkeys(names))}
    of = np.array([numbers[name] for name in names])
    sums, counts = np.bincount(of, weights=rows), np.bincount(of)
    picked = np.random.default_rng(seed).integers(len(sums), size=(REPLICATES, len(sums)))
    low, high = np.quantile(sums[picked].sum(axis=1) / counts[picked].sum(axis=1), LEVEL)
    return Interval(float(rows.mean()), float(low), float(high))


def paired_gain(
    ours: Sequence[float], theirs: Sequence[float], groups: Sequence[str] = (), *, seed: int = 0
) -> Interval:  # fmt: skip
    """Mean difference query by query, ours less theirs, with its 95 % interval. Raises ValueError: unequal lengths."""
    if len(ours) != len(theirs):
        raise ValueError(f"{len(ours)} values against {len(theirs)}")
    return mean_interval(np.subtract(ours, theirs).tolist(), groups, seed=seed)


def _gain(grades: Grades) -> float:
    return float(((2.0**grades - 1) / np.log2(np.arange(2, len(grades) + 2))).sum())
