"""One training: every candidate under the same budget, the champion chosen on validation rows, the test rows told.

Nothing is chosen on the test rows. The sequence model becomes champion only where it wins outside the interval.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.ctr.economics import Economics, weigh
from core.ctr.evaluation import Evaluation, compare, evaluate
from core.ctr.intervals import Interval, resample
from core.ctr.models.baselines import ClickModel, Trained, train
from core.ctr.scores import Floats, score
from core.ctr.training_config import LSTM, TrainingConfig
from core.ctr.training_data import TrainingData
from core.datasets.findings import Finding

if TYPE_CHECKING:
    from core.ctr.models.sequence_training import EpochFigures

Progress = Callable[..., None]  # (step, fraction, **figures)
AGAINST = "log_loss", "average_precision"  # what the sequence model must win, both outside the interval
SEGMENT_LEVELS = 30  # categories with more levels are not told level by level


@dataclass(frozen=True)
class Candidate:
    """A trained model and what it does on the rows nobody chose by."""

    name: str
    trained: Trained
    probability: Floats  # of the test rows
    evaluation: Evaluation
    fit_seconds: float
    predict_seconds: float

    @property
    def model(self) -> ClickModel:
        return self.trained.model


@dataclass(frozen=True)
class Choice:
    """Which candidate, and why, as the key of a sentence with its details."""

    name: str
    why: str
    details: dict[str, Any]


@dataclass(frozen=True)
class Training:
    """A finished training, not yet stored. threshold: the cut, chosen on validation rows; basis: how."""

    config: TrainingConfig
    data: TrainingData
    candidates: dict[str, Candidate]
    choice: Choice
    threshold: float
    threshold_basis: str
    economics: Economics
    differences: dict[str, dict[str, Interval]]  # candidate -> score -> its value minus the chosen model's
    history: tuple[EpochFigures, ...]
    seconds: dict[str, float]
    findings: tuple[Finding, ...] = field(default=())

    @property
    def chosen(self) -> Candidate:
        return self.candidates[self.choice.name]


def train_candidates(
    config: TrainingConfig, data: TrainingData, *, checkpoint: Path | None = None,
    progress: Progress = lambda step, fraction, **figures: None,
) -> Training:  # fmt: skip
    """Train what `config` names and evaluate it. checkpoint: where the sequence model keeps its last epoch."""
    seconds: dict[str, float] = {}
    training, validation, test = (data.part(name) for name in ("train", "validation", "test"))
    base_rate = float(np.concatenate([training.labels, validation.labels]).mean())
    trained, history = _train(config, training, validation, checkpoint, seconds, progress)
    choice = choose(trained, validation.labels)
    progress("evaluate", 0.85)
    threshold, basis = choose_threshold(trained[choice.name].validation, validation.labels, config)
    predictions, predict_seconds = {}, {}
    for name, one in trained.items():
        started = time.perf_counter()
        predictions[name] = np.asarray(one.model.predict_proba(test), np.float64)
        predict_seconds[name] = time.perf_counter() - started
    started = time.perf_counter()
    truth = None if data.truth is None else data.truth[data.split.test]
    by = [one for one in test.categories if len(one.levels) <= SEGMENT_LEVELS]
    candidates = {
        name: Candidate(
            name,
            one,
            predictions[name],
            evaluate(
                name, test.labels, predictions[name], base_rate=base_rate, truth=truth,
                by=by if name == choice.name else (), threshold=threshold,
            ),
            seconds[f"fit.{name}"],
            predict_seconds[name],
        )
        for name, one in trained.items()
    }  # fmt: skip
    seconds["evaluate"] = time.perf_counter() - started
    result = Training(
        config=config,
        data=data,
        candidates=candidates,
        choice=choice,
        threshold=threshold,
        threshold_basis=basis,
        economics=weigh(predictions[choice.name], config.prices, clicked=test.labels),
        differences=_differences(predictions, choice.name, test.labels, base_rate),
        history=history,
        seconds=seconds,
        findings=_findings(data, candidates[choice.name].evaluation),
    )
    progress("evaluated", 0.92, **_headline(result.chosen.evaluation))
    return result


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


def choose_threshold(probability: Floats, labels: np.ndarray[Any, Any], config: TrainingConfig) -> tuple[float, str]:
    """The cut and how it was chosen, on validation rows: by money where prices are stated, else by the best F1."""
    prices = config.prices
    money = weigh(probability, prices)
    if money.best is not None and np.isfinite(money.best.threshold):
        limited = prices.budget is not None and money.break_even is not None and money.best.threshold > money.break_even
        if money.break_even is not None and not limited:
            return money.break_even, "ctr.cut_by_money"
        return money.best.threshold, "ctr.cut_by_budget"
    order = np.argsort(-probability, kind="stable")
    hits = np.cumsum(labels[order])
    f1 = 2 * hits / (np.arange(1, len(labels) + 1) + int(labels.sum()))
    return float(probability[order][int(np.argmax(f1))]), "ctr.cut_by_f1"


def _train(
    config: TrainingConfig, training: Any, validation: Any, checkpoint: Path | None, seconds: dict[str, float],
    progress: Progress,
) -> tuple[dict[str, Trained], tuple[EpochFigures, ...]]:  # fmt: skip
    trained: dict[str, Trained] = {}
    last = time.perf_counter()
    share = 0.35 if LSTM in config.models else 0.75

    def told(name: str, fraction: float) -> None:
        nonlocal last
        seconds[f"fit.{name}"], last = time.perf_counter() - last, time.perf_counter()
        progress(name, 0.08 + share * fraction)

    if config.compared:
        trained = dict(train(config.compared, training, validation, trials=config.trials, progress=told))
    if LSTM not in config.models:
        return trained, ()
    from core.ctr.models.sequence_training import SequenceConfig, train_sequence_model

    start = 0.08 + (share if config.compared else 0.0)

    def epoch(step: str, fraction: float, **figures: Any) -> None:
        progress(step, start + (0.84 - start) * fraction, **figures)

    begun = time.perf_counter()
    network = train_sequence_model(
        training,
        validation,
        config=SequenceConfig(
            lstm_hidden=config.lstm_hidden, mlp_hidden=config.mlp_hidden, dropout=config.dropout,
            batch_size=config.batch_size, learning_rate=config.learning_rate, epochs=config.epochs,
            patience=config.patience, downsampling=config.downsampling, max_events=config.max_events,
            seed=config.seed,
        ),
        checkpoint=checkpoint,
        progress=epoch,
    )  # fmt: skip
    seconds[f"fit.{LSTM}"] = time.perf_counter() - begun
    return {**trained, LSTM: network.trained}, network.history


def _differences(
    predictions: dict[str, Floats], chosen: str, labels: np.ndarray[Any, Any], base_rate: float
) -> dict[str, dict[str, Interval]]:
    if len(predictions) == 1:
        return {}
    resampled = resample(labels, predictions, base_rate=base_rate)
    return {name: compare(resampled, name, chosen) for name in predictions if name != chosen}


def _findings(data: TrainingData, evaluation: Evaluation) -> tuple[Finding, ...]:
    """What stands against publishing: open findings of the gate and the split, and a model that learnt nothing."""
    found = list(data.open_findings)
    if evaluation.verdict == "no_usable_signal":
        gain = evaluation.gain
        details = {"model": evaluation.model, "low": f"{gain.low:.5f}", "high": f"{gain.high:.5f}"}
        found.append(Finding("ctr.no_signal", "blocking", None, (), details))
    return tuple(found)


def _headline(evaluation: Evaluation) -> dict[str, float]:
    return {name: evaluation.scores[name].value for name in ("average_precision", "auc", "log_loss")}
