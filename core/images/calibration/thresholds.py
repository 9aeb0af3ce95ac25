"""Chooses tau1 and tau2 for a stated share of accepted unknown pictures, and checks them on what chose nothing.

Unknown pictures of tomorrow are of classes nobody collected. So whole classes are left out in turn: the others choose,
the left-out ones are counted, and that count is the rate a person is told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from core.errors import BadInput
from core.images.calibration.evaluation import (
    REPLICATES,
    Evaluation,
    Scored,
    class_draws,
    evaluate,
    joined,
    scored,
    with_wilson,
)
from core.images.prototypes import Prototypes, Thresholds, build_prototypes
from core.intervals import LEVEL, Interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.embeddings.picture_models import EncoderCard

    Vectors = NDArray[np.float32]
    Part = dict[str, NDArray[np.intp]]  # class -> its rows that are left out together

Places = tuple[tuple[str, int], ...]  # class and row within it, of each scored picture
HELD_OUT_FOLDS = 5
FOLDS = 12
MIN_UNKNOWN = 20
# Levels tried, as parts of the target. Pictures of one class resemble each other, so a threshold that lets 5 % of the
# collected pictures through lets more of a new class through; the largest that holds on left-out classes is taken.
LEVELS = (1.0, 0.8, 0.6, 0.4, 0.2)
# Candidates for tau2: leads that this share of the correctly named known pictures does not reach.
MARGIN_QUANTILES = (0.0, 0.01, 0.02, 0.05)


@dataclass(frozen=True)
class Calibration:
    """thresholds, chosen on all pictures, with the rates of left-out ones; evaluation: threshold-free measures.

    false_accept: share of unknown pictures accepted. false_reject: share of known ones refused. right: share of known
    ones accepted under their own name. left_out: "classes", or "pictures" where only one unknown class was given.
    """

    thresholds: Thresholds
    false_accept: Interval
    false_reject: Interval
    right: Interval
    evaluation: Evaluation
    left_out: str


def calibrate(known: Scored, unknown: Scored, *, target: float = 0.05, seed: int = 0) -> Calibration:
    """Thresholds for a false-accept rate of `target` (0..1), and what they do on pictures that did not choose them.

    known: pictures of the domain's classes that built nothing (see held_out). unknown: pictures of other classes.
    Raises BadInput for a target outside 0.001..0.5 or fewer than MIN_UNKNOWN pictures on either side.
    """
    if not 0.001 <= target <= 0.5:
        raise BadInput("images.target", target=target)
    if min(len(known), len(unknown)) < MIN_UNKNOWN:
        raise BadInput("images.too_few_to_calibrate", known=len(known), unknown=len(unknown), limit=MIN_UNKNOWN)
    random = np.random.default_rng(seed)
    known_fold = _folds(np.arange(len(known)), random)  # pictures: tomorrow's known ones are of the same classes
    unknown_fold, left_out = _unknown_folds(unknown, random)
    accepted, refused = np.empty(len(unknown)), np.empty(len(known))
    right = np.empty(len(known))
    for fold in range(int(unknown_fold.max()) + 1):
        inside = unknown_fold == fold
        rule = _choose(known, unknown.take(~inside), unknown_fold[~inside], target)
        accepted[inside] = is_accepted(unknown.take(inside), rule)
    for fold in range(int(known_fold.max()) + 1):
        inside = known_fold == fold
        rule = _choose(known.take(~inside), unknown, unknown_fold, target)
        taken = is_accepted(known.take(inside), rule)
        refused[inside], right[inside] = ~taken, taken & known.is_right[inside]
    false_accept = rate(accepted, unknown.group, seed)
    chosen = replace(
        _choose(known, unknown, unknown_fold, target),
        is_calibrated=True,
        target=target,
        false_accept=false_accept.value,
        false_accept_low=false_accept.low,
        false_accept_high=false_accept.high,
    )
    return Calibration(
        chosen, false_accept, rate(refused, known.group, seed), rate(right, known.group, seed),
        evaluate(known, unknown, seed=seed), left_out,
    )  # fmt: skip


def is_accepted(pictures: Scored, rule: Thresholds) -> NDArray[np.bool_]:
    """Which pictures the rule takes for known, shape (n,)."""
    return (pictures.s1 >= rule.tau1) & (pictures.margin >= rule.tau2)


def held_out(
    pictures: Mapping[str, Vectors], encoder: EncoderCard, *, with_space: bool = True, seed: int = 0
) -> Scored:
    """Score the pictures a domain is built from, each by prototypes and a space that never saw it.

    Classes with a single picture are never scored: without it the class is not there.
    """
    return _scored_without(pictures, picture_parts(pictures, seed), encoder, with_space)


def left_out_classes(
    pictures: Mapping[str, Vectors], encoder: EncoderCard, *, with_space: bool = True, seed: int = 0
) -> Scored:
    """Score each class by a domain built without it: unknown pictures of classes that nobody has to collect.

    At most FOLDS builds; with more classes than that, several are left out at once.
    """
    return _scored_without(pictures, _class_parts(pictures, seed), encoder, with_space)


def held_out_places(pictures: Mapping[str, Vectors], *, seed: int = 0) -> Places:
    """Which picture each row of `held_out` is."""
    return _places(picture_parts(pictures, seed))


def left_out_places(pictures: Mapping[str, Vectors], *, seed: int = 0) -> Places:
    """Which picture each row of `left_out_classes` is."""
    return _places(_class_parts(pictures, seed))


def with_known_scores(prototypes: Prototypes, known: Scored) -> Prototypes:
    """The prototypes with each class's own held-out similarities, from which percentiles are told."""
    own = tuple(np.sort(known.s1[known.group == name]).astype(np.float32) for name in prototypes.classes)
    return replace(prototypes, known_scores=own)


