"""Correlation of the numeric columns, and clusters of those that say the same."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.ctr.explaining.table import FeatureTable, Floats
from core.datasets.correlation import PairSums, add_columns, rough_location

COLLINEAR = 0.9  # |r| from which columns count as one


@dataclass(frozen=True)
class Cluster:
    """Columns of which any two correlate by COLLINEAR or more. lowest: the smallest |r| among them."""

    features: tuple[str, ...]
    lowest: float


@dataclass(frozen=True)
class Correlation:
    """matrix: symmetric, finite, diagonal 1; a constant column has 0 with every other."""

    features: tuple[str, ...]
    matrix: Floats
    clusters: tuple[Cluster, ...]


def correlate(table: FeatureTable, *, ordered: tuple[str, ...] = ()) -> Correlation:
    """Numbers, sequence summaries and the categories named in `ordered`, whose codes rise with their meaning."""
    kept = [place for place, one in enumerate(table.features) if one.kind != "category" or one.name in ordered]
    names = tuple(table.features[place].name for place in kept)
    columns: list[tuple[Floats, NDArray[np.bool_] | None]] = [
        (table.values[:, place], np.isfinite(table.values[:, place])) for place in kept
    ]
    if not columns:
        return Correlation((), np.empty((0, 0)), ())
    sums = PairSums(len(columns))
    add_columns(sums, columns, rough_location(columns))
    matrix = np.nan_to_num(sums.correlation(), nan=0.0)
    np.fill_diagonal(matrix, 1.0)
    return Correlation(names, matrix, find_clusters(names, matrix))


def find_clusters(names: tuple[str, ...], matrix: Floats) -> tuple[Cluster, ...]:
    """Complete linkage on 1 - |r|, cut at COLLINEAR; groups of two or more, the largest first."""
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    if len(names) < 2:
        return ()
    distance = np.clip(1 - np.abs(matrix), 0, 1)
    np.fill_diagonal(distance, 0)
    groups = fcluster(linkage(squareform(distance, checks=False), "complete"), 1 - COLLINEAR, criterion="distance")
    found = []
    for group in np.unique(groups):
        members = np.flatnonzero(groups == group)
        if len(members) > 1:
            inside = np.abs(matrix[np.ix_(members, members)])
            found.append(Cluster(tuple(names[one] for one in members), float(inside.min())))
    return tuple(sorted(found, key=lambda cluster: -len(cluster.features)))
