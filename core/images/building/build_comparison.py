"""Prototypes, nearest pictures, words and their mixture on the same held-out pictures of one domain.

Every picture is named by what never saw it: the folds are those of calibration, and the weight of words in the
mixture is chosen inside each of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from core.errors import BadInput
from core.images.calibration.evaluation import Scored
from core.images.calibration.thresholds import picture_parts, rate
from core.images.prototypes import Prototypes, build_prototypes
from core.images.space import unit_rows
from core.images.verdict import leads, similarities
from core.intervals import Interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from core.embeddings.picture_models import EncoderCard

    Vectors = NDArray[np.float32]
    Rows = NDArray[np.intp]

PROTOTYPE, NEIGHBOUR, TEXT, FUSION = METHODS = ("prototype", "nearest_neighbour", "text", "fusion")
WEIGHTS = tuple(tenth / 10 for tenth in range(1, 10))  # of words in the mixture; 0 and 1 are methods of their own
BLOCK = 512  # queries compared with all pictures at once
ABSENT = -1.0  # similarity to a class that has no picture left


@dataclass(frozen=True)
class Named:
    """What one method says of n pictures whose class is told; numbers are places in the sorted classes, shape (n,).

    best, s1, margin: the best class, its similarity and its lead. own: similarity to the picture's class.
    rival, rival_s: the best other class, -1 and nan with a single one.
    """

    best: Rows
    s1: NDArray[np.float64]
    margin: NDArray[np.float64]
    own: NDArray[np.float64]
    rival: Rows
    rival_s: NDArray[np.float64]


@dataclass(frozen=True)
class Comparison:
    """Held-out pictures under every method that the encoder allows, all in the same order.

    places: class and row of each; truth: place of its class in `classes`. unknown: best similarities of the
    collected unknown pictures, which are dealt out over the folds. weight: of words in the mixture. top_1: share
    named right by each method; empty with a single class, where naming is no question.
    """

    classes: tuple[str, ...]
    places: tuple[tuple[str, int], ...]
    truth: Rows
    known: Mapping[str, Named]
    unknown: Mapping[str, NDArray[np.float64]]
    weight: float | None
    top_1: Mapping[str, Interval]

    def is_right(self, method: str = PROTOTYPE) -> NDArray[np.bool_]:
        return self.known[method].best == self.truth

    @property
    def group(self) -> NDArray[np.str_]:
        """Class of each picture."""
        return np.asarray(self.classes, dtype=np.str_)[self.truth]

    def scored(self) -> Scored:
        """The prototypes' scores in the order of calibration.held_out_places."""
        found = self.known[PROTOTYPE]
        best = np.asarray(self.classes, dtype=np.str_)[found.best]
        return Scored(found.s1, found.margin, self.group, self.is_right(), best)


def compare_methods(
    pictures: Mapping[str, Vectors], unknown: Vectors | None, encoder: EncoderCard, *, texts: Vectors | None = None,
    with_space: bool = True, seed: int = 0,
) -> Comparison:  # fmt: skip
    """Name each picture without it. pictures: class -> shape (n, dim). unknown: shape (m, dim).

    texts: one unit row per class by name, where the encoder knows words. Raises BadInput when no class has two
    pictures.
    """
    classes = tuple(sorted(pictures))
    parts = [part for part in picture_parts(pictures, seed) if any(map(len, part.values()))]
    if not parts:
        raise BadInput("images.nothing_held_out")
    folds = _Folds(pictures, parts, encoder, texts, with_space)
    dealt = np.arange(0 if unknown is None else len(unknown)) % len(parts)
    known: dict[str, list[tuple[Vectors, Rows]]] = {}
    strangers: dict[str, Vectors] = {}
    for number in range(len(parts)):
        asked = folds.queries(number)
        more = unknown[dealt == number] if unknown is not None else asked[:0]
        for method, scores in folds.scores(np.concatenate([asked, more]), number).items():
            known.setdefault(method, []).append((scores[: len(asked)], folds.truth(number)))
            best = strangers.setdefault(method, np.full(len(dealt), np.nan, dtype=np.float32))
            best[dealt == number] = scores[len(asked) :].max(axis=1)
    truth = np.concatenate([folds.truth(number) for number in range(len(parts))])
    told = {method: _joined([named(*one) for one in found]) for method, found in known.items()}
    group, judged = np.asarray(classes, dtype=np.str_)[truth], told if len(classes) > 1 else {}
    return Comparison(
        classes=classes,
        places=tuple((name, int(row)) for part in parts for name, rows in part.items() for row in rows),
        truth=truth,
        known=told,
        unknown={method: best.astype(np.float64) for method, best in strangers.items()} if len(dealt) else {},
        weight=None if texts is None else folds.weight()[0],
        top_1={method: rate((one.best == truth).astype(float), group, seed) for method, one in judged.items()},
    )


def named(scores: Vectors, truth: Rows) -> Named:
    """What the scores, shape (n, n_classes), say of pictures of these classes."""
    rows = np.arange(len(scores))
    others = scores.astype(np.float64)
    best, s1, own = scores.argmax(axis=1), others.max(axis=1), others[rows, truth]
    margin = leads(scores).astype(np.float64)
    if scores.shape[1] == 1:
        return Named(best, s1, margin, own, np.full(len(rows), -1), np.full(len(rows), np.nan))
    others[rows, truth] = -np.inf
    return Named(best, s1, margin, own, others.argmax(axis=1), others.max(axis=1))


