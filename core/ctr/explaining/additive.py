"""A linear model taken apart: what every column adds to the log-odds of every row, exactly.

Weights times values are summed by the column of the impressions they were made of; a cross counts half for each
of its two columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.ctr.data.impressions import Impressions, in_parts
from core.ctr.data.schema import SEQUENCE
from core.ctr.explaining.table import Feature, Floats
from core.ctr.models.blend import Blend
from core.ctr.models.linear_columns import CROSS_SLOTS, hashed, table_codes
from core.ctr.models.linear_models import LinearModel, wide_matrix

CROSSES = "crosses"
TABLE_BLOCKS = ("bins", "category", "values", "line")  # first words of the names of blocks made of one column
Codes = dict[str, NDArray[np.int64]]


@dataclass(frozen=True)
class Additive:
    """log-odds = intercept + values.sum(axis=1). values: shape (rows, features)."""

    features: tuple[Feature, ...]
    values: Floats
    intercept: float

    @property
    def log_odds(self) -> Floats:
        return np.asarray(self.intercept + self.values.sum(axis=1))


def is_additive(model: Any) -> bool:
    """Whether the log-odds are a sum over columns: linear models, and blends of nothing else."""
    if isinstance(model, Blend):
        return all(isinstance(part, LinearModel) for part in model.parts.values())
    return isinstance(model, LinearModel)


def take_apart(model: Any, rows: Impressions) -> Additive:
    """The contributions as they are, not yet compared with those of other rows. model: one that `is_additive`."""
    if isinstance(model, Blend):
        return _blended(model, rows)
    parts = [_some(model, part) for part in in_parts(rows)]
    return Additive(parts[0].features, np.concatenate([part.values for part in parts]), parts[0].intercept)


def dense_weights(model: LinearModel) -> Floats:
    """Every weight at its place, 0 where the model has none; shape (width,)."""
    weights = np.zeros(model.layout_.width)
    weights[model.places_] = model.weights_
    return weights


def cross_weights(model: LinearModel, codes: Codes, weights: Floats) -> dict[tuple[str, str], Floats]:
    """What each crossed pair of columns adds, shape (rows,). codes: of `table_codes`."""
    layout = model.layout_
    if CROSSES not in layout.names:
        return {}
    start = int(layout.starts[layout.names.index(CROSSES)])
    own = weights[start : start + CROSS_SLOTS]
    found = {}
    for salt, (first, second) in enumerate(layout.table.crossed):
        # The same slots as in `linear_kernels`, each pair apart.
        slots = hashed(codes[first] * 4099 + codes[second] + salt * 2**40, CROSS_SLOTS)
        found[first, second] = np.where((codes[first] >= 0) & (codes[second] >= 0), own[slots], 0.0)
    return found


def _some(model: LinearModel, rows: Impressions) -> Additive:
    layout, weights = model.layout_, dense_weights(model)
    features = _features(model, rows)
    place = {one.name: number for number, one in enumerate(features)}
    matrix = wide_matrix(layout, rows, model.hashes_ids_)
    # The crosses go to a column of their own, which is dropped: they are given to their two columns below.
    feature_of_block = np.array([place.get(_feature_of(name), len(features)) for name in layout.names], np.int64)
    feature = feature_of_block[layout.block_of_column()][matrix.indices]
    row, width = np.repeat(np.arange(len(rows)), np.diff(matrix.indptr)), len(features) + 1
    flat = np.bincount(row * width + feature, matrix.data * weights[matrix.indices], minlength=len(rows) * width)
    values = np.asarray(flat.reshape(len(rows), width)[:, :-1], np.float64).copy()
    for pair, added in cross_weights(model, table_codes(rows, layout.table)[0], weights).items():
        for name in pair:
            values[:, place[name]] += added / 2
    return Additive(features, values, float(model.intercept_))


def _features(model: LinearModel, rows: Impressions) -> tuple[Feature, ...]:
    """The columns of the table, categories first, what the model knows beside them, and the sequence's parts."""
    table = model.layout_.table
    categories = dict.fromkeys([*(one.name for one in rows.categories), *table.levels])
    numbers = dict.fromkeys([*rows.number_names, *(one.name for one in table.bins), *model.layout_.line, *table.values])
    parts = [name for name in map(_feature_of, model.layout_.names) if name.startswith(f"{SEQUENCE}.")]
    return (
        *(Feature(name, name, "category") for name in categories),
        *(Feature(name, name, "number") for name in numbers if name not in categories),
        *(Feature(name, SEQUENCE, "sequence") for name in parts),
    )


def _feature_of(block: str) -> str:
    """The feature that a block of the layout belongs to; "" for the crosses, which belong to two."""
    kind, _, name = block.partition(" ")
    if kind in TABLE_BLOCKS:
        return name
    return "" if block == CROSSES else f"{SEQUENCE}.{block.replace(' ', '_')}"


def _blended(model: Blend, rows: Impressions) -> Additive:
    apart = {name: take_apart(part, rows) for name, part in model.parts.items()}
    features = tuple(dict.fromkeys(one for part in apart.values() for one in part.features))
    values, intercept = np.zeros((len(rows), len(features))), 0.0
    for name, part in apart.items():
        values[:, [features.index(one) for one in part.features]] += model.shares_[name] * part.values
        intercept += model.shares_[name] * part.intercept
    return Additive(features, values, intercept)
