"""What the cluster explorer draws: a projection sample, cluster profiles against the whole, and sizes."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.customers.clusters import Partition
from core.customers.features import encode_columns, features_of
from core.customers.profiles import ProfileColumns
from core.customers.vocabulary import FREQUENCIES

SAMPLE = 1500  # customers drawn in the projection
PROFILE_FEATURES = ("age", "amount", "log_frequency", "subscribed")


def explore(partition: Partition, columns: ProfileColumns, names: list[dict[str, str]], *, seed: int) -> dict[str, Any]:
    """Plain values for `charts`: `points`, `profiles` (standard deviations from the overall mean) and `sizes`."""
    scaled = partition.scaler(encode_columns(columns, partition.feature_set))
    centre = scaled.mean(axis=0)
    _, strengths, axes = np.linalg.svd(scaled - centre, full_matrices=False)
    shown = float((strengths[:2] ** 2).sum() / (strengths**2).sum())
    rows = np.random.default_rng(seed).permutation(len(columns))[:SAMPLE]
    flat = (scaled[rows] - centre) @ axes[:2].T
    labels = tuple(FREQUENCIES)
    taken = columns.take(rows)
    points = {
        "x": flat[:, 0].round(4).tolist(),
        "y": flat[:, 1].round(4).tolist(),
        "cluster": partition.labels[rows].tolist(),
        "age": taken.age.tolist(),
        "purchase_amount": taken.purchase_amount.tolist(),
        "subscribed": taken.subscribed.tolist(),
        "frequency": [labels[code] for code in taken.frequency],
    }
    return {
        "names": names,
        "shown": shown,
        "points": points,
        "profiles": {"features": list(PROFILE_FEATURES), "by_cluster": _profiles(partition, columns)},
        "sizes": partition.sizes.tolist(),
        "features": [feature.name for feature in features_of(partition.feature_set)],
    }


def _profiles(partition: Partition, columns: ProfileColumns) -> list[list[float]]:
    values = encode_columns(columns, "four_fields")  # age, amount, subscribed, log_frequency
    values = values[:, [0, 1, 3, 2]]
    spread = values.std(axis=0)
    standard = (values - values.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    return [standard[partition.labels == cluster].mean(axis=0).tolist() for cluster in range(partition.k)]
