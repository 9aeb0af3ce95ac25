"""Scores of click probabilities against what happened, for the rows as they are or reweighted many times at once.

Average precision is the step-wise sum over distinct scores; ties share one step, as in scikit-learn.
Challenge score: 0.5 * AP + 0.5 / (1 + WLL), WLL being the log loss with both classes weighing half.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
SMALLEST = 1e-15  # probabilities are kept this far from 0 and 1 in logarithms, as scikit-learn once did
BINS = 10


def score(labels: NDArray[np.int8], probability: Floats, *, base_rate: float) -> dict[str, float]:
    """Every score once. base_rate: click rate of the training rows, used for the prior-shifted challenge score."""
    rows = Ranked.of(labels, probability, base_rate=base_rate)
    return {name: float(values[0]) for name, values in rows.scores(np.ones((1, len(labels)))).items()}


def clicks_first(labels: NDArray[np.int8]) -> NDArray[np.intp]:
    """Places of the rows with a click, then of the others, each in row order: the order of the weights of `Ranked`."""
    return np.concatenate([np.flatnonzero(labels == 1), np.flatnonzero(labels != 1)])


@dataclass(frozen=True)
class Ranked:
    """What scores under many weightings of the same rows share, computed once. Rows stand as in `clicks_first`.

    Only scores that some click has change a ranking figure; other rows count by the gap between two of them that
    they fall into, or by the one that they tie with.
    """

    clicks: int
    click_score: NDArray[np.intp]  # of each click: the place of its score among those of clicks, from the highest
    gap: NDArray[np.intp]  # of each other row: 2k between the scores k - 1 and k of clicks, 2k + 1 tied with k
    losses: Floats
    shifted: Floats  # losses of the prior-shifted probability
    squared: Floats
    residual: Floats
    bins: NDArray[np.intp]

    @classmethod
    def of(cls, labels: NDArray[np.int8], probability: Floats, *, base_rate: float) -> Ranked:
        """labels, probability: shape (rows,), in any order."""
        order = clicks_first(labels)
        clicked, probability = labels[order] == 1, probability[order]
        clicks = int(clicked.sum())
        known, place = np.unique(probability[:clicks], return_inverse=True)
        others = probability[clicks:]
        below, up_to = (np.searchsorted(known, others, side=side) for side in ("left", "right"))
        tied = up_to > below
        return cls(
            clicks=clicks,
            click_score=len(known) - 1 - place,
            gap=2 * (len(known) - up_to) + np.where(tied, 1, 0),
            losses=_losses(clicked, probability),
            shifted=_losses(clicked, prior_shifted(probability, base_rate)),
            squared=(probability - clicked) ** 2,
            residual=probability - clicked,
            bins=calibration_bins(probability),
        )

    def scores(self, weights: Floats) -> dict[str, Floats]:
        """Scores under each row of `weights`, shape (replicates, rows); values of shape (replicates,).

        Each replicate must hold clicks and other rows.
        """
        of_clicks, of_others = weights[:, : self.clicks], weights[:, self.clicks :]
        clicks, others = of_clicks.sum(axis=1), of_others.sum(axis=1)
        total = clicks + others
        ranking = np.array([self._ranking(*one) for one in zip(of_clicks, of_others, strict=True)])
        losses, shifted = (
            (of_clicks @ one[: self.clicks], of_others @ one[self.clicks :]) for one in (self.losses, self.shifted)
        )
        precision = ranking[:, 1]
        balanced = 0.5 * losses[0] / clicks + 0.5 * losses[1] / others
        prior_free = 0.5 * shifted[0] / clicks + 0.5 * shifted[1] / others
        return {
            "auc": ranking[:, 0],
            "average_precision": precision,
            "log_loss": (losses[0] + losses[1]) / total,
            "weighted_log_loss": balanced,
            "brier": weights @ self.squared / total,
            "ece": np.array([self._off(one) for one in weights]) / total,
            "challenge": 0.5 * precision + 0.5 / (1 + balanced),
            "challenge_prior_shifted": 0.5 * precision + 0.5 / (1 + prior_free),
        }

    def _ranking(self, of_clicks: Floats, of_others: Floats) -> tuple[float, float]:
        """AUC and average precision."""
        hits = np.bincount(self.click_score, of_clicks)
        misses = np.bincount(self.gap, of_others, 2 * len(hits) + 1)
        hits_up_to, misses_up_to = np.cumsum(hits), np.cumsum(misses)
        tied, up_to, whole = misses[1::2], misses_up_to[1::2], misses_up_to[-1]
        auc = hits @ (whole - up_to + tied / 2) / (hits_up_to[-1] * whole)
        precision = hits @ (hits_up_to / np.maximum(hits_up_to + up_to, 1e-300)) / hits_up_to[-1]
        return float(auc), float(precision)

    def _off(self, weights: Floats) -> float:
        """Summed over the bins of calibration: how far clicks and probabilities are apart, in rows."""
        return float(np.abs(np.bincount(self.bins, weights * self.residual)).sum())


def logit(probability: Floats) -> Floats:
    """Log-odds, finite."""
    kept = np.clip(probability, SMALLEST, 1 - SMALLEST)
    return np.log(kept) - np.log1p(-kept)


def from_logit(odds: Floats) -> Floats:
    """Probabilities of log-odds."""
    from scipy.special import expit

    return np.asarray(expit(odds), np.float64)


def prior_shifted(probability: Floats, base_rate: float) -> Floats:
    """The probabilities under equal classes: the ranking stays, the calibration is given up for the challenge score."""
    return from_logit(logit(probability) - logit(np.array(base_rate)))


def calibration_bins(probability: Floats, bins: int = BINS) -> NDArray[np.intp]:
    """Bin of each row, 0..bins-1 from low to high, equally many rows in each; equal scores stay together."""
    edges = np.quantile(probability, np.linspace(0, 1, bins + 1)[1:-1])
    return np.searchsorted(edges, probability, side="right")


def _losses(clicked: NDArray[np.bool_], probability: Floats) -> Floats:
    kept = np.clip(probability, SMALLEST, 1 - SMALLEST)
    return np.where(clicked, -np.log(kept), -np.log1p(-kept))