def picture_parts(pictures: Mapping[str, Vectors], seed: int) -> list[Part]:
    """The pictures left out together by held_out, fold by fold; classes with a single picture are in none."""
    random = np.random.default_rng(seed)
    fold_of = {name: _folds(np.arange(len(rows)), random, HELD_OUT_FOLDS) for name, rows in pictures.items()}
    several = [name for name, rows in pictures.items() if len(rows) > 1]
    return [{name: np.flatnonzero(fold_of[name] == fold) for name in several} for fold in range(HELD_OUT_FOLDS)]


def rate(happened: NDArray[np.float64], group: NDArray[np.str_], seed: int) -> Interval:
    """A share with the wider of two 95 % intervals: Wilson's, and the bootstrap over classes and pictures."""
    random = np.random.default_rng(seed)
    draw = class_draws(group)
    low, high = np.quantile([happened[draw(random)].mean() for _ in range(REPLICATES)], LEVEL)
    return with_wilson(Interval(float(happened.mean()), float(low), float(high)), len(happened))


def _class_parts(pictures: Mapping[str, Vectors], seed: int) -> list[Part]:
    names = sorted(pictures)
    fold_of = _folds(np.arange(len(names)), np.random.default_rng(seed))
    return [
        {name: np.arange(len(pictures[name])) for name, of in zip(names, fold_of, strict=True) if of == fold}
        for fold in range(min(FOLDS, len(names)))
    ]


def _scored_without(
    pictures: Mapping[str, Vectors], parts: Sequence[Part], encoder: EncoderCard, with_space: bool
) -> Scored:
    """Each part scored by a domain built from all other pictures."""
    found = []
    for part in parts:
        left = {name: np.delete(rows, part[name], axis=0) if name in part else rows for name, rows in pictures.items()}
        kept = {name: rows for name, rows in left.items() if len(rows)}
        labels = [name for name, _ in _places([part])]
        if kept and labels:
            prototypes = build_prototypes("held out", kept, encoder=encoder, with_space=with_space)
            found.append(
                scored(np.concatenate([pictures[name][rows] for name, rows in part.items()]), labels, prototypes)
            )
    if not found:
        raise BadInput("images.nothing_held_out")
    return joined(found)


def _places(parts: Sequence[Part]) -> Places:
    return tuple((name, int(row)) for part in parts for name, rows in part.items() for row in rows)


def _choose(known: Scored, unknown: Scored, fold: NDArray[np.intp], target: float) -> Thresholds:
    """The rule of the largest level that keeps the target on folds left out, judged without looking at any other."""
    numbers = np.unique(fold)
    if len(numbers) > 1:
        for part in LEVELS:
            rules = {one: _at_level(known, unknown.take(fold != one), part * target) for one in numbers}
            counted = sum(int(is_accepted(unknown.take(fold == one), rule).sum()) for one, rule in rules.items())
            if counted <= target * len(unknown):
                return _at_level(known, unknown, part * target)
    return _at_level(known, unknown, LEVELS[-1] * target)


def _at_level(known: Scored, unknown: Scored, level: float) -> Thresholds:
    """Of the candidates for tau2, each with the tau1 that keeps the level, the pair that names most pictures right.

    tau1 lies just above the k-th highest unknown similarity, k = level * (n + 1) rounded down: then one more picture
    like these is accepted with a chance of at most `level`.
    """
    leads = known.margin[known.is_right] if known.is_right.any() else known.margin
    best, best_share = Thresholds(np.inf, 0.0), -1.0
    for tau2 in (0.0, *np.quantile(leads, MARGIN_QUANTILES)):
        similar = np.sort(np.where(unknown.margin >= tau2, unknown.s1, -np.inf))[::-1]
        place = int(level * (len(similar) + 1) + 1e-9)
        # Too few pictures for the level: the most similar one decides, and the check tells what that is worth.
        last = similar[max(place - 1, 0)]
        # Where tau2 alone keeps the level, tau1 shuts out what is less alike than any known picture was.
        tau1 = np.nextafter(last, 2.0) if np.isfinite(last) else known.s1[known.margin >= tau2].min(initial=1.0)
        rule = Thresholds(float(tau1), float(tau2))
        share = float((is_accepted(known, rule) & known.is_right).mean())
        if share > best_share:
            best, best_share = rule, share
    return best


def _folds(rows: NDArray[np.intp], random: np.random.Generator, folds: int = FOLDS) -> NDArray[np.intp]:
    """A fold per row, as even as can be, in random order; a random start keeps small sets from sharing fold 0."""
    count = min(folds, max(len(rows), 1))
    return random.permutation((np.arange(len(rows)) % count).astype(np.intp))


def _unknown_folds(unknown: Scored, random: np.random.Generator) -> tuple[NDArray[np.intp], str]:
    classes, place = np.unique(unknown.group, return_inverse=True)
    if len(classes) == 1:
        return _folds(np.arange(len(unknown)), random), "pictures"
    return _folds(np.arange(len(classes)), random)[place], "classes"
