"""Where the methods agree on what matters, and the columns on which they do not, by name."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

TOP = 10
FAR_BELOW = 30  # ranks after this one are far below the top ten; after the middle, where there are fewer columns
NEAREST = 20  # but never so near that a step or two would do


@dataclass(frozen=True)
class Pair:
    """rank_correlation: Spearman over all columns both methods speak of; overlap: columns in both top tens (0..10)."""

    first: str
    second: str
    rank_correlation: float
    overlap: int


@dataclass(frozen=True)
class Disagreement:
    """A column in the top ten of one method and far below in another (ranks from 1). reason: message key."""

    feature: str
    high: str
    high_rank: int
    low: str
    low_rank: int
    reason: str


@dataclass(frozen=True)
class Agreement:
    """pairs: of all methods; disagreements: each column once, with the two methods furthest apart, widest first."""

    pairs: tuple[Pair, ...]
    disagreements: tuple[Disagreement, ...]


def compare_methods(
    methods: Mapping[str, Mapping[str, float]], *, clusters: Sequence[Sequence[str]] = (),
    certain: Mapping[str, Collection[str]] | None = None,
) -> Agreement:  # fmt: skip
    """methods: name -> column -> importance, larger is more important. clusters: columns that say the same.

    certain: the columns a method is sure of (all when left out); only their high ranks count as a disagreement.
    A column in a cluster shares its importance with the others, differently in each method; that is then the reason.
    """
    shared = {name for cluster in clusters for name in cluster}
    ranks = {method: _ranks(values) for method, values in methods.items()}
    pairs, found = [], []
    for first, second in combinations(methods, 2):
        both = [name for name in methods[first] if name in methods[second]]
        if len(both) < 2:
            continue
        top = [{name for name in both if ranks[method][name] <= TOP} for method in (first, second)]
        pairs.append(Pair(first, second, _spearman(methods, first, second, both), len(top[0] & top[1])))
        for high, low in ((first, second), (second, first)):
            for name in both:
                far = max(min(FAR_BELOW, len(both) // 2), NEAREST)
                is_sure = methods[high][name] > 0 and (certain is None or name in certain.get(high, ()))
                if is_sure and ranks[high][name] <= TOP and ranks[low][name] > far:
                    reason = _reason(name, shared, low)
                    found.append(Disagreement(name, high, ranks[high][name], low, ranks[low][name], reason))
    widest: dict[str, Disagreement] = {}
    for one in sorted(found, key=lambda one: (one.high_rank - one.low_rank, one.feature)):
        widest.setdefault(one.feature, one)
    return Agreement(tuple(pairs), tuple(widest.values()))


def _reason(name: str, shared: set[str], low: str) -> str:
    if name in shared:
        return "ctr.disagree_cluster"
    # A difference of means sees neither combinations nor effects that turn round on the way.
    return "ctr.disagree_alone" if low == "welch" else "ctr.disagree_other"


def _ranks(values: Mapping[str, float]) -> dict[str, int]:
    """Ranks from 1; equal values share the lowest of their ranks, so that columns of no use are far below."""
    numbers = np.array(list(values.values()))
    return {name: int((numbers >= value).sum()) for name, value in values.items()}


def _spearman(methods: Mapping[str, Mapping[str, float]], first: str, second: str, both: Sequence[str]) -> float:
    from scipy.stats import spearmanr

    left, right = ([methods[method][name] for name in both] for method in (first, second))
    if len(set(left)) < 2 or len(set(right)) < 2:
        return 0.0
    return float(spearmanr(left, right).statistic)
