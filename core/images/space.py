"""Where a domain compares pictures: strong responses are limited and what varies within its classes counts less.

Limiting follows ReAct (Sun et al. 2021); the rest is the whitening of linear discriminant analysis with the
within-class covariance shrunk by Ledoit and Wolf (2004). Its root is that of Andrews (1968), by Cholesky factors: all
roots give the same cosines, and an eigendecomposition takes three times as long.

Measured on photos of 16 classes with EfficientNet-Lite0, 24 draws of 10 known classes with 6 pictures each, the others
unknown: top-1 0.973 -> 0.979, AUROC 0.976 -> 0.981 (limiting alone 0.976 and 0.980, whitening alone 0.977 and 0.979).
Subtracting a mean, nearest neighbours, Mahalanobis distance, classifier logits and more views gave less, or harm.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

# Share of the pictures' values left as they are; over left-out classes 0.95 to 0.99 did alike.
LIMIT_QUANTILE = 0.97
MIN_FREEDOM = 10  # pictures beyond one per class, under which a covariance is only noise
LEAST_VARIANCE = 1e-6  # of unit rows about their class; under it they are copies and the rest is rounding


@dataclass(frozen=True)
class Space:
    """A map learnt from a domain's own pictures; cosine similarity is taken after it.

    limit: largest absolute value of a coordinate of a unit row. scatter: shape (k, dim), how pictures lie about their
    class. removal: shape (k, dim), how much of each row of it is taken away from a picture.
    """

    limit: float
    scatter: Vectors
    removal: Vectors

    def place(self, vectors: Vectors) -> Vectors:
        """Unit rows of rows, both of shape (n, dim)."""
        limited = unit_rows(np.clip(unit_rows(vectors), -self.limit, self.limit))
        return unit_rows(limited - (limited @ self.removal.T) @ self.scatter)


def unit_rows(rows: Any) -> Vectors:
    """Rows of length 1 in single precision; a row that is zero or not finite becomes zero."""
    values = np.asarray(rows, dtype=np.float32)
    # Two steps, since the squares of very large or very small values leave single precision.
    largest = np.abs(values).max(axis=-1, keepdims=True, initial=0)
    is_sound = np.isfinite(largest) & (largest > 0)
    scaled = np.where(is_sound, values, 0) / np.where(is_sound, largest, 1)
    length = np.linalg.norm(scaled, axis=-1, keepdims=True)
    return (scaled / np.where(is_sound, length, 1)).astype(np.float32)


def learn_space(pictures: Mapping[str, Vectors]) -> Space | None:
    """The space of a domain; None with fewer than MIN_FREEDOM pictures beyond one per class.

    pictures: class -> unit rows, shape (n, dim).
    """
    several = [unit_rows(rows) for rows in pictures.values() if len(rows) > 1]
    freedom = sum(len(rows) - 1 for rows in several)
    if freedom < MIN_FREEDOM:
        return None
    limit = float(np.quantile(np.abs(np.concatenate(several)), LIMIT_QUANTILE))
    limited = [unit_rows(np.clip(rows, -limit, limit)) for rows in several]
    residuals = np.concatenate([rows - rows.mean(axis=0) for rows in limited])
    shrinkage, level = ledoit_wolf(residuals), float((residuals**2).sum()) / freedom / residuals.shape[1]
    if level * residuals.shape[1] < LEAST_VARIANCE or shrinkage <= 0:
        return None
    # The shrunk covariance, but for a factor, is the identity plus the products of these rows.
    scatter = _at_most_square(residuals) * np.float32(((1 - shrinkage) / (shrinkage * level * freedom)) ** 0.5)
    return Space(limit, scatter, _removal(scatter))


def ledoit_wolf(residuals: NDArray[Any]) -> float:
    """Weight 0..1 of the multiple of the identity in the shrunk covariance of centred rows, shape (n, dim)."""
    count, dim = residuals.shape
    lengths = (residuals.astype(np.float64) ** 2).sum(axis=1)
    cross = residuals @ residuals.T if count <= dim else residuals.T @ residuals
    size = float((cross.astype(np.float64) ** 2).sum()) / count**2  # squared Frobenius norm of the covariance
    spread = size - float(lengths.sum() / count) ** 2 / dim
    error = (float((lengths**2).mean()) - size) / count
    return 1.0 if spread <= 0 else min(1.0, max(0.0, error / spread))


def _at_most_square(rows: Vectors) -> Vectors:
    """Rows with the same products `rows.T @ rows`, no more of them than columns."""
    square: Vectors = rows if len(rows) <= rows.shape[1] else np.asarray(np.linalg.qr(rows, mode="r"))
    return square


def _removal(scatter: Vectors) -> Vectors:
    """The second factor of a root of the inverse of `1 + scatter.T @ scatter`, shape (k, dim)."""
    from scipy.linalg import solve_triangular

    one = np.eye(len(scatter), dtype=np.float32)
    lower = np.linalg.cholesky(scatter @ scatter.T + one)
    halved = solve_triangular(lower, scatter, lower=True, check_finite=False)
    removal: Vectors = solve_triangular(lower + one, halved, lower=True, trans=1, check_finite=False)
    return removal
