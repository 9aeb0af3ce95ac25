"""Logistic regression with one penalty for all columns, or one for each block of columns, learnt from the data.

Blocks: the weights of a block are taken as draws from one normal law, whose variance MacKay's fixed point of the
evidence finds with a diagonal posterior. A block that tells nothing shrinks to nothing, without any tuning.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.ctr.models.preconditioned import Floats, minimise

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

ROUNDS, ROUNDS_AGAIN = 4, 1  # updates of the variances, from the first guess and from those of an earlier fit
STEPS, LAST_STEPS = 6, 25  # of the minimiser between updates and after the last
SHARED_STEPS = 120
CLOSE, CLOSER = 0.02, 1e-5  # gain in log likelihood, in nats over all rows, at which a step was the last
LARGEST_VARIANCE = 4.0
LEAST_EFFECT = 1e-4  # a block that moves the log-odds of a row by less than 0.01 (its square) is left out
THINNED = 0.95  # the matrix is copied without the dead columns when this share of entries or less is left


@dataclass(frozen=True)
class LinearFit:
    """log-odds = intercept + columns @ weights. variances: of each block's weights, shape (blocks,); 0 is left out."""

    intercept: float
    weights: Floats
    variances: Floats


@dataclass(frozen=True)
class _Columns:
    """Some of the columns, entries by row, and their numbers among all."""

    ends: NDArray[np.int64]
    columns: NDArray[np.int32]
    values: NDArray[np.float32]
    numbers: NDArray[np.intp]

    @property
    def entries(self) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]:
        return self.ends, self.columns, self.values

    def curvature(self, odds: Floats) -> tuple[Floats, float]:
        """Diagonal of the log loss's second derivative, shape (columns,), and that of the intercept."""
        from core.ctr.models.linear_sums import curvatures

        found, whole = curvatures(*self.entries, odds, len(self.numbers))
        return found, whole


def fit_shared(columns: csr_matrix, labels: NDArray[np.int8], *, variance: float, min_entries: int = 1) -> LinearFit:
    """The usual ridge: the same `variance` (scikit-learn's C) for every weight.

    Columns with fewer than `min_entries` entries keep weight 0.
    """
    entries, *_ = _sums(columns, labels)
    kept = _select(columns, entries >= min_entries, entries)
    spread, odds = np.full(len(kept.numbers), variance), np.full(len(labels), _odds(labels))
    weights = np.zeros(columns.shape[1])
    intercept, found, _ = _descend(kept, labels, spread, odds[0], weights[kept.numbers], odds, SHARED_STEPS, CLOSER)
    weights[kept.numbers] = found
    return LinearFit(intercept, weights, np.array([variance]))


def fit_by_block(
    columns: csr_matrix, labels: NDArray[np.int8], blocks: NDArray[np.intp], *, min_entries: int = 1,
    variances: Floats | None = None,
) -> LinearFit:  # fmt: skip
    """blocks: block number of each column, shape (columns,). Deterministic; raises nothing of its own.

    variances: of an earlier fit to much the same rows, shape (blocks,); they are taken over and updated once.
    """
    count = int(blocks.max()) + 1
    entries, effect, guess = _first_guess(columns, labels, blocks, count)
    rounds = ROUNDS if variances is None else ROUNDS_AGAIN
    variances = guess if variances is None else variances
    kept = _select(columns, (entries >= min_entries) & (variances * effect > LEAST_EFFECT)[blocks], entries)
    weights, intercept, odds = np.zeros(columns.shape[1]), _odds(labels), np.full(len(labels), _odds(labels))
    for number in range(rounds + 1):
        is_last = number == rounds
        own = blocks[kept.numbers]
        start = weights[kept.numbers]
        intercept, found, odds = _descend(
            kept, labels, variances[own], intercept, start, odds, LAST_STEPS if is_last else STEPS, CLOSE
        )
        weights[kept.numbers] = found
        if is_last:
            break
        variances = _evidence(kept.curvature(odds)[0], found, own, variances)
        alive = (variances * effect > LEAST_EFFECT)[own]
        if entries[kept.numbers[alive]].sum() <= THINNED * entries[kept.numbers].sum():
            weights[kept.numbers[~alive]] = 0.0
            kept = _thinned(kept, alive, entries)
        # Those that stay for now may come back with a variance that is small but not zero.
        variances = np.maximum(variances, np.where(effect > 0, 1e-3 * LEAST_EFFECT / np.maximum(effect, 1e-12), 0.0))
    dead = variances * effect <= LEAST_EFFECT
    weights[dead[blocks]] = 0.0
    return LinearFit(intercept, weights, np.where(dead, 0.0, variances))


