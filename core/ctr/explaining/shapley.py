"""Mean absolute contributions per column, with intervals over the rows that were explained."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.ctr.explaining.additive import Additive
from core.ctr.explaining.importance_intervals import intervals, row_draws
from core.ctr.explaining.surrogate import Surrogate
from core.ctr.explaining.table import Feature, FeatureTable, Floats, by_source
from core.intervals import Interval


def shap_importance(
    surrogate: Surrogate, table: FeatureTable, labels: NDArray[np.int8], weights: Floats, *, seed: int = 0
) -> tuple[dict[str, Interval], dict[str, Interval], Floats]:
    """Mean |SHAP| in log-odds by column of the impressions and by feature of the table, and the SHAP values.

    The contributions of a sequence's summaries are added up before their size is taken.
    """
    values = surrogate.contributions(table)
    return *mean_sizes(table.features, values, labels, weights, seed), values


def contribution_importance(
    apart: Additive, centre: Floats, labels: NDArray[np.int8], weights: Floats, *, seed: int = 0
) -> tuple[dict[str, Interval], dict[str, Interval]]:
    """The same of the model's own exact contributions: each weight times value, minus its mean `centre`."""
    return mean_sizes(apart.features, apart.values - centre, labels, weights, seed)


def mean_sizes(
    features: tuple[Feature, ...], values: Floats, labels: NDArray[np.int8], weights: Floats, seed: int
) -> tuple[dict[str, Interval], dict[str, Interval]]:
    """Weighted means of absolute values, by source and by feature."""
    sources = tuple(dict.fromkeys(one.source for one in features))
    sizes = np.abs(np.column_stack([by_source(features, values), values]))
    draws = row_draws(sizes, labels, weights, seed)
    found = intervals(np.average(sizes, axis=0, weights=weights), draws)
    parts = (one.name for one in features)
    return (
        dict(zip(sources, found[: len(sources)], strict=True)),
        dict(zip(parts, found[len(sources) :], strict=True)),
    )
