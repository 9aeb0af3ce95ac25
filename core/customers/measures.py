"""How good a partition is: silhouettes, references without clusters, stability, and dominance of one column."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.customers.clusters import Partition, Rows, kmeans, nearest
from core.customers.features import encode_columns
from core.customers.profiles import ProfileColumns
from core.customers.vocabulary import FIELDS


def without_structure(columns: ProfileColumns, random: np.random.Generator) -> ProfileColumns:
    """Each profile column shuffled by itself: the same values, no relation between them."""
    return ProfileColumns(
        random.permutation(columns.age),
        random.permutation(columns.purchase_amount),
        random.permutation(columns.subscribed),
        random.permutation(columns.frequency),
    )


def without_axes(scaled: Rows, random: np.random.Generator) -> Rows:
    """Principal components shuffled independently: keeps correlation, so that a long cloud is no cluster."""
    centred = scaled - scaled.mean(axis=0)
    axes = np.linalg.svd(centred, full_matrices=False)[2]
    return random.permuted(centred @ axes.T, axis=0) @ axes


def silhouettes(scaled: Rows, ks: Sequence[int], *, starts: int) -> list[float]:
    """Silhouette of the best K-Means partition at each K, from one distance matrix."""
    distances = _distances(scaled)
    return [float(silhouette_widths(distances, kmeans(scaled, k, seed=k, starts=starts)[1], k).mean()) for k in ks]


def silhouette_with_margin(scaled: Rows, k: int, *, starts: int) -> tuple[float, float]:
    """The silhouette at K and half the width of its 95 % interval, from the spread over the customers."""
    widths = silhouette_widths(_distances(scaled), kmeans(scaled, k, seed=k, starts=starts)[1], k)
    return float(widths.mean()), float(1.96 * widths.std(ddof=1) / np.sqrt(len(widths)))


def _distances(scaled: Rows) -> NDArray[np.float32]:
    # Single precision is plenty for a mean over a thousand rows, and twice as fast.
    small = (scaled - scaled.mean(axis=0)).astype(np.float32)
    squares = (small**2).sum(axis=1)
    squared = small @ small.T
    squared *= -2.0
    squared += squares[:, None]
    squared += squares
    np.fill_diagonal(squared, 0.0)
    np.maximum(squared, 0.0, out=squared)
    distances: NDArray[np.float32] = np.sqrt(squared, out=squared)
    return distances


def silhouette_widths(distances: NDArray[np.float32], labels: NDArray[np.int32], k: int) -> Rows:
    """Silhouette of each customer, shape (n,), from a distance matrix (n, n); one matrix serves every K."""
    rows = np.arange(len(labels))
    members = np.zeros((len(labels), k), dtype=np.float32)
    members[rows, labels] = 1.0
    sizes = members.sum(axis=0)
    sums = distances @ members
    own = sums[rows, labels] / np.maximum(sizes[labels] - 1, 1)
    means = sums / np.maximum(sizes, 1)
    means[:, sizes == 0] = np.inf
    means[rows, labels] = np.inf
    other = means.min(axis=1)
    other = np.where(np.isfinite(other), other, own)  # a single cluster has no neighbour: width 0
    widths = (other - own) / np.maximum(np.maximum(own, other), 1e-12)
    return np.where(sizes[labels] > 1, widths, 0.0).astype(np.float64)


def stability(columns: ProfileColumns, partition: Partition, resamples: int, random: np.random.Generator) -> Rows:
    """Adjusted Rand index between the partition and each refit on a random half, judged on all customers."""
    from sklearn.metrics import adjusted_rand_score

    scaled = partition.scaler(encode_columns(columns, partition.feature_set))
    agreements = []
    for number in range(resamples):
        half = random.choice(len(scaled), len(scaled) // 2, replace=False)
        centres, _, _ = kmeans(scaled[half], partition.k, seed=number, starts=3)
        agreements.append(adjusted_rand_score(partition.labels, nearest(scaled, centres)))
    return np.array(agreements)


def dominant_column(columns: ProfileColumns, labels: NDArray[np.int32]) -> tuple[str, float]:
    """The profile field that alone explains most of the labels, and its share of their information.

    Mutual information adjusted for chance, divided by what the labels hold; numbers are cut into 20 quantiles.
    """
    from sklearn.metrics import mutual_info_score
    from sklearn.metrics.cluster import contingency_matrix, expected_mutual_information

    taken = np.unique(labels, return_counts=True)[1] / len(labels)
    held = float(-(taken * np.log(taken)).sum())
    shares = {}
    for field, values in _binned(columns):
        by_chance = expected_mutual_information(contingency_matrix(labels, values, sparse=True), len(labels))
        possible = held - by_chance
        shares[field] = (mutual_info_score(labels, values) - by_chance) / possible if possible > 1e-9 else 0.0
    field = max(shares, key=lambda name: shares[name])
    return field, float(shares[field])


def _binned(columns: ProfileColumns) -> Iterator[tuple[str, NDArray[Any]]]:
    for field in FIELDS:
        values = getattr(columns, field)
        if field in ("age", "purchase_amount"):
            values = np.digitize(values, np.unique(np.quantile(values, np.linspace(0, 1, 21)[1:-1])))
        yield field, values
