"""Scores of click probabilities against what happened, for the rows as they are or reweighted many times at once.

Average precision is the step-wise sum over distinct scores; ties share one step, as in scikit-learn.
Challenge score: 0.5 * AP + 0.5 / (1 + WLL), WLL being the log loss with both classes weighing half.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
SMALLEST = 1e-15  # probabilities are kept this far from 0 and 1 in logarithms, as scikit-learn once did
BINS = 10


def score(labels: NDArray[np.int8], probability: Floats, *, base_rate: float) -> dict[str, float]:
    """Every score once. base_rate: click rate of the training rows, used for the prior-shifted challenge score."""
    many = score_many(labels, probability, np.ones((1, len(labels))), base_rate=base_rate)
    return {name: float(values[0]) for name, values in many.items()}


def score_many(
    labels: NDArray[np.int8], probability: Floats, weights: Floats, *, base_rate: float
) -> dict[str, Floats]:
    """Scores under each row of `weights`, shape (replicates, rows); values of shape (replicates,).

    Each replicate must hold clicks and other rows.
    """
    clicked = labels == 1
    clicks, others = weights[:, clicked].sum(axis=1), weights[:, ~clicked].sum(axis=1)
    total = clicks + others
    found = dict(zip(("auc", "average_precision"), _ranking(clicked, probability, weights), strict=True))
    losses = _losses(clicked, probability)
    found["log_loss"] = weights @ losses / total
    found["weighted_log_loss"] = _balanced(clicked, losses, weights, clicks, others)
    shifted = _balanced(clicked, _losses(clicked, prior_shifted(probability, base_rate)), weights, clicks, others)
    found["brier"] = weights @ (probability - clicked) ** 2 / total
    found["ece"] = _calibration_error(clicked, probability, weights, total)
    found["challenge"] = 0.5 * found["average_precision"] + 0.5 / (1 + found["weighted_log_loss"])
    found["challenge_prior_shifted"] = 0.5 * found["average_precision"] + 0.5 / (1 + shifted)
    return found


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


def _ranking(clicked: NDArray[np.bool_], probability: Floats, weights: Floats) -> tuple[Floats, Floats]:
    order = np.argsort(-probability, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(probability[order]) != 0, True))  # last row of each distinct score
    ordered = weights[:, order]
    hits = np.cumsum(ordered * clicked[order], axis=1)[:, ends]
    shown = np.cumsum(ordered, axis=1)[:, ends]
    misses = shown - hits
    new_hits = np.diff(hits, prepend=0.0, axis=1)
    new_misses = np.diff(misses, prepend=0.0, axis=1)
    auc = (new_misses * (hits - new_hits / 2)).sum(axis=1) / (hits[:, -1] * misses[:, -1])
    precision = hits / np.maximum(shown, 1e-300)
    return auc, (new_hits * precision).sum(axis=1) / hits[:, -1]


def _losses(clicked: NDArray[np.bool_], probability: Floats) -> Floats:
    kept = np.clip(probability, SMALLEST, 1 - SMALLEST)
    return np.where(clicked, -np.log(kept), -np.log1p(-kept))


def _balanced(clicked: NDArray[np.bool_], losses: Floats, weights: Floats, clicks: Floats, others: Floats) -> Floats:
    of_clicks = weights[:, clicked] @ losses[clicked] / clicks
    of_others = weights[:, ~clicked] @ losses[~clicked] / others
    return 0.5 * of_clicks + 0.5 * of_others


def _calibration_error(clicked: NDArray[np.bool_], probability: Floats, weights: Floats, total: Floats) -> Floats:
    is_in = np.eye(BINS)[calibration_bins(probability)]
    return np.abs(weights @ (is_in * (probability - clicked)[:, None])).sum(axis=1) / total
