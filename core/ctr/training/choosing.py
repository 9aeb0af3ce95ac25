"""What is chosen on validation rows: the champion among the candidates, and the cut of its probabilities.

The sequence model becomes champion only where it wins outside the interval.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from core.ctr.economics import weigh
from core.ctr.evaluating.bootstrap_intervals import resample
from core.ctr.evaluating.scores import Floats, score
from core.ctr.models.baselines import Trained
from core.ctr.training.config import LSTM, TrainingConfig

AGAINST = "log_loss", "average_precision"  # what the sequence model must win, both outside the interval


@dataclass(frozen=True)
class Choice:
    """Which candidate, and why, as the key of a sentence with its details."""

    name: str
    why: str
    details: dict[str, Any]


def choose(trained: Mapping[str, Trained], labels: np.ndarray[Any, Any]) -> Choice:
    """The candidate with the least validation log loss; the sequence model only if it wins outside the interval."""
    base_rate = float(labels.mean())
    losses = {name: score(labels, one.validation, base_rate=base_rate)["log_loss"] for name, one in trained.items()}
    others = {name: loss for name, loss in losses.items() if name != LSTM}
    best = min(others, key=lambda name: others[name]) if others else LSTM
    if len(trained) == 1:
        return Choice(best, "ctr.only_candidate", {"model": best})
    if LSTM not in trained:
        return Choice(best, "ctr.lowest_loss", {"model": best, "loss": losses[best]})
    resampled = resample(labels, {name: trained[name].validation for name in (LSTM, best)}, base_rate=base_rate)
    gaps = {name: resampled.difference(LSTM, best, name) for name in AGAINST}
    details = {
        "model": best,
        "other": LSTM,
        "low": gaps["average_precision"].low,
        "high": gaps["average_precision"].high,
    }
    if gaps["log_loss"].high < 0 and gaps["average_precision"].low > 0:
        return Choice(LSTM, "ctr.sequence_wins", {**details, "model": LSTM, "other": best})
    return Choice(best, "ctr.sequence_does_not_win", details)


def choose_threshold(
    probability: Floats, labels: np.ndarray[Any, Any], config: TrainingConfig, *, test_rows: int
) -> tuple[float, str]:
    """The cut and how it was chosen, on validation rows: by money where prices are stated, else by the best F1.

    test_rows: the rows that the budget is meant for; the validation rows get their share of it.
    """
    prices = config.prices
    unlimited = weigh(probability, replace(prices, budget=None))
    if unlimited.best is not None and unlimited.break_even is not None:
        if prices.budget is not None:
            share = replace(prices, budget=prices.budget * len(labels) / test_rows)
            affordable = weigh(probability, share).best
            if affordable is not None and 0 < affordable.impressions < unlimited.best.impressions:
                return affordable.threshold, "ctr.cut_by_budget"
        return unlimited.break_even, "ctr.cut_by_money"
    order = np.argsort(-probability, kind="stable")
    hits = np.cumsum(labels[order])
    f1 = 2 * hits / (np.arange(1, len(labels) + 1) + int(labels.sum()))
    return float(probability[order][int(np.argmax(f1))]), "ctr.cut_by_f1"
