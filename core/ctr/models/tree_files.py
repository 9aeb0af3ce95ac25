"""Gradient-boosted trees as plain arrays, with a predictor of our own: serving needs neither pickle nor scikit-learn.

Follows the node layout of scikit-learn's HistGradientBoosting: a row goes left when its value is at most the
threshold, or, at a category node, when its code is in the bit set; missing values go where the node says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROWS_AT_ONCE = 2048  # rows times trees stay in the processor's cache
FIELDS = ("feature_idx", "num_threshold", "missing_go_to_left", "left", "right", "is_leaf", "value", "is_categorical",
          "bitset_idx")  # fmt: skip


@dataclass(frozen=True)
class Trees:
    """All nodes of all trees one after another. starts: first node of each tree; children are absolute places."""

    baseline: float  # log-odds before any tree
    starts: NDArray[np.int32]
    feature: NDArray[np.int32]
    threshold: NDArray[np.float64]
    missing_left: NDArray[np.bool_]
    children: NDArray[np.int32]  # (nodes, 2): right, left; a leaf is its own child
    value: NDArray[np.float64]
    bitset: NDArray[np.int32]  # row in bitsets, -1 for a number
    bitsets: NDArray[np.uint32]  # (category nodes, 8): codes 0..255 that go left
    depth: int

    def log_odds(self, columns: NDArray[np.float64]) -> NDArray[np.float64]:
        """columns: shape (rows, features), NaN where missing; returns shape (rows,)."""
        found = np.empty(len(columns))
        for start in range(0, len(columns), ROWS_AT_ONCE):
            found[start : start + ROWS_AT_ONCE] = self._some(columns[start : start + ROWS_AT_ONCE])
        return found

    def _some(self, columns: NDArray[np.float64]) -> NDArray[np.float64]:
        flat, width = np.ascontiguousarray(columns).ravel(), columns.shape[1]
        base = (np.arange(len(columns)) * width)[:, None]
        node = np.broadcast_to(self.starts, (len(columns), len(self.starts)))
        for _ in range(self.depth):
            value = flat[base + self.feature[node]]
            goes_left = value <= self.threshold[node]
            is_missing = np.isnan(value)
            if len(self.bitsets):
                goes_left = np.where(self.bitset[node] >= 0, self._in_set(node, value, is_missing), goes_left)
            goes_left = np.where(is_missing, self.missing_left[node], goes_left)
            node = self.children[node, goes_left.astype(np.int8)]
        total = np.full(len(columns), self.baseline)
        for tree in range(len(self.starts)):  # in the order in which the trees were added: the sums stay equal
            total += self.value[node[:, tree]]
        return total

    def _in_set(self, node: Any, value: Any, is_missing: Any) -> Any:
        code = np.where(is_missing | (value < 0) | (value > 255), 0, value).astype(np.int64)
        words = self.bitsets[np.maximum(self.bitset[node], 0), code // 32]
        return (words >> (code % 32).astype(np.uint32)) & np.uint32(1) == 1

    def arrays(self) -> dict[str, Any]:
        """For NPZ."""
        return {name: np.asarray(getattr(self, name)) for name in self.__dataclass_fields__}

    @classmethod
    def from_arrays(cls, arrays: dict[str, np.ndarray]) -> Trees:
        return cls(**{**arrays, "baseline": float(arrays["baseline"]), "depth": int(arrays["depth"])})  # type: ignore[arg-type]


def export_trees(model: Any) -> Trees:
    """The trees of a fitted binary HistGradientBoostingClassifier."""
    nodes, sets, starts, size, set_count = [], [], [], 0, 0
    for (predictor,) in model._predictors:
        tree = {name: predictor.nodes[name].copy() for name in FIELDS}
        own = np.arange(len(predictor.nodes))
        is_leaf = tree["is_leaf"].astype(bool)
        right = np.where(is_leaf, own, tree["right"]) + size
        left = np.where(is_leaf, own, tree["left"]) + size
        is_category = tree["is_categorical"].astype(bool)
        tree["children"] = np.stack([right, left], axis=1)
        tree["bitset"] = np.where(is_category & ~is_leaf, tree["bitset_idx"].astype(np.int64) + set_count, -1)
        nodes.append(tree)
        sets.append(predictor.raw_left_cat_bitsets)
        starts.append(size)
        size += len(own)
        set_count += len(predictor.raw_left_cat_bitsets)
    joined = {name: np.concatenate([tree[name] for tree in nodes]) for name in nodes[0]}
    return Trees(
        baseline=float(np.ravel(model._baseline_prediction)[0]),
        starts=np.array(starts, np.int32),
        feature=joined["feature_idx"].astype(np.int32),
        threshold=joined["num_threshold"].astype(np.float64),
        missing_left=joined["missing_go_to_left"].astype(bool),
        children=joined["children"].astype(np.int32),
        value=joined["value"].astype(np.float64),
        bitset=joined["bitset"].astype(np.int32),
        bitsets=np.concatenate(sets).reshape(-1, 8).astype(np.uint32),
        depth=max(predictor.get_max_depth() for (predictor,) in model._predictors),
    )
