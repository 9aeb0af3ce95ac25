"""LIME for one impression: a linear model of the log-odds around it, drawn again with other seeds to see if it holds.

As in the library, numbers are cut at their quartiles, cells are drawn from the training rows, and a drawn cell
counts as 1 where it lies in the impression's own bin. The sequence is kept as it is: LIME speaks of the table.
Ours draws, cuts and solves for whole matrices at once, where the library goes column by column.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.ctr.explaining.table import Floats

SAMPLES, TOP, CHOSEN = 5000, 5, 10
FIRST_RIDGE, LAST_RIDGE = 0.01, 1.0  # penalties of the library: to choose columns, and to weigh the chosen
Predict = Callable[[Floats], Floats]  # (samples, columns) to log-odds, shape (samples,)


@dataclass(frozen=True)
class Neighbourhood:
    """What is drawn from. values: rows of training cells without gaps, shape (rows, columns).

    edges: distinct quartiles of each number, shape (3, columns), NaN where there are fewer and for categories.
    middle: what stands for a missing cell.
    """

    values: Floats
    edges: Floats
    middle: Floats
    names: tuple[str, ...]
    is_category: NDArray[np.bool_]

    def bins(self, values: Floats) -> Floats:
        """Number of quartiles under each value; a category is its own bin."""
        inside = (values[:, None, :] > self.edges[None, :, :]).sum(axis=1)
        return np.where(self.is_category, values, inside)

    def condition(self, column: int, value: float) -> str:
        """The bin as text, such as "2.5 < hour <= 7"."""
        name, edges = self.names[column], self.edges[:, column]
        below, above = edges[edges < value], edges[edges >= value]
        left = f"{below[-1]:.4g} < " if len(below) else ""
        return f"{left}{name}" + (f" <= {above[0]:.4g}" if len(above) else "")


@dataclass(frozen=True)
class LimeWeights:
    """weights: of the chosen columns (place, weight), largest first; sizes are log-odds against another bin.

    r2: weighted fit of the local model to the draws.
    """

    weights: tuple[tuple[int, float], ...]
    r2: float

    @property
    def top(self) -> frozenset[int]:
        return frozenset(place for place, _ in self.weights[:TOP])


@dataclass(frozen=True)
class Stability:
    """top_overlap: mean share of the top 5 that two repeats have in common; rank_correlation: of all their weights."""

    repeats: int
    top_overlap: float
    rank_correlation: float


def learn_neighbourhood(values: Floats, names: tuple[str, ...], is_category: NDArray[np.bool_]) -> Neighbourhood:
    """From training rows, shape (rows, columns), NaN where missing: numbers get their median, categories the mode."""
    filled = values.copy()
    middle = np.empty(values.shape[1])
    for place in range(values.shape[1]):
        known = values[np.isfinite(values[:, place]), place]
        if len(known) == 0:
            middle[place] = 0.0
        elif is_category[place]:
            middle[place] = np.bincount(known.astype(np.intp)).argmax()
        else:
            middle[place] = np.median(known)
        filled[~np.isfinite(values[:, place]), place] = middle[place]
    edges = np.percentile(filled, [25, 50, 75], axis=0)
    edges[1:][edges[1:] == edges[:-1]] = np.nan
    edges[:, is_category] = np.nan
    return Neighbourhood(filled, edges, middle, names, is_category)


def draw_cells(area: Neighbourhood, samples: int, seed: int) -> tuple[Floats, Floats]:
    """Cells and their bins, shape (samples, columns): the library's own draws for that seed, made all at once.

    A bin comes by its frequency; a number inside it from the normal law of the bin's rows, cut at the bin's ends.
    """
    from scipy.special import ndtr, ndtri

    random = np.random.RandomState(seed)
    rows = area.bins(area.values)
    bins, values = np.empty((samples, rows.shape[1])), np.empty((samples, rows.shape[1]))
    for place in range(rows.shape[1]):
        kinds, counts = np.unique(rows[:, place], return_counts=True)
        share = np.cumsum(counts / len(rows))
        bins[:, place] = kinds[np.searchsorted(share / share[-1], random.random_sample(samples), side="right")]
    for place in range(rows.shape[1]):
        if area.is_category[place]:
            values[:, place] = bins[:, place]
            continue
        column, edges = area.values[:, place], area.edges[np.isfinite(area.edges[:, place]), place]
        low, high = np.append(column.min(), edges), np.append(edges, column.max())
        inside = [column[rows[:, place] == one] for one in range(len(low))]
        mean = np.array([one.mean() if len(one) else 0.0 for one in inside])
        spread = np.array([one.std() if len(one) else 0.0 for one in inside]) + 1e-11
        code = bins[:, place].astype(np.intp)
        left, right = ndtr((low - mean) / spread), ndtr((high - mean) / spread)
        has_width = (low != high)[code]
        has_width[0] = False  # the first draw is the impression itself
        luck = np.zeros(samples)
        luck[has_width] = random.uniform(size=int(has_width.sum()))
        drawn = mean[code] + spread[code] * ndtri(left[code] + luck * (right - left)[code])
        values[:, place] = np.where(has_width, np.clip(drawn, low[code], high[code]), low[code])
    return values, bins


class Draw:
    """Cells drawn around nothing in particular, with the model's answers: every impression compares itself with them.

    predict must not depend on the impression but by a constant, which `explain` is given; otherwise draw anew for each.
    """

    def __init__(self, area: Neighbourhood, predict: Predict, *, samples: int = SAMPLES, seed: int = 0) -> None:
        self.area = area
        self.values, bins = draw_cells(area, samples, seed)
        self.bins = bins.astype(np.float32)
        self.odds = predict(self.values)

    def explain(self, row: Floats, odds: float, *, shift: float = 0.0) -> LimeWeights:
        """row: the impression's cells, shape (columns,); odds: its log-odds; shift: added to all drawn answers."""
        row = np.where(np.isfinite(row), row, self.area.middle)
        same = (self.bins == self.area.bins(row[None, :]).astype(np.float32)).astype(np.float64)
        same[0], answers = 1.0, self.odds + shift
        answers[0] = odds
        distance = same.shape[1] - same.sum(axis=1)  # squared, between vectors of 0 and 1
        width = 0.75 * np.sqrt(same.shape[1])
        weights = np.sqrt(np.exp(-distance / width**2))
        centre, target = weights @ same / weights.sum(), weights @ answers / weights.sum()
        root = np.sqrt(weights)
        scaled = (same - centre) * root[:, None]
        product, against = scaled.T @ scaled, scaled.T @ ((answers - target) * root)
        first = np.linalg.solve(product + FIRST_RIDGE * np.eye(len(against)), against)
        kept = np.argsort(-np.abs(first), kind="stable")[:CHOSEN]
        inner = product[np.ix_(kept, kept)]
        last = np.linalg.solve(inner + LAST_RIDGE * np.eye(len(kept)), against[kept])
        total = float(weights @ (answers - target) ** 2)
        left = total - 2 * float(last @ against[kept]) + float(last @ inner @ last)
        order = np.argsort(-np.abs(last), kind="stable")
        found = tuple((int(kept[place]), float(last[place])) for place in order)
        return LimeWeights(found, 1 - left / total if total > 0 else 0.0)


def stability_of(repeats: list[LimeWeights], columns: int) -> Stability:
    """How far repeats with other seeds agree, over all pairs of them."""
    from scipy.stats import spearmanr

    dense = np.zeros((len(repeats), columns))
    for number, one in enumerate(repeats):
        for place, weight in one.weights:
            dense[number, place] = weight
    overlaps, ranks = [], []
    for first in range(len(repeats)):
        for second in range(first + 1, len(repeats)):
            overlaps.append(len(repeats[first].top & repeats[second].top) / max(len(repeats[first].top), 1))
            shown = (dense[first] != 0) | (dense[second] != 0)
            if np.ptp(dense[first, shown]) and np.ptp(dense[second, shown]):
                ranks.append(float(spearmanr(dense[first, shown], dense[second, shown]).statistic))
    return Stability(
        len(repeats), float(np.mean(overlaps)) if overlaps else 1.0, float(np.mean(ranks)) if ranks else 1.0
    )
