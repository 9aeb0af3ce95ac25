"""What to look at before trusting a domain: outliers, copies, and classes that are taken for each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.images.building.build_comparison import PROTOTYPE, Comparison
from core.images.embedded_pictures import EmbeddedPicture, rows_of
from core.images.prototypes import Prototypes
from core.images.space import unit_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Cosine of the encoder's own vectors, above which two pictures count as copies. Of photos of one class the most alike
# were at 0.87 with EfficientNet-Lite0; a photo cut by a twentieth at its edges is at 0.95 of itself.
NEAR_COPY = 0.97
FENCE = 1.5  # quartile ranges below the lower quartile (Tukey): further off is an outlier
BLOCK = 512  # pictures compared with all others at once
MOST_OUTLIERS, MOST_COPIES, MOST_PAIRS = 60, 200, 30
MOST_SHOWN = 60  # classes in the confusion table: those with most mistakes


@dataclass(frozen=True)
class Outlier:
    """A picture unlike the others of its class. nearest_class: the other class it is most alike to, None with one."""

    class_name: str
    file_name: str
    similarity: float
    nearest_class: str | None
    nearest_similarity: float | None


@dataclass(frozen=True)
class Copies:
    """Two pictures of different classes that show the same; identical: byte by byte."""

    first: EmbeddedPicture
    second: EmbeddedPicture
    similarity: float
    identical: bool


@dataclass(frozen=True)
class CopyCheck:
    """across: the most alike pairs of different classes, of `total`. within: pictures with a copy in their class."""

    across: tuple[Copies, ...]
    total: int
    within: int


@dataclass(frozen=True)
class Confusable:
    """Two classes; similarity of their prototypes, and how many held-out pictures were taken for the other."""

    first: str
    second: str
    similarity: float
    mistaken: int


def outliers(comparison: Comparison, files: Mapping[str, Sequence[str]]) -> tuple[Outlier, ...]:
    """Pictures far less alike to their class than its others, furthest first. files: class -> names by row."""
    found = comparison.known[PROTOTYPE]
    off = found.own.copy()
    for place in np.unique(comparison.truth):
        inside = comparison.truth == place
        off[inside] -= np.median(found.own[inside])
    low, high = np.quantile(off, (0.25, 0.75))
    beyond = np.flatnonzero(off < low - FENCE * (high - low))
    rows = beyond[np.argsort(off[beyond], kind="stable")][:MOST_OUTLIERS]
    listed = []
    for row in rows:
        name, place = comparison.places[row]
        rival = int(found.rival[row])
        nearest = (comparison.classes[rival], float(found.rival_s[row])) if rival >= 0 else (None, None)
        listed.append(Outlier(name, files[name][place], float(found.own[row]), *nearest))
    return tuple(listed)


def copies(pictures: Sequence[EmbeddedPicture]) -> CopyCheck:
    """Pictures that are the same or nearly so; compared block by block, so that memory stays small."""
    if len(pictures) < 2:
        return CopyCheck((), 0, 0)
    rows = unit_rows(rows_of(pictures))
    classes = np.unique([one.class_name for one in pictures], return_inverse=True)[1]
    best: list[tuple[float, int, int]] = []
    total = within = 0
    for start in range(0, len(rows), BLOCK):
        stop = min(start + BLOCK, len(rows))
        alike = rows[start:stop] @ rows[:stop].T
        is_before = np.arange(stop)[None] < np.arange(start, stop)[:, None]
        is_copy = (alike >= NEAR_COPY) & is_before
        is_same = classes[start:stop, None] == classes[None, :stop]
        within += int((is_copy & is_same).any(axis=1).sum())
        second, first = np.nonzero(is_copy & ~is_same)
        total += len(first)
        scores = alike[second, first]
        for at in np.argsort(-scores, kind="stable")[:MOST_COPIES]:
            best.append((float(scores[at]), int(first[at]), int(second[at]) + start))
        best = sorted(best, key=lambda one: (-one[0], one[1:]))[:MOST_COPIES]
    pairs = ((pictures[first], pictures[second], min(score, 1.0)) for score, first, second in best)
    return CopyCheck(tuple(Copies(*pair, pair[0].sha256 == pair[1].sha256) for pair in pairs), total, within)


def confusable(prototypes: Prototypes, comparison: Comparison | None) -> tuple[Confusable, ...]:
    """Pairs of classes that were mistaken for each other most, then those whose prototypes are most alike."""
    mistaken: dict[tuple[int, int], int] = {}
    if comparison is not None:
        wrong = ~comparison.is_right()
        for truth, best in zip(comparison.truth[wrong], comparison.known[PROTOTYPE].best[wrong], strict=True):
            pair = (int(min(truth, best)), int(max(truth, best)))
            mistaken[pair] = mistaken.get(pair, 0) + 1
    similarity = dict(_most_alike(prototypes))
    for first, second in mistaken:
        similarity[first, second] = float(prototypes.placed[first] @ prototypes.placed[second])
    ranked = sorted(similarity, key=lambda pair: (-mistaken.get(pair, 0), -similarity[pair], pair))
    names = prototypes.classes
    return tuple(
        Confusable(names[first], names[second], similarity[first, second], mistaken.get((first, second), 0))
        for first, second in ranked[:MOST_PAIRS]
    )


def confusion(comparison: Comparison) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Classes and counts of held-out pictures, truth by row; beyond MOST_SHOWN classes those with most mistakes."""
    best, size = comparison.known[PROTOTYPE].best, len(comparison.classes)
    wrong = best != comparison.truth
    mistakes = np.bincount(comparison.truth[wrong], minlength=size) + np.bincount(best[wrong], minlength=size)
    shown = np.sort(np.argsort(-mistakes, kind="stable")[:MOST_SHOWN])
    place = np.full(size, -1)
    place[shown] = np.arange(len(shown))
    inside = (place[best] >= 0) & (place[comparison.truth] >= 0)
    counts = np.zeros((len(shown), len(shown)), dtype=np.int64)
    np.add.at(counts, (place[comparison.truth[inside]], place[best[inside]]), 1)
    return tuple(comparison.classes[one] for one in shown), counts


def _most_alike(prototypes: Prototypes) -> list[tuple[tuple[int, int], float]]:
    rows, best = prototypes.placed, []
    for start in range(0, len(rows), BLOCK):
        alike = rows[start : start + BLOCK] @ rows.T
        for at in range(len(alike)):
            alike[at, : start + at + 1] = -np.inf  # each pair once
        for at in np.argsort(-alike, axis=None, kind="stable")[:MOST_PAIRS]:
            first, second = divmod(int(at), len(rows))
            if alike[first, second] > -np.inf:
                best.append(((start + first, second), float(alike[first, second])))
    return sorted(best, key=lambda one: (-one[1], one[0]))[:MOST_PAIRS]
