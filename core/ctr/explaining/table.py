"""The rows as one matrix of named features, for methods that want a table instead of categories and sequences."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Places = NDArray[np.intp]


@dataclass(frozen=True)
class Feature:
    """A column of the table. source: the column of the impressions that it was made of."""

    name: str
    source: str
    kind: str  # "category", "number" or "sequence"


@dataclass(frozen=True)
class FeatureTable:
    """values: float64, shape (rows, features), NaN where missing; categories are codes in the order of their levels."""

    features: tuple[Feature, ...]
    values: Floats

    @property
    def sources(self) -> tuple[str, ...]:
        """The columns of the impressions, each once, in table order."""
        return tuple(dict.fromkeys(one.source for one in self.features))

    def take(self, rows: Places) -> FeatureTable:
        """The given rows, in that order."""
        return FeatureTable(self.features, self.values[rows])


def by_source(features: tuple[Feature, ...], values: Floats) -> Floats:
    """Sums of what belongs to one column of the impressions: shape (..., features) to (..., sources)."""
    sources = list(dict.fromkeys(one.source for one in features))
    belongs = np.zeros((len(features), len(sources)))
    belongs[np.arange(len(features)), [sources.index(one.source) for one in features]] = 1.0
    return np.asarray(values @ belongs)


def sample_rows(labels: NDArray[np.int8], most: int, seed: int) -> tuple[Places, Floats]:
    """At most `most` rows, ascending, clicks first to be kept (up to half), and what each row stands for.

    The weights add up to the number of all rows, so that weighted means are those of the whole part.
    """
    if len(labels) <= most:
        return np.arange(len(labels)), np.ones(len(labels))
    random = np.random.default_rng(seed)
    clicks, others = np.flatnonzero(labels == 1), np.flatnonzero(labels != 1)
    kept_clicks = min(len(clicks), max(most // 2, most - len(others)))
    drawn = [(clicks, kept_clicks), (others, most - kept_clicks)]
    chosen = np.concatenate([random.choice(members, count, replace=False) for members, count in drawn])
    weights = np.concatenate([np.full(count, len(members) / max(count, 1)) for members, count in drawn])
    order = np.argsort(chosen)
    return chosen[order], weights[order]
