"""A linear model that learns from any number of rows: one pass, a bounded number of rows at a time.

The columns and the penalties are those of the same model fitted to a sample. From there every piece of rows is a fit of
its own whose prior is what the pieces before it found: a normal law per weight, its mean the weight, its precision the
penalty plus the curvatures so far. Source: Chapelle and Li, An empirical evaluation of Thompson sampling (2011),
algorithm 3. Precisions are a diagonal: what two columns say alike is counted twice, which is the price of one pass.
"""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.ctr.data.impressions import Impressions
from core.ctr.models.column_layout import ColumnReader
from core.ctr.models.linear_models import LinearModel, wide_matrix
from core.ctr.models.preconditioned import Floats, minimise

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

STEPS, CLOSE = 20, 0.05  # of the minimiser for each piece; gain in nats over the piece at which a step was the last
ROWS_AT_ONCE = 131_072  # of a piece: about half a gigabyte of entries
LOOSE = 1e-3  # precision of the intercept before the first row
IN_PASSES = ("hashed_logistic", "block_logistic", "order_logistic")


class PassLearner:
    """Takes over columns and penalties of `fitted`, forgets its weights, and learns piece by piece."""

    def __init__(self, fitted: LinearModel) -> None:
        self.fitted, layout = fitted, fitted.layout_
        if fitted.prior == "shared":
            variances = np.full(len(layout.names), fitted.variance)
        else:
            variances = np.array([fitted.variances_.get(name, 0.0) for name in layout.names])
        alive = variances > 0  # blocks that told nothing of the sample stay out
        self.reader = ColumnReader(layout, alive)
        blocks = layout.block_of_column()
        self.precision: Floats = np.where(alive, 1 / np.maximum(variances, 1e-12), np.inf)[blocks]
        self.weights: Floats = np.zeros(layout.width)
        self.weights[fitted.places_] = np.where(np.isfinite(self.precision[fitted.places_]), fitted.weights_, 0.0)
        self.mean: Floats = np.zeros(layout.width)
        self.intercept, self.intercept_mean, self.intercept_precision = fitted.intercept_, fitted.intercept_, LOOSE
        self.rows = 0

    def learn(self, rows: Impressions) -> None:
        """Learn from labelled rows of the same columns, all of them in memory."""
        from core.ctr.models.linear_sums import curvatures, loss_and_slope

        matrix = wide_matrix(self.fitted.layout_, rows, self.fitted.hashes_ids_, reader=self.reader)
        ends, columns, values, used = _used_columns(matrix)
        clicked = rows.labels.astype(np.float64)
        mean, precision = self.mean[used], self.precision[used]
        odds = np.full(len(clicked), self.intercept)

        def loss(point: Floats) -> tuple[float, Floats]:
            nonlocal odds
            odds = np.full(len(clicked), point[0])
            value, slope, whole = loss_and_slope(ends, columns, values, clicked, point[1:].astype(np.float32), odds)
            away, shift = point[1:] - mean, point[0] - self.intercept_mean
            penalty = 0.5 * (precision @ away**2 + self.intercept_precision * shift**2)
            return float(value + penalty), np.concatenate(
                [[whole + self.intercept_precision * shift], slope + precision * away]
            )

        start = np.concatenate([[self.intercept], self.weights[used]])
        loss(start)  # leaves the log-odds of the start in `odds`
        curvature, whole = curvatures(ends, columns, values, odds, len(used))
        scale = 1 / np.sqrt(np.concatenate([[whole + self.intercept_precision], curvature + precision]))
        point = minimise(loss, start, scale, steps=STEPS, close=CLOSE)
        loss(point)
        curvature, whole = curvatures(ends, columns, values, odds, len(used))
        self.intercept = self.intercept_mean = float(point[0])
        self.intercept_precision += float(whole)
        self.weights[used] = self.mean[used] = point[1:]
        self.precision[used] += curvature
        self.rows += len(rows)

    def model(self) -> LinearModel:
        """The model after the rows so far; learning may go on."""
        model = copy(self.fitted)
        places = np.flatnonzero(self.mean)
        model.intercept_, model.places_ = self.intercept, places
        model.weights_ = self.mean[places]
        model.prepare()
        return model


def _used_columns(
    matrix: csr_matrix,
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32], NDArray[np.intp]]:
    """Ends, columns and values of the entries with columns numbered among those that have any, and their numbers."""
    has_any = np.zeros(matrix.shape[1], bool)
    has_any[matrix.indices] = True
    used = np.flatnonzero(has_any)
    places = np.zeros(matrix.shape[1], np.int32)
    places[used] = np.arange(len(used))
    return matrix.indptr.astype(np.int64), places[matrix.indices], matrix.data, used
