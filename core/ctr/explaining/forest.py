"""Random forest importance, honest: every tree is measured only on rows it was not fitted on.

A split's worth is the covariance of what it adds to the prediction with the clicks of unseen rows (MDI-oob,
Li et al. 2019): columns of chance get values around 0, whatever their number of levels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.ctr.explaining.importance_intervals import intervals, repeat_draws, row_draws
from core.ctr.explaining.table import FeatureTable, Floats, by_source
from core.ctr.models.target_encoding import SMOOTHING
from core.intervals import Interval

TREES, DEPTH, SMALLEST_LEAF = 100, 8, 5
DRAWN = 6000  # rows that one tree is fitted on; clicks of a bounded table are few, and trees differ more


@dataclass(frozen=True)
class ForestImportance:
    """Shares of what all columns with a positive worth explain together; a value under 0 is worse than nothing.

    columns: one per column of the impressions; parts: one per feature of the table.
    """

    columns: tuple[Interval, ...]
    parts: tuple[Interval, ...]
    trees: int
    rows: int
    clicks: int


def forest_importance(
    train: FeatureTable, train_labels: NDArray[np.int8], held_out: FeatureTable, held_out_labels: NDArray[np.int8], *,
    trees: int = TREES, depth: int = DEPTH, seed: int = 0,
) -> ForestImportance:  # fmt: skip
    """Fit on bootstraps of the training rows; measure each tree on the training rows it left out and on `held_out`."""
    from sklearn.tree import DecisionTreeRegressor

    every = np.concatenate([train.values, held_out.values]).astype(np.float32)
    codes = {place: every[:, place].copy() for place, one in enumerate(train.features) if one.kind == "category"}
    labels = np.concatenate([train_labels, held_out_labels])
    target = labels.astype(np.float64) - train_labels.mean()
    width = every.shape[1]
    random = np.random.default_rng(seed)
    total, seen = np.zeros((len(every), width)), np.zeros(len(every))
    by_tree = np.empty((trees, width))
    some = max(1, int(np.sqrt(width) * 2))  # twice the usual: few clicks, many columns of chance
    for number in range(trees):
        drawn = random.integers(0, len(train_labels), min(DRAWN, len(train_labels)))
        left_out = np.ones(len(every), bool)
        left_out[drawn] = False
        places = np.flatnonzero(left_out)
        times = np.bincount(drawn, minlength=len(train_labels)).astype(np.float64)
        used = np.flatnonzero(times)
        for place, code in codes.items():
            every[:, place] = _ordered(code, used, times[used], labels)
        tree = DecisionTreeRegressor(
            max_depth=depth, min_samples_leaf=SMALLEST_LEAF, max_features=some, random_state=int(random.integers(2**31))
        ).fit(every[used], target[used], sample_weight=times[used])
        added = _added_by_feature(tree, every[places])
        total[places] += added
        seen[places] += 1
        by_tree[number] = added.T @ (target[places] - target[places].mean()) / len(places)
    measured = np.flatnonzero(seen)
    added = total[measured] / seen[measured][:, None]
    # A plain mean over rows, weighted by how many trees each was unseen by: the same total as over trees.
    worth = added * (target[measured] - np.average(target[measured], weights=seen[measured]))[:, None]
    draws = row_draws(worth, labels[measured], seen[measured], seed) + repeat_draws(by_tree, seed + 1)
    values = np.average(worth, axis=0, weights=seen[measured])
    grouped = by_source(train.features, values)
    scale = 1 / max(float(np.maximum(grouped, 0).sum()), 1e-15)
    return ForestImportance(
        columns=intervals(grouped * scale, by_source(train.features, draws) * scale),
        parts=intervals(values * scale, draws * scale),
        trees=trees,
        rows=len(measured),
        clicks=int(labels[measured].sum()),
    )


def _ordered(
    code: NDArray[np.float32], used: NDArray[np.intp], times: Floats, labels: NDArray[np.int8]
) -> NDArray[np.float32]:
    """A category as the click rate of its level among the tree's own rows: levels in an order that can be split."""
    place = np.where(np.isfinite(code), code, -1).astype(np.intp) + 1
    size = int(place.max()) + 1
    mean = np.average(labels[used], weights=times)
    clicks = np.bincount(place[used], times * labels[used], minlength=size)
    rate = (clicks + SMOOTHING * mean) / (np.bincount(place[used], times, minlength=size) + SMOOTHING)
    return rate.astype(np.float32)[place]


def _added_by_feature(tree: Any, rows: NDArray[np.float32]) -> Floats:
    """What the splits on each feature add to the tree's prediction of each row; shape (rows, features)."""
    path = tree.decision_path(rows)
    node, start = path.indices, path.indptr
    width = rows.shape[1]
    row = np.repeat(np.arange(len(rows)), np.diff(start))
    is_step = np.ones(len(node), bool)
    is_step[start[1:] - 1] = False  # the leaf splits nothing
    steps = np.flatnonzero(is_step)
    value, feature = tree.tree_.value[:, 0, 0], tree.tree_.feature
    change = value[node[steps + 1]] - value[node[steps]]
    flat = np.bincount(row[steps] * width + feature[node[steps]], change, minlength=len(rows) * width)
    return np.asarray(flat.reshape(len(rows), width), np.float64)