def neighbour_scores(queries: Vectors, pictures: Mapping[str, Vectors], prototypes: Prototypes) -> Vectors:
    """Similarity to the nearest picture of each class, where the domain compares; shape (n, n_classes)."""
    place = unit_rows if prototypes.space is None else prototypes.space.place
    rows = place(np.concatenate([pictures[name] for name in prototypes.classes]))
    starts = np.cumsum([0, *(len(pictures[name]) for name in prototypes.classes)])[:-1]
    asked = place(queries)
    parts = [
        np.maximum.reduceat(asked[start : start + BLOCK] @ rows.T, starts, axis=1)
        for start in range(0, len(asked), BLOCK)
    ]
    return np.clip(np.concatenate(parts), -1.0, 1.0)


def mixed(pictures: Vectors, words: Vectors, weight: float, scale: float) -> Vectors:
    """Similarities to pictures and to words as one; words are centred per picture and brought to the same spread."""
    centred = words - words.mean(axis=1, keepdims=True)
    return ((1 - weight) * pictures + weight * scale * centred).astype(np.float32)


class _Folds:
    """The folds of one comparison; prototypes of what is left without some of them are built once."""

    def __init__(
        self, pictures: Mapping[str, Vectors], parts: Sequence[Mapping[str, Rows]], encoder: EncoderCard,
        texts: Vectors | None, with_space: bool,
    ) -> None:  # fmt: skip
        self.pictures, self.parts, self.encoder, self.texts, self.with_space = (
            pictures, parts, encoder, texts, with_space,
        )  # fmt: skip
        self.classes = tuple(sorted(pictures))
        self.without, self.inner = cache(self._without), cache(self._inner)

    def queries(self, number: int) -> Vectors:
        return np.concatenate([self.pictures[name][rows] for name, rows in self.parts[number].items()])

    def truth(self, number: int) -> Rows:
        place = {name: at for at, name in enumerate(self.classes)}
        return np.array([place[name] for name, rows in self.parts[number].items() for _ in rows], dtype=np.intp)

    def scores(self, queries: Vectors, number: int) -> dict[str, Vectors]:
        """Method -> shape (n, n_classes), by what is left without fold `number`."""
        prototypes = self.without(number)
        found = {
            PROTOTYPE: similarities(queries, prototypes),
            NEIGHBOUR: neighbour_scores(queries, self._left((number,)), prototypes),
        }
        if self.texts is not None:
            found[TEXT] = unit_rows(queries) @ self.texts.T
            weight, scale = self.weight(number)
            found[FUSION] = mixed(found[PROTOTYPE], found[TEXT], weight, scale)
        return found

    def weight(self, *left_out: int) -> tuple[float, float]:
        """The weight of words that names most pictures right, and their scale, judged without the folds `left_out`."""
        judged = self.inner(*left_out)
        if not judged:  # too few pictures to judge by: words change little
            return WEIGHTS[0], 1.0
        of_pictures = np.mean([one.std(axis=1).mean() for one, _, _ in judged])
        of_words = np.mean([words.std(axis=1).mean() for _, words, _ in judged])
        scale = float(of_pictures / of_words) if of_words > 0 else 1.0
        right = [
            sum(int((mixed(one, words, weight, scale).argmax(axis=1) == truth).sum()) for one, words, truth in judged)
            for weight in WEIGHTS
        ]
        return WEIGHTS[int(np.argmax(right))], scale

    def _inner(self, *left_out: int) -> list[tuple[Vectors, Vectors, Rows]]:
        """Scores of each other fold by what is left without it and without `left_out`, by pictures and by words."""
        assert self.texts is not None
        found = []
        for number in (one for one in range(len(self.parts)) if one not in left_out):
            numbers = tuple(sorted({number, *left_out}))
            if not self._left(numbers):
                continue
            prototypes = self.without(*numbers)
            asked, truth = self.queries(number), self.truth(number)
            there = np.searchsorted(self.classes, prototypes.classes)  # a small class may have no picture left
            scores = np.full((len(asked), len(self.classes)), ABSENT, dtype=np.float32)
            scores[:, there] = similarities(asked, prototypes)
            judged = np.isin(truth, there)
            if judged.any():
                found.append((scores[judged], (unit_rows(asked) @ self.texts.T)[judged], truth[judged]))
        return found

    def _without(self, *numbers: int) -> Prototypes:
        return build_prototypes("held out", self._left(numbers), encoder=self.encoder, with_space=self.with_space)

    def _left(self, numbers: Sequence[int]) -> dict[str, Vectors]:
        kept = {}
        for name, rows in self.pictures.items():
            gone = [self.parts[number][name] for number in numbers if name in self.parts[number]]
            left = np.delete(rows, np.concatenate(gone), axis=0) if gone else rows
            if len(left):
                kept[name] = left
        return kept


def _joined(parts: Sequence[Named]) -> Named:
    names = ("best", "s1", "margin", "own", "rival", "rival_s")
    return Named(*(np.concatenate([getattr(one, name) for one in parts]) for name in names))
