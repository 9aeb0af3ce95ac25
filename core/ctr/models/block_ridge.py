"""Logistic regression with one penalty for all columns, or one for each block of columns, learnt from the data.

Blocks: the weights of a block are taken as draws from one normal law, whose variance MacKay's fixed point of the
evidence finds with a diagonal posterior. A block that tells nothing shrinks to nothing, without any tuning.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

ROUNDS = 7  # updates of the variances
STEPS = 16  # L-BFGS steps between updates
LAST_STEPS = 40
FIRST_VARIANCE, LARGEST_VARIANCE = 0.01, 4.0
DEAD = 1e-6  # variance under which a block is left out of the next rounds
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class LinearFit:
    """log-odds = intercept + columns @ weights. variances: of each block's weights, shape (blocks,); 0 is left out."""

    intercept: float
    weights: Floats
    variances: Floats


def fit_shared(columns: csr_matrix, labels: NDArray[np.int8], *, variance: float) -> LinearFit:
    """The usual ridge: the same `variance` (scikit-learn's C) for every weight."""
    start = np.zeros(columns.shape[1] + 1)
    start[0] = _odds(labels)
    spread = np.full(columns.shape[1], np.sqrt(variance))
    found = _descend(columns, columns.T.tocsr(), labels, spread, start, 3 * LAST_STEPS)
    return LinearFit(float(found[0]), found[1:] * spread, np.array([variance]))


def fit_by_block(columns: csr_matrix, labels: NDArray[np.int8], blocks: NDArray[np.intp]) -> LinearFit:
    """blocks: block number of each column, shape (columns,). Deterministic; raises nothing of its own."""
    width = columns.shape[1]
    variances = np.full(int(blocks.max()) + 1, FIRST_VARIANCE)
    weights, intercept = np.zeros(width), _odds(labels)
    alive = np.arange(width)
    matrix, turned = columns, columns.T.tocsr()
    for _ in range(ROUNDS):
        spread = np.sqrt(variances[blocks[alive]])
        start = np.concatenate([[intercept], weights[alive] / spread])
        found = _descend(matrix, turned, labels, spread, start, STEPS)
        intercept, weights[alive] = found[0], found[1:] * spread
        variances = _evidence(matrix, turned, weights[alive], intercept, blocks[alive], variances)
        still = variances[blocks[alive]] > DEAD
        if not still.all():
            weights[alive[~still]] = 0.0
            left = np.flatnonzero(still)
            alive, matrix, turned = alive[left], matrix[:, left], turned[left]
        if not len(alive):
            break
    spread = np.sqrt(variances[blocks[alive]])
    start = np.concatenate([[intercept], weights[alive] / spread])
    found = _descend(matrix, turned, labels, spread, start, LAST_STEPS)
    weights[alive] = found[1:] * spread
    return LinearFit(float(found[0]), weights, np.where(variances > DEAD, variances, 0.0))


def _evidence(
    matrix: csr_matrix, turned: csr_matrix, weights: Floats, intercept: float, blocks: NDArray[np.intp], old: Floats
) -> Floats:
    """New variance per block: squared weights over the number of weights that the data decide."""
    from scipy.special import expit

    chance = expit(matrix @ weights + intercept)
    squared = turned.copy()
    squared.data **= 2
    curvature = squared @ (chance * (1 - chance)).astype(np.float32)
    before = old[blocks]
    decided = curvature / (curvature + 1 / before)
    number = np.bincount(blocks, decided, minlength=len(old))
    sums = np.bincount(blocks, weights**2, minlength=len(old))
    return np.where(number > 0, np.minimum(sums / np.maximum(number, 1e-12), LARGEST_VARIANCE), 0.0)


def _descend(
    matrix: csr_matrix, turned: csr_matrix, labels: NDArray[np.int8], spread: Floats, start: Floats, steps: int
) -> Floats:
    """Minimise log loss + |u|^2 / 2 over (intercept, u), weights being u * spread: well scaled for any spread.

    turned: the transposed matrix by rows; built once, since every step needs it.
    """
    from scipy.optimize import minimize
    from scipy.special import expit

    clicked = labels.astype(np.float64)

    def loss(point: Floats) -> tuple[float, Floats]:
        odds = (matrix @ (point[1:] * spread).astype(np.float32)).astype(np.float64) + point[0]
        value = np.logaddexp(0, odds).sum() - clicked @ odds + 0.5 * point[1:] @ point[1:]
        residual = expit(odds) - clicked
        slope = (turned @ residual.astype(np.float32)) * spread + point[1:]
        return float(value), np.concatenate([[residual.sum()], slope])

    result: Any = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": steps})
    return np.asarray(result.x, np.float64)


def _odds(labels: NDArray[np.int8]) -> float:
    rate = float(labels.mean())
    return float(np.log(rate / (1 - rate)))
