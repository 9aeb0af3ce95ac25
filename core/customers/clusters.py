"""Scaling and K-Means: one partition of the customers for a chosen feature set, scaling and K."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.customers.features import COMPATIBILITY, encode_columns
from core.customers.profiles import ProfileColumns
from core.errors import BadInput

SCALINGS = ("standard", "robust", "range")
COMPATIBILITY_K = 7
Rows = NDArray[np.float64]


@dataclass(frozen=True)
class Scaler:
    """scaled = (features - shift) / scale, per feature; a constant feature keeps scale 1."""

    scaling: str
    shift: Rows
    scale: Rows

    def __call__(self, features: Rows) -> Rows:
        return (features - self.shift) / self.scale


@dataclass(frozen=True)
class Partition:
    """Customers split into K clusters. centres: (K, n_features) in scaled units; labels: (n,)."""

    feature_set: str
    scaler: Scaler
    centres: Rows
    labels: NDArray[np.int32]
    inertia: float

    @property
    def k(self) -> int:
        return len(self.centres)

    @property
    def sizes(self) -> NDArray[np.intp]:
        return np.bincount(self.labels, minlength=self.k)


def fit_scaler(features: Rows, scaling: str) -> Scaler:
    """standard: mean and standard deviation; robust: median and interquartile range; range: minimum and width."""
    if scaling == "standard":
        shift, scale = features.mean(axis=0), features.std(axis=0)
    elif scaling == "range":
        shift, scale = features.min(axis=0), np.ptp(features, axis=0)
    elif scaling == "robust":
        low, shift, high = np.quantile(features, [0.25, 0.5, 0.75], axis=0)
        scale = high - low
    else:
        raise ValueError(scaling)
    return Scaler(scaling, shift, np.where(scale > 0, scale, 1.0))


def fit_partition(
    columns: ProfileColumns, *, feature_set: str, scaling: str, k: int, seed: int, starts: int = 10
) -> Partition:
    """K-Means with `starts` restarts on scaled features; raises BadInput when there are fewer distinct rows than K."""
    features = encode_columns(columns, feature_set)
    distinct = len(np.unique(features, axis=0))
    if distinct < k:
        raise BadInput("customers.too_few_rows", rows=distinct, needed=k)
    scaler = fit_scaler(features, scaling)
    centres, labels, inertia = kmeans(scaler(features), k, seed=seed, starts=starts)
    return Partition(feature_set, scaler, centres, labels, inertia)


def fit_compatibility(columns: ProfileColumns) -> Partition:
    """The old model: ten columns, standard scaling, seven clusters, seed 0, one k-means++ start."""
    return fit_partition(columns, feature_set=COMPATIBILITY, scaling="standard", k=COMPATIBILITY_K, seed=0, starts=1)


def kmeans(scaled: Rows, k: int, *, seed: int, starts: int) -> tuple[Rows, NDArray[np.int32], float]:
    """Centres (k, n_features), labels (n,) and inertia of the best of `starts` runs."""
    from sklearn import config_context
    from sklearn.cluster import KMeans

    with config_context(assume_finite=True, skip_parameter_validation=True):
        model = KMeans(k, n_init=starts, random_state=seed).fit(scaled)
    return model.cluster_centers_, model.labels_, float(model.inertia_)


def nearest(scaled: Rows, centres: Rows) -> NDArray[np.intp]:
    """The nearest centre of each row, in the order of operations scikit-learn predicts with; first wins a tie."""
    return (-2.0 * scaled @ centres.T + (centres**2).sum(axis=1)).argmin(axis=1)
