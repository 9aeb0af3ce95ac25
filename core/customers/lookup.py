"""From a profile to its cluster: the scaler folded into the centres, with the reasons and the runner-up.

Only age and amount vary within one subscription and frequency, so a table per combination leaves two
multiplications a cluster. Near ties are decided in scikit-learn's own order of operations.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.customers.clusters import Rows, Scaler, nearest
from core.customers.features import encode_columns, features_of, offsets
from core.customers.personas import ClusterName
from core.customers.profiles import ProfileColumns, columns_of
from core.customers.vocabulary import FREQUENCIES, FREQUENCY_CODES, CustomerProfile
from core.telemetry.metrics import inference

NEAR_TIE = 1e-9  # relative lead under which rounding could decide
CHUNK = 16_384  # profiles scored at once, so that the scores stay in the processor's cache
COMBINATION = "combination"  # each field is ordinary, but not together


@dataclass(frozen=True)
class Contribution:
    """How one feature pulled towards the nearest cluster and away from the second (negative: the other way).

    pull: squared distance to the second centre minus that to the nearest; all pulls add up to
    distance_second² - distance². share: of the sum of absolute pulls, with the same sign.
    """

    feature: str
    pull: float
    share: float


@dataclass(frozen=True)
class ClusterAssignment:
    """The nearest cluster of one profile; distances are Euclidean in scaled features, one per cluster."""

    cluster_id: int
    name: ClusterName
    distances: tuple[float, ...]
    second_cluster: int
    margin: float  # distance to the second centre minus distance to the nearest
    contributions: tuple[Contribution, ...]  # strongest first
    outside_fields: tuple[str, ...]  # profile fields beyond the training data, or "combination"
    run_id: str
    version: str

    @property
    def distance(self) -> float:
        return self.distances[self.cluster_id]

    @property
    def distance_second(self) -> float:
        return self.distances[self.second_cluster]

    @property
    def outside_known_range(self) -> bool:
        return bool(self.outside_fields)


@dataclass(frozen=True)
class KnownRange:
    """What the training data held: lowest and highest numbers, and the category levels."""

    age: tuple[float, float]
    purchase_amount: tuple[float, float]
    subscribed: frozenset[bool]
    frequency: frozenset[str]


@dataclass(frozen=True, eq=False)
class ClusterModel:
    """A trained clustering, ready to answer. centres: (K, n_features) in scaled units."""

    feature_set: str
    scaler: Scaler
    centres: Rows
    sizes: tuple[int, ...]
    distance_limits: tuple[float, ...]  # per cluster: distance that 99.9 % of its members stay within
    known: KnownRange
    names: tuple[ClusterName, ...]
    run_id: str
    version: str
    slot: str = "champion"
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def k(self) -> int:
        return len(self.centres)

    @cached_property
    def folded(self) -> _Folded:
        """Scaler and centres as one table; scores are squared distances less what all clusters share."""
        features = features_of(self.feature_set)
        weights = 2.0 * self.centres / self.scaler.scale
        constants = (self.centres**2).sum(axis=1) - (offsets(features) - self.scaler.shift) @ weights.T
        weight_of = {source: np.zeros(self.k) for source in ("age", "amount", "log_amount")}
        for position, feature in enumerate(features):
            if feature.source:
                weight_of[feature.source] = weight_of[feature.source] + weights[:, position]
        logged = any(feature.source == "log_amount" for feature in features)
        amount = weight_of["log_amount" if logged else "amount"]
        tables = tuple(
            {
                label: tuple(
                    zip(
                        range(self.k), constants[int(subscribed), code].tolist(), weight_of["age"].tolist(),
                        amount.tolist(), strict=True,
                    )
                )
                for label, code in FREQUENCY_CODES.items()
            }
            for subscribed in (False, True)
        )  # fmt: skip
        return _Folded(tables, constants, weight_of["age"], amount, logged)

    def nearest_cluster(self, age: float, purchase_amount: float, subscribed: bool, frequency: str) -> int:
        """The cluster of one checked profile; nothing else is computed. About a microsecond."""
        folded = self.folded
        amount = math.log1p(purchase_amount) if folded.logged else purchase_amount
        cluster, lowest, runner_up = 0, math.inf, math.inf
        for number, constant, age_weight, amount_weight in folded.tables[subscribed][frequency]:
            score = constant - age_weight * age - amount_weight * amount
            if score < lowest:
                cluster, lowest, runner_up = number, score, lowest
            elif score < runner_up:
                runner_up = score
        if runner_up - lowest > NEAR_TIE * (1.0 + abs(lowest)):
            return cluster
        profile = CustomerProfile(int(age), purchase_amount, subscribed, frequency)
        return int(nearest(self._scaled(columns_of([profile])), self.centres)[0])

    def assign_batch(self, columns: ProfileColumns) -> NDArray[np.intp]:
        """The cluster of every profile, shape (n,)."""
        folded = self.folded
        labels = np.empty(len(columns), dtype=np.intp)
        constants = folded.constants.reshape(-1, self.k).T.copy()  # (K, combinations)
        for start in range(0, len(columns), CHUNK):
            rows = slice(start, start + CHUNK)
            amount = columns.purchase_amount[rows]
            combination = columns.subscribed[rows] * len(FREQUENCIES) + columns.frequency[rows]
            best, close = _nearest_folded(
                constants, combination, folded, columns.age[rows], np.log1p(amount) if folded.logged else amount
            )
            labels[rows] = best
            if close.size:
                tied = columns.take(start + close)
                labels[start + close] = nearest(self._scaled(tied), self.centres)
        return labels

    @inference("customers")
    def assign_cluster(self, profile: CustomerProfile) -> ClusterAssignment:
        """Cluster, runner-up, reasons and warnings for one profile; raises BadInput or UnknownLevel."""
        scaled = self._scaled(columns_of([profile]))[0]
        squares = (scaled - self.centres) ** 2  # (K, n_features)
        distances = np.sqrt(squares.sum(axis=1))
        cluster = self.nearest_cluster(profile.age, profile.purchase_amount, profile.subscribed, profile.frequency)
        second = min((k for k in range(self.k) if k != cluster), key=lambda k: distances[k])
        pulls = squares[second] - squares[cluster]
        total = float(np.abs(pulls).sum()) or 1.0
        reasons = [
            Contribution(feature.name, float(pull), float(pull) / total)
            for feature, pull in zip(features_of(self.feature_set), pulls, strict=True)
        ]
        return ClusterAssignment(
            cluster_id=cluster,
            name=self.names[cluster],
            distances=tuple(distances.tolist()),
            second_cluster=second,
            margin=float(distances[second] - distances[cluster]),
            contributions=tuple(sorted(reasons, key=lambda reason: -abs(reason.pull))),
            outside_fields=self._outside(profile, cluster, float(distances[cluster])),
            run_id=self.run_id,
            version=self.version,
        )

    def _scaled(self, columns: ProfileColumns) -> Rows:
        return self.scaler(encode_columns(columns, self.feature_set))

    def _outside(self, profile: CustomerProfile, cluster: int, distance: float) -> tuple[str, ...]:
        known = self.known
        outside = {
            "age": not known.age[0] <= profile.age <= known.age[1],
            "purchase_amount": not known.purchase_amount[0] <= profile.purchase_amount <= known.purchase_amount[1],
            "subscribed": profile.subscribed not in known.subscribed,
            "frequency": profile.frequency not in known.frequency,
        }
        fields = tuple(name for name, beyond in outside.items() if beyond)
        if not fields and distance > self.distance_limits[cluster]:
            return (COMBINATION,)
        return fields


@dataclass(frozen=True, eq=False)
class _Folded:
    tables: tuple[dict[str, tuple[tuple[int, float, float, float], ...]], ...]
    constants: Rows  # (2, n_frequencies, K)
    age: Rows  # (K,)
    amount: Rows  # (K,)
    logged: bool


def _nearest_folded(
    constants: Rows, combination: NDArray[np.int8], folded: _Folded, age: Rows, amount: Rows
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Lowest-scoring cluster of each row, and the rows where the runner-up is too close to call."""
    cluster = np.zeros(len(age), dtype=np.intp)
    lowest = np.full(len(age), np.inf)
    runner_up = np.full(len(age), np.inf)
    for number, row in enumerate(constants):
        score = row[combination]
        score -= folded.age[number] * age
        score -= folded.amount[number] * amount
        better = score < lowest
        cluster[better] = number
        np.minimum(runner_up, np.maximum(score, lowest), out=runner_up)
        np.minimum(score, lowest, out=lowest)
    close = np.flatnonzero(runner_up - lowest <= NEAR_TIE * (1.0 + np.abs(lowest)))
    return cluster, close
