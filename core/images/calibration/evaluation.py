"""How well known pictures are told from unknown ones: AUROC, FPR at 95 % TPR, OSCR and top-1, with bootstrap intervals.

The bootstrap draws classes first and then pictures within each: pictures of one class resemble each other, and
drawing them one by one would promise too much.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.errors import BadInput
from core.images.prototypes import Prototypes
from core.images.verdict import leads, similarities
from core.intervals import LEVEL, Interval, wilson

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

REPLICATES = 400
TPR = 0.95


@dataclass(frozen=True)
class Scored:
    """Pictures after matching: best similarity, lead, the class they are of, and whether the best class is that one.

    All of shape (n,). For pictures of unknown classes is_right is False throughout. best: the most similar class,
    where it was kept.
    """

    s1: Floats
    margin: Floats
    group: NDArray[np.str_]
    is_right: NDArray[np.bool_]
    best: NDArray[np.str_] | None = None

    def __len__(self) -> int:
        return len(self.s1)

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> Scored:
        best = None if self.best is None else self.best[rows]
        return Scored(self.s1[rows], self.margin[rows], self.group[rows], self.is_right[rows], best)


@dataclass(frozen=True)
class Evaluation:
    """Shares 0..1 with 95 % intervals.

    auroc, fpr_at_95_tpr: known against unknown by best similarity; the same `_by_margin`. oscr: area under the rate of
    correctly named known pictures over the rate of accepted unknown ones.
    """

    known: int
    unknown: int
    top_1: Interval
    auroc: Interval
    fpr_at_95_tpr: Interval
    oscr: Interval
    auroc_by_margin: Interval
    fpr_at_95_tpr_by_margin: Interval


def scored(queries: NDArray[np.float32], labels: Sequence[str], prototypes: Prototypes) -> Scored:
    """Match pictures whose class is told. queries: shape (n, dim). labels: n names in NFC."""
    scores = similarities(queries, prototypes)
    group = np.asarray(labels, dtype=np.str_)
    best = np.asarray(prototypes.classes, dtype=np.str_)[scores.argmax(axis=1)]
    return Scored(scores.max(axis=1).astype(np.float64), leads(scores).astype(np.float64), group, best == group, best)


def joined(parts: Sequence[Scored]) -> Scored:
    """Several sets of scored pictures as one."""
    best = [one.best for one in parts if one.best is not None]
    return Scored(
        np.concatenate([one.s1 for one in parts]),
        np.concatenate([one.margin for one in parts]),
        np.concatenate([one.group for one in parts]),
        np.concatenate([one.is_right for one in parts]),
        np.concatenate(best) if len(best) == len(parts) else None,
    )


def evaluate(known: Scored, unknown: Scored, *, replicates: int = REPLICATES, seed: int = 0) -> Evaluation:
    """All measures of held-out pictures. Raises BadInput when either side has none."""
    if not len(known) or not len(unknown):
        raise BadInput("images.nothing_to_evaluate", known=len(known), unknown=len(unknown))
    measures: dict[str, Callable[[Scored, Scored], float]] = {
        "top_1": lambda one, _: float(one.is_right.mean()),
        "auroc": lambda one, other: auroc(one.s1, other.s1),
        "fpr_at_95_tpr": lambda one, other: fpr_at_tpr(one.s1, other.s1),
        "oscr": lambda one, other: oscr(one.s1, one.is_right, other.s1),
        "auroc_by_margin": lambda one, other: auroc(one.margin, other.margin),
        "fpr_at_95_tpr_by_margin": lambda one, other: fpr_at_tpr(one.margin, other.margin),
    }
    random = np.random.default_rng(seed)
    draws: dict[str, list[float]] = {name: [] for name in measures}
    known_draw, unknown_draw = class_draws(known.group), class_draws(unknown.group)
    for _ in range(replicates):
        one, other = known.take(known_draw(random)), unknown.take(unknown_draw(random))
        for name, measure in measures.items():
            draws[name].append(measure(one, other))
    found = {
        name: Interval(measure(known, unknown), *(float(one) for one in np.quantile(draws[name], LEVEL)))
        for name, measure in measures.items()
    }
    shares = {"top_1": len(known), "fpr_at_95_tpr": len(unknown), "fpr_at_95_tpr_by_margin": len(unknown)}
    found |= {name: with_wilson(found[name], count) for name, count in shares.items()}
    return Evaluation(len(known), len(unknown), **found)


def with_wilson(share: Interval, count: int) -> Interval:
    """The wider of a share's bootstrap and Wilson's 95 % interval.

    The bootstrap of a share of 0 or 1 has no width at all; Wilson's takes pictures of one class for independent.
    """
    low, high = wilson(share.value * count, count)
    return Interval(share.value, min(share.low, low), max(share.high, high))


def auroc(known: Floats, unknown: Floats) -> float:
    """Chance that a known picture scores above an unknown one; a tie counts half."""
    return _mean_rank(known, unknown, np.ones(len(known)))


def oscr(known: Floats, is_right: NDArray[np.bool_], unknown: Floats) -> float:
    """Area of the open-set classification rate (Dhamija et al. 2018): known pictures count where named right."""
    return _mean_rank(known, unknown, is_right.astype(np.float64))


def fpr_at_tpr(known: Floats, unknown: Floats) -> float:
    """Share of unknown pictures accepted by the highest threshold that accepts at least TPR of the known ones."""
    rejected = int((1 - TPR) * len(known) + 1e-9)
    threshold = np.partition(known, rejected)[rejected]
    return float((unknown >= threshold).mean())


def curve(known: Scored, unknown: Scored) -> tuple[Floats, Floats, Floats]:
    """Accepted share of unknown pictures, accepted and correctly named share of known ones, at every threshold."""
    thresholds = np.unique(np.concatenate([known.s1, unknown.s1]))[::-1]
    accepted = np.array([(unknown.s1 >= one).mean() for one in thresholds])
    taken = np.array([(known.s1 >= one).mean() for one in thresholds])
    named = np.array([((known.s1 >= one) & known.is_right).mean() for one in thresholds])
    return accepted, taken, named


def class_draws(group: NDArray[np.str_]) -> Callable[[np.random.Generator], NDArray[np.intp]]:
    """What gives the rows of one bootstrap draw: classes with replacement, then pictures of each with replacement."""
    _, place = np.unique(group, return_inverse=True)
    rows, sizes = np.argsort(place, kind="stable"), np.bincount(place)
    starts = np.cumsum(sizes) - sizes

    def draw(random: np.random.Generator) -> NDArray[np.intp]:
        drawn = random.integers(0, len(sizes), len(sizes))
        size_of = np.repeat(sizes[drawn], sizes[drawn])
        return rows[np.repeat(starts[drawn], sizes[drawn]) + random.integers(0, size_of)]

    return draw


def _mean_rank(known: Floats, unknown: Floats, weights: Floats) -> float:
    ordered = np.sort(unknown)
    below, up_to = np.searchsorted(ordered, known, "left"), np.searchsorted(ordered, known, "right")
    return float(((below + up_to) / 2 * weights).mean() / len(unknown))
