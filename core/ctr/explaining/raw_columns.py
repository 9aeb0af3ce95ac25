"""Impressions as a matrix of raw cells and back, for methods that invent cells: categories first, then numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.ctr.data.impressions import MISSING, Impressions
from core.ctr.evaluating.scores import logit
from core.ctr.explaining.table import Floats


def cells(rows: Impressions) -> tuple[Floats, tuple[str, ...], NDArray[np.bool_]]:
    """Shape (rows, columns), NaN where missing, with the names and which are categories; the sequence is not in it."""
    codes = [np.where(one.codes == MISSING, np.nan, one.codes) for one in rows.categories]
    matrix = np.column_stack([*codes, rows.numbers]).astype(np.float64)
    names = (*(one.name for one in rows.categories), *rows.number_names)
    return matrix, names, np.arange(len(names)) < len(codes)


def with_cells(rows: Impressions, matrix: Floats) -> Impressions:
    """Unlabelled impressions of the matrix without a sequence; categories take their levels from `rows`."""
    count = len(rows.categories)
    codes = np.where(np.isfinite(matrix[:, :count]), matrix[:, :count], MISSING).astype(np.int32)
    categories = tuple(replace(one, codes=codes[:, place]) for place, one in enumerate(rows.categories))
    numbers = np.ascontiguousarray(matrix[:, count:], np.float32)
    return replace(rows, rows=len(matrix), categories=categories, numbers=numbers, sequences=None, clicked=None)


def predict_cells(model: Any, rows: Impressions, row: int | None = None) -> Callable[[Floats], Floats]:
    """Log-odds of invented cells, with the sequence of `row`; without one, with no sequence."""

    def predict(matrix: Floats) -> Floats:
        invented = with_cells(rows, matrix)
        if row is not None and rows.sequences is not None:
            same = np.full(len(matrix), row, np.intp)
            invented = replace(invented, sequences=rows.sequences.take(same))
        return logit(model.predict_proba(invented))

    return predict


def sequence_shift(model: Any, rows: Impressions) -> Floats:
    """What each row's sequence adds to the log-odds, shape (rows,); for additive models."""
    return logit(model.predict_proba(rows)) - logit(model.predict_proba(replace(rows, sequences=None)))
