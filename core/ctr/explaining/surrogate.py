"""Boosted trees fitted to the model's log-odds: a stand-in that exact SHAP can read, with its likeness stated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.ctr.explaining.table import FeatureTable, Floats

ROUNDS, LEAVES, DEPTH, RATE = 250, 15, 6, 0.1
SMOOTHING = 5.0  # rows of the mean mixed into the level of a category


@dataclass(frozen=True)
class Surrogate:
    """trees: HistGradientBoostingRegressor on the recoded table. levels: mean log-odds of each category's codes.

    spearman and r2: against the model, on rows that the surrogate was not fitted to.
    """

    trees: Any
    levels: dict[int, Floats]
    explainer: Callable[[Floats], Floats]  # recoded rows to SHAP values, shape (rows, features)
    base: float
    spearman: float
    r2: float
    rows: int

    def recoded(self, table: FeatureTable) -> Floats:
        """The matrix the trees read: a category as the mean log-odds of its level."""
        return _recoded(table.values, self.levels)

    def log_odds(self, table: FeatureTable) -> Floats:
        """Shape (rows,)."""
        return np.asarray(self.trees.predict(self.recoded(table)), np.float64)

    def contributions(self, table: FeatureTable) -> Floats:
        """Exact SHAP values of the surrogate's log-odds, shape (rows, features); with `base` they add up to it."""
        return np.asarray(self.explainer(self.recoded(table)), np.float64)


def fit_surrogate(
    table: FeatureTable, odds: Floats, unseen: FeatureTable, unseen_odds: Floats, *, seed: int = 0
) -> Surrogate:
    """odds: the model's log-odds of the rows of `table`; likeness is measured on `unseen`."""
    from scipy.stats import spearmanr
    from shap import TreeExplainer
    from sklearn.ensemble import HistGradientBoostingRegressor

    levels = {
        place: _level_means(table.values[:, place], odds)
        for place, one in enumerate(table.features)
        if one.kind == "category"
    }
    trees = HistGradientBoostingRegressor(
        max_iter=ROUNDS, learning_rate=RATE, max_leaf_nodes=LEAVES, max_depth=DEPTH, l2_regularization=1.0,
        early_stopping=False, random_state=seed,
    ).fit(_recoded(table.values, levels), odds)  # fmt: skip
    found = trees.predict(_recoded(unseen.values, levels))
    spread = float(((unseen_odds - unseen_odds.mean()) ** 2).sum())
    r2 = 1 - float(((unseen_odds - found) ** 2).sum()) / spread if spread > 0 else 0.0
    rank = float(spearmanr(found, unseen_odds).statistic) if np.ptp(found) and np.ptp(unseen_odds) else 0.0
    explainer = TreeExplainer(trees)
    base = float(np.ravel(explainer.expected_value)[0])
    return Surrogate(trees, levels, explainer.shap_values, base, rank, r2, len(odds))


def _level_means(code: Floats, odds: Floats) -> Floats:
    """Mean log-odds per code, the mean of all for codes without rows; the last place is for missing ones."""
    known = np.isfinite(code)
    size = int(code[known].max()) + 1 if known.any() else 0
    place = np.where(known, code, size).astype(np.intp)
    sums = np.bincount(place, odds, minlength=size + 1) + SMOOTHING * odds.mean()
    return np.asarray(sums / (np.bincount(place, minlength=size + 1) + SMOOTHING))


def _recoded(values: Floats, levels: dict[int, Floats]) -> NDArray[np.float64]:
    recoded = values.copy()
    for place, means in levels.items():
        code = recoded[:, place]
        # A level that came up after the fit is read like a missing one.
        known = np.isfinite(code) & (code < len(means) - 1)
        recoded[:, place] = means[np.where(known, code, len(means) - 1).astype(np.intp)]
    return recoded
