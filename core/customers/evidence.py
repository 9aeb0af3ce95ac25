"""Whether the customers form clusters at all, and which features, scaling and K show them best.

Silhouettes are read against references that have the same columns but no clusters. Candidates are screened on
one part of the customers and the best are confirmed on another, so that choosing among many earns no credit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.customers.clusters import SCALINGS, Partition, Rows, fit_partition, fit_scaler
from core.customers.features import COMPATIBILITY, FEATURE_SETS, encode_columns
from core.customers.measures import (
    dominant_column,
    silhouette_with_margin,
    silhouettes,
    stability,
    without_axes,
    without_structure,
)
from core.customers.profiles import ProfileColumns
from core.errors import BadInput

MIN_GAP = 0.05  # lowest silhouette above the reference; independent columns reached 0.025 at most in 24 trials
MIN_Z = 4.0  # the same in standard deviations of the reference
MIN_STABILITY = 0.80  # lowest mean adjusted Rand index between refits on halves of the customers
MIN_SHARE = 0.03  # smallest share of customers in a cluster that is worth addressing
DOMINANT = 0.95  # share of the label information that one column may explain alone
MIN_ROWS = 100
LIMITS = {"gap": MIN_GAP, "z": MIN_Z, "stability": MIN_STABILITY, "share": MIN_SHARE, "dominant": DOMINANT}
CLOSE_GAP = 0.02  # candidates this near the best are as good; the one with fewest clusters is chosen
FINALISTS, PER_FEATURE_SET = 6, 3
SCREEN_ROWS, SCREEN_REFERENCES, CONFIRM_ROWS = 700, 2, 1000


@dataclass(frozen=True)
class Candidate:
    """One feature set, scaling and K with what speaks for it; None where only screening was done."""

    feature_set: str
    scaling: str
    k: int
    silhouette: float
    reference: float  # mean silhouette of the reference
    gap: float  # silhouette minus reference: the effect size
    z: float
    silhouette_margin_95: float | None = None  # half the width of its 95 % interval
    stability: float | None = None  # mean adjusted Rand index, 1 is identical
    stability_lowest: float | None = None  # of the refits
    smallest_share: float | None = None
    dominant_column: str | None = None
    dominant_share: float | None = None  # of the label information, adjusted for chance
    confirmed: bool = False

    @property
    def shows_clusters(self) -> bool:
        return self.confirmed and self.gap >= MIN_GAP and self.z >= MIN_Z

    @property
    def is_sound(self) -> bool:
        """Clusters that are there, come back under resampling and are more than one column."""
        return (
            self.shows_clusters and (self.stability or 0.0) >= MIN_STABILITY and (self.dominant_share or 0.0) < DOMINANT
        )


@dataclass(frozen=True)
class Evidence:
    """All candidates, finalists first and best first, and the partition of the chosen one on all customers."""

    candidates: tuple[Candidate, ...]
    chosen: Candidate
    partition: Partition
    rows: int
    seed: int

    def as_dict(self) -> dict[str, Any]:
        return {
            "rows": self.rows, "seed": self.seed, "limits": LIMITS, "chosen": asdict(self.chosen),
            "candidates": [asdict(candidate) for candidate in self.candidates],
        }  # fmt: skip


def find_clusters(
    columns: ProfileColumns, *, k_min: int = 2, k_max: int = 10, seed: int = 0, resamples: int = 10,
    progress: Callable[[float], None] = lambda fraction: None,
) -> Evidence:  # fmt: skip
    """Screen every candidate, confirm the best and choose one.

    resamples: references and refits behind each finalist. Raises BadInput when there are too few customers.
    """
    if len(columns) < MIN_ROWS:
        raise BadInput("customers.too_few_rows", rows=len(columns), needed=MIN_ROWS)
    if not 2 <= k_min <= k_max:
        raise BadInput("customers.k_range", k_min=k_min, k_max=k_max)
    random = np.random.default_rng(seed)
    order = random.permutation(len(columns))
    half = len(columns) // 2
    screening, confirming = order[:half][:SCREEN_ROWS], order[half:][:CONFIRM_ROWS]
    screened = _screen(columns.take(screening), range(k_min, k_max + 1), random, progress)
    finalists = _finalists(screened)
    confirmed, partitions = [], []
    for number, candidate in enumerate(finalists):
        measured, partition = _confirm(candidate, columns, confirming, resamples, random)
        confirmed.append(measured)
        partitions.append(partition)
        progress(0.6 + 0.4 * (number + 1) / len(finalists))
    chosen = _choose(confirmed)
    rest = [candidate for candidate in screened if candidate not in finalists]
    ranked = sorted(confirmed, key=_preference, reverse=True) + rest
    return Evidence(tuple(ranked), chosen, partitions[confirmed.index(chosen)], len(columns), seed)


def _choose(confirmed: list[Candidate]) -> Candidate:
    """The best candidate, or one with fewer clusters that is as good."""
    best = max(confirmed, key=_preference)
    as_good = [
        other
        for other in confirmed
        if _preference(other)[:3] == _preference(best)[:3] and other.gap >= best.gap - CLOSE_GAP
    ]
    return min(as_good, key=lambda other: (other.k, -other.gap))


def _preference(candidate: Candidate) -> tuple[bool, bool, bool, float]:
    # Within sound candidates the largest effect wins; otherwise the least objectionable is kept for inspection.
    dominated = (candidate.dominant_share or 0.0) >= DOMINANT
    return candidate.is_sound, candidate.shows_clusters, not dominated, candidate.gap


def _finalists(screened: list[Candidate]) -> list[Candidate]:
    chosen: list[Candidate] = []
    for candidate in screened:
        alike = [other for other in chosen if other.feature_set == candidate.feature_set]
        if len(alike) < PER_FEATURE_SET and len(chosen) < FINALISTS:
            chosen.append(candidate)
    return chosen


def _screen(
    columns: ProfileColumns, ks: range, random: np.random.Generator, progress: Callable[[float], None]
) -> list[Candidate]:
    """Every candidate with a rough gap, best first."""
    tables = [columns, *(without_structure(columns, random) for _ in range(SCREEN_REFERENCES))]
    names = [name for name in FEATURE_SETS if name != COMPATIBILITY]
    found = []
    for number, feature_set in enumerate(names):
        encoded = [encode_columns(table, feature_set) for table in tables]
        distinct = min(len(np.unique(features, axis=0)) for features in encoded)
        possible = [k for k in ks if k <= distinct]
        for scaling in SCALINGS:
            scores = np.array([silhouettes(fit_scaler(x, scaling)(x), possible, starts=2) for x in encoded])
            found += [
                _candidate(feature_set, scaling, k, score[0], score[1:])
                for k, score in zip(possible, scores.T, strict=True)
            ]
        progress(0.6 * (number + 1) / len(names))
    if not found:
        raise BadInput("customers.too_few_rows", rows=distinct, needed=MIN_ROWS)
    return sorted(found, key=lambda candidate: -candidate.gap)


def _confirm(
    candidate: Candidate, columns: ProfileColumns, rows: NDArray[np.intp], resamples: int,
    random: np.random.Generator,
) -> tuple[Candidate, Partition]:  # fmt: skip
    """Fresh customers against both references, then stability, balance and dominance of the full fit."""
    unseen = columns.take(rows)
    scaled = _scaled(unseen, candidate)
    score, margin = silhouette_with_margin(scaled, candidate.k, starts=4)
    shuffled = [
        silhouettes(_scaled(without_structure(unseen, random), candidate), [candidate.k], starts=4)[0]
        for _ in range(resamples)
    ]
    rotated = [silhouettes(without_axes(scaled, random), [candidate.k], starts=4)[0] for _ in range(resamples)]
    measured = min(
        (
            _candidate(candidate.feature_set, candidate.scaling, candidate.k, score, np.array(reference))
            for reference in (shuffled, rotated)
        ),
        key=lambda one: one.gap,
    )
    partition = fit_partition(
        columns, feature_set=candidate.feature_set, scaling=candidate.scaling, k=candidate.k,
        seed=int(random.integers(2**31)),
    )  # fmt: skip
    column, share = dominant_column(columns, partition.labels)
    agreements = stability(columns, partition, resamples, random)
    measured = replace(
        measured,
        silhouette_margin_95=margin,
        stability=float(agreements.mean()),
        stability_lowest=float(agreements.min()),
        smallest_share=float(partition.sizes.min() / len(columns)),
        dominant_column=column,
        dominant_share=share,
        confirmed=True,
    )
    return measured, partition


def _candidate(feature_set: str, scaling: str, k: int, score: float, reference: Rows) -> Candidate:
    gap = float(score - reference.mean())
    z = gap / max(float(reference.std(ddof=1)), 1e-6)
    return Candidate(feature_set, scaling, k, float(score), float(reference.mean()), gap, z)


def _scaled(columns: ProfileColumns, candidate: Candidate) -> Rows:
    features = encode_columns(columns, candidate.feature_set)
    return fit_scaler(features, candidate.scaling)(features)
