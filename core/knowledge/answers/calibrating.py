"""Fits the refusal model on questions with and without an answer in the documents; measures it on other articles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.intervals import Interval
from core.knowledge.answers.evidence import NAMES, Legs
from core.knowledge.answers.refusal import Measured, Weighing
from core.messages import Language

Floats = NDArray[np.float64]
PENALTY = 1.0  # on squared weights of standardised figures
PARTS = 8  # of the articles, for choosing the bar on probabilities that no question helped to fit
SURE = 0.95  # share of right answers among questions over the bar "sure"
REPLICATES, SEED = 1000, 0  # draws of the intervals


@dataclass(frozen=True)
class Case:
    """figures: of `evidence`. is_answerable: the passage with the answer was among the passages searched.

    is_said_elsewhere: it was not, but the answer stands word for word in another passage that was found.
    """

    article: str
    language: Language
    figures: dict[str, float]
    is_answerable: bool
    is_said_elsewhere: bool = False


def fit_weighing(cases: Sequence[Case], legs: Legs) -> Weighing:
    """The bar refuses and answers equally well; both bars are chosen on articles that took no part in the fit.

    The weights leave aside questions whose answer is said elsewhere, as no figure could tell; the bar counts them.

    Raises ValueError where all cases are of one kind.
    """
    names = NAMES[legs]
    rows, labels = _table(cases, names)
    if labels.all() or not labels.any():
        raise ValueError("questions with and without an answer are needed")
    is_clear = np.array([not case.is_said_elsewhere for case in cases])
    articles = sorted({case.article for case in cases})
    part = np.array([articles.index(case.article) % PARTS for case in cases])
    apart = np.empty(len(rows))
    for number in range(PARTS):
        others = (part != number) & is_clear
        if labels[others].all() or not labels[others].any():
            others = is_clear  # too few articles to set some apart
        apart[part == number] = _probabilities(rows[part == number], *_fit(rows[others], labels[others]))
    means, scales, weights, intercept = _fit(rows[is_clear], labels[is_clear])
    bar = _even_bar(apart, labels)
    return Weighing(
        names,
        _rounded(means),
        _rounded(scales),
        _rounded(weights),
        intercept=round(intercept, 6),
        bar=round(bar, 6),
        sure=round(max(bar, _sure_bar(apart, labels)), 6),
    )


def measure(cases: Sequence[Case], weighing: Weighing) -> Measured:
    """Intervals by drawing whole articles, as questions on one article fail together."""
    from sklearn.metrics import roc_auc_score

    found = np.array([weighing.probability(case.figures) for case in cases])
    labels = np.array([case.is_answerable for case in cases])
    articles = sorted({case.article for case in cases})
    places = np.array([articles.index(case.article) for case in cases])
    over = found >= weighing.bar
    counted = (over & labels, labels, ~over & ~labels, ~labels)
    counts = np.column_stack([np.bincount(places[one], minlength=len(articles)) for one in counted])
    drawn = counts[np.random.default_rng(SEED).integers(len(articles), size=(REPLICATES, len(articles)))].sum(axis=1)
    whole = counts.sum(axis=0)
    return Measured(
        _share(whole[0] / whole[1], drawn[:, 0] / np.maximum(drawn[:, 1], 1)),
        _share(whole[2] / whole[3], drawn[:, 2] / np.maximum(drawn[:, 3], 1)),
        auc=round(float(roc_auc_score(labels, found)), 4),
        brier=round(float(np.mean((found - labels) ** 2)), 4),
        questions=len(cases),
        articles=len(articles),
    )


def _table(cases: Sequence[Case], names: tuple[str, ...]) -> tuple[Floats, NDArray[np.bool_]]:
    rows = np.array([[case.figures[name] for name in names] for case in cases], dtype=np.float64)
    return rows, np.array([case.is_answerable for case in cases])


def _fit(rows: Floats, labels: NDArray[np.bool_]) -> tuple[Floats, Floats, Floats, float]:
    """Means, scales, weights and intercept of a logistic regression over the standardised figures."""
    from sklearn.linear_model import LogisticRegression

    means, spread = rows.mean(axis=0), rows.std(axis=0)
    scales = np.where(spread > 1e-6, spread, 1.0)  # a figure that is the same everywhere tells nothing
    model = LogisticRegression(C=1 / PENALTY, solver="newton-cholesky", tol=1e-8).fit((rows - means) / scales, labels)
    return means, scales, model.coef_[0], float(model.intercept_[0])


def _probabilities(rows: Floats, means: Floats, scales: Floats, weights: Floats, intercept: float) -> Floats:
    found: Floats = 1 / (1 + np.exp(-np.clip((rows - means) / scales @ weights + intercept, -30, 30)))
    return found


def _even_bar(found: Floats, labels: NDArray[np.bool_]) -> float:
    """Where the share answered of those with an answer comes nearest to the share refused of the others."""
    bars = np.unique(found)
    answered = np.array([(found[labels] >= bar).mean() for bar in bars])
    refused = np.array([(found[~labels] < bar).mean() for bar in bars])
    return float(bars[int(np.minimum(answered, refused).argmax())])


def _sure_bar(found: Floats, labels: NDArray[np.bool_]) -> float:
    """The lowest probability from which on a share of SURE has an answer."""
    order = np.argsort(-found)
    right = np.cumsum(labels[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(right >= SURE)
    return float(found[order][enough[-1]]) if len(enough) else 1.0


def _rounded(values: Floats) -> tuple[float, ...]:
    return tuple(round(float(one), 6) for one in values)


def _share(value: float, drawn: Floats) -> Interval:
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Interval(round(float(value), 4), round(float(low), 4), round(float(high), 4))