def _first_guess(
    columns: csr_matrix, labels: NDArray[np.int8], blocks: NDArray[np.intp], count: int
) -> tuple[NDArray[np.int64], Floats, Floats]:
    """Entries per column; per block, the effect on a row's log-odds of variance 1, and a variance by moments.

    At the constant predictor a column's slope has variance h + h^2 v, h being its curvature and v its block's.
    """
    rate, rows = float(labels.mean()), len(labels)
    entries, sums, squares, slopes = _sums(columns, labels)
    curvature = np.maximum(squares - sums**2 / rows, 0.0) * rate * (1 - rate)
    excess = np.bincount(blocks, slopes**2 - curvature, minlength=count)
    scale = np.bincount(blocks, curvature**2, minlength=count)
    guess = np.where(scale > 1e-12, excess / np.maximum(scale, 1e-12), 0.0)
    return entries, np.bincount(blocks, squares, minlength=count) / rows, np.clip(guess, 0.0, LARGEST_VARIANCE)


def _evidence(curvature: Floats, weights: Floats, blocks: NDArray[np.intp], old: Floats) -> Floats:
    """New variance per block: squared weights over the number of weights that the data decide."""
    decided = curvature / (curvature + 1 / old[blocks])
    number = np.bincount(blocks, decided, minlength=len(old))
    sums = np.bincount(blocks, weights**2, minlength=len(old))
    return np.where(number > 0, np.minimum(sums / np.maximum(number, 1e-12), LARGEST_VARIANCE), 0.0)


def _descend(
    columns: _Columns, labels: NDArray[np.int8], variances: Floats, intercept: float, weights: Floats, odds: Floats,
    steps: int, close: float,
) -> tuple[float, Floats, Floats]:  # fmt: skip
    """Minimise log loss + weights^2 / (2 variances); gives intercept, weights and log-odds.

    odds: those of the start, for the scale of the steps; about right will do.
    """
    from core.ctr.models.linear_sums import loss_and_slope

    clicked = labels.astype(np.float64)
    latest = odds

    def loss(point: Floats) -> tuple[float, Floats]:
        nonlocal latest
        latest = np.full(len(clicked), point[0])
        value, slope, whole = loss_and_slope(*columns.entries, clicked, point[1:].astype(np.float32), latest)
        penalty = 0.5 * (point[1:] ** 2 / variances).sum()
        return float(value + penalty), np.concatenate([[whole], slope + point[1:] / variances])

    curvature, whole = columns.curvature(odds)
    scale = 1 / np.sqrt(np.concatenate([[whole], curvature + 1 / variances]))
    point = minimise(loss, np.concatenate([[intercept], weights]), scale, steps=steps, close=close)
    return float(point[0]), point[1:], latest


def _sums(columns: csr_matrix, labels: NDArray[np.int8]) -> tuple[NDArray[np.int64], Floats, Floats, Floats]:
    from core.ctr.models.linear_sums import column_sums

    centred = labels - labels.mean()
    entries, sums, squares, products = column_sums(
        columns.indptr, columns.indices, columns.data, centred, columns.shape[1]
    )
    return entries, sums, squares, products


def _select(columns: csr_matrix, wanted: NDArray[np.bool_], entries: NDArray[np.int64]) -> _Columns:
    return _chosen(columns.indptr, columns.indices, columns.data, wanted, entries)


def _thinned(columns: _Columns, alive: NDArray[np.bool_], entries: NDArray[np.int64]) -> _Columns:
    thinner = _chosen(*columns.entries, alive, entries[columns.numbers])
    return replace(thinner, numbers=columns.numbers[thinner.numbers])


def _chosen(
    ends: NDArray[np.int64], columns: NDArray[np.int32], values: NDArray[np.float32], wanted: NDArray[np.bool_],
    entries: NDArray[np.int64],
) -> _Columns:  # fmt: skip
    from core.ctr.models.linear_sums import select_columns

    numbers = np.flatnonzero(wanted)
    places = np.full(len(wanted), -1, np.int32)
    places[numbers] = np.arange(len(numbers))
    own = select_columns(ends, columns, values, places, int(entries[numbers].sum()))
    return _Columns(own[0], own[1], own[2], numbers)


def _odds(labels: NDArray[np.int8]) -> float:
    rate = float(labels.mean())
    return float(np.log(rate / (1 - rate)))
