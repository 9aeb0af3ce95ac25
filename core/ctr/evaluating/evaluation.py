"""Everything a report says about one model on rows it has not seen, each headline with its interval and its base."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from core.ctr.data.impressions import Category
from core.ctr.evaluating.bootstrap_intervals import REPLICATES, Resampled, resample
from core.ctr.evaluating.observed_rates import (
    AtThreshold,
    Decile,
    ReliabilityBin,
    Segment,
    at_threshold,
    deciles,
    reliability,
    segments,
)
from core.ctr.evaluating.scores import Floats, score
from core.intervals import Interval

Verdict = Literal["signal", "no_usable_signal"]
CONSTANT = "constant"


@dataclass(frozen=True)
class BestShare:
    """How much of the best possible score a model reaches; 1 is all of it.

    average_precision: plain ratio. auc: of what lies above 0.5. log_loss: of the gain over the constant predictor.
    The latter two are None where even the true probability has nothing to gain: clicks are pure chance.
    """

    average_precision: float
    auc: float | None
    log_loss: float | None
    best: dict[str, float]  # score -> what the true probability reaches on the same rows


@dataclass(frozen=True)
class Evaluation:
    """scores: name -> value and interval (see `scores`). base: the same scores of the constant predictor.

    gain: log loss of the constant predictor (always the training click rate) minus the model's, in nats per row;
    the verdict is "no_usable_signal" unless its whole interval is above zero.
    """

    model: str
    rows: int
    clicks: int
    training_click_rate: float
    scores: dict[str, Interval]
    base: dict[str, float]
    gain: Interval
    verdict: Verdict
    reliability: tuple[ReliabilityBin, ...]
    deciles: tuple[Decile, ...]
    segments: tuple[Segment, ...]
    at_threshold: AtThreshold
    best_share: BestShare | None  # None where the true probability is unknown, as in all real data

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def evaluate(
    model: str, labels: NDArray[np.int8], probability: Floats, *, base_rate: float, truth: Floats | None = None,
    by: Sequence[Category] = (), threshold: float | None = None, replicates: int = REPLICATES, seed: int = 0,
    resampled: Resampled | None = None,
) -> Evaluation:  # fmt: skip
    """Evaluate probabilities, shape (rows,), against labels of both classes.

    base_rate: click rate of the training rows. truth: the true probabilities of a synthetic sample.
    by: columns whose levels are checked for calibration. threshold: the cut; left out, the training click rate.
    resampled: of `resample_candidates`, where several models are evaluated on the same rows.
    """
    if resampled is None:
        resampled = resample_candidates(
            labels, {model: probability}, base_rate=base_rate, replicates=replicates, seed=seed
        )
    gain = resampled.difference(CONSTANT, model, "log_loss")
    return Evaluation(
        model=model,
        rows=len(labels),
        clicks=int(labels.sum()),
        training_click_rate=base_rate,
        scores={name: resampled.interval(model, name) for name in resampled.values[model]},
        base=resampled.values[CONSTANT],
        gain=gain,
        verdict=verdict_on(gain),
        reliability=reliability(labels, probability),
        deciles=deciles(labels, probability),
        segments=tuple(segment for category in by for segment in segments(labels, probability, category)),
        at_threshold=at_threshold(labels, probability, base_rate if threshold is None else threshold),
        best_share=None if truth is None else best_share(labels, probability, truth, base_rate=base_rate),
    )


def resample_candidates(
    labels: NDArray[np.int8], probabilities: Mapping[str, Floats], *, base_rate: float, replicates: int = REPLICATES,
    seed: int = 0,
) -> Resampled:  # fmt: skip
    """`resample` with the constant predictor among the models: what `evaluate` and `compare` read."""
    every = {**probabilities, CONSTANT: np.full(len(labels), base_rate)}
    return resample(labels, every, base_rate=base_rate, replicates=replicates, seed=seed)


def verdict_on(gain: Interval) -> Verdict:
    """A gain whose interval covers zero, or lies below it, is no signal anyone should pay for."""
    return "signal" if gain.low > 0 else "no_usable_signal"


def best_share(labels: NDArray[np.int8], probability: Floats, truth: Floats, *, base_rate: float) -> BestShare:
    """The model's scores over those of the true probability on the same rows."""
    own, best = (score(labels, one, base_rate=base_rate) for one in (probability, truth))
    constant = score(labels, np.full(len(labels), base_rate), base_rate=base_rate)
    ranking, gain = best["auc"] - 0.5, constant["log_loss"] - best["log_loss"]
    return BestShare(
        average_precision=own["average_precision"] / best["average_precision"],
        auc=(own["auc"] - 0.5) / ranking if ranking > 0 else None,
        log_loss=(constant["log_loss"] - own["log_loss"]) / gain if gain > 0 else None,
        best=best,
    )


def compare(resampled: Resampled, model: str, other: str) -> dict[str, Interval]:
    """Paired differences `model` minus `other` of every score; a sign is sure where the interval leaves out zero."""
    return {name: resampled.difference(model, other, name) for name in resampled.values[model]}
