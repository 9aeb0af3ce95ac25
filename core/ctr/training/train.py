"""One training: every candidate under the same budget, the champion chosen on validation rows, the test rows told.

Nothing is chosen on the test rows. The sequence model becomes champion only where it wins outside the interval.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.ctr.economics import Economics, weigh
from core.ctr.evaluating.evaluation import Evaluation, compare, evaluate, resample_candidates
from core.ctr.evaluating.scores import Floats
from core.ctr.models.baselines import ClickModel, Trained, train
from core.ctr.training.choosing import Choice, choose, choose_threshold
from core.ctr.training.config import LSTM, TrainingConfig
from core.ctr.training.rows import TrainingData
from core.datasets.findings import Finding
from core.intervals import Interval

if TYPE_CHECKING:
    from core.ctr.models.sequence_checkpoint import EpochFigures
    from core.ctr.training.long_training import TestScores

Progress = Callable[..., None]  # (step, fraction, **figures)
# Settings the sequence model may try beside the asked ones, as many as every other candidate.
NETWORK_TRIALS: tuple[dict[str, float], ...] = ({"learning_rate": 3.0}, {"dropout": 2.0}, {"batch_size": 0.25})  # times
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
    rows_seen: dict[str, int]  # candidate -> training and validation rows it learnt from
    every_test_row: TestScores | None = None  # of a table that did not fit in memory, beside the figures of its sample
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
    trained, history = _train(config, data, training, validation, checkpoint, seconds, progress)
    choice = choose(trained, validation.labels)
    progress("evaluate", 0.85)
    threshold, basis = choose_threshold(trained[choice.name].validation, validation.labels, config, test_rows=len(test))
    predictions, predict_seconds = {}, {}
    for name, one in trained.items():
        started = time.perf_counter()
        predictions[name] = np.asarray(one.model.predict_proba(test), np.float64)
        predict_seconds[name] = time.perf_counter() - started
    started = time.perf_counter()
    truth = None if data.truth is None else data.truth[data.split.test]
    resampled = resample_candidates(test.labels, predictions, base_rate=base_rate)
    by = [one for one in test.categories if len(one.levels) <= SEGMENT_LEVELS]
    candidates = {
        name: Candidate(
            name,
            one,
            predictions[name],
            evaluate(
                name, test.labels, predictions[name], base_rate=base_rate, truth=truth,
                by=by if name == choice.name else (), threshold=threshold, resampled=resampled,
            ),
            seconds[f"fit.{name}"],
            predict_seconds[name],
        )
        for name, one in trained.items()
    }  # fmt: skip
    seconds["evaluate"] = time.perf_counter() - started
    in_memory = len(training) + len(validation)
    result = Training(
        config=config,
        data=data,
        candidates=candidates,
        choice=choice,
        threshold=threshold,
        threshold_basis=basis,
        economics=weigh(predictions[choice.name], config.prices, clicked=test.labels),
        differences={name: compare(resampled, name, choice.name) for name in predictions if name != choice.name},
        history=history,
        seconds=seconds,
        rows_seen={name: in_memory if data.long is None else data.long.rows_seen(name) for name in trained},
        every_test_row=_every_test_row(data, trained, choice.name, base_rate, seconds),
        findings=_findings(data, candidates[choice.name].evaluation),
    )
    progress("evaluated", 0.92, **_headline(result.chosen.evaluation))
    return result


def _every_test_row(
    data: TrainingData, trained: dict[str, Trained], chosen: str, base_rate: float, seconds: dict[str, float]
) -> TestScores | None:
    """Scores over all test rows of a long table; the sequence model, the slowest, only where it was chosen."""
    if data.long is None:
        return None
    from core.ctr.training.long_training import score_test_rows

    started = time.perf_counter()
    models = {name: one.model for name, one in trained.items() if name != LSTM or name == chosen}
    found = score_test_rows(models, data.long, base_rate=base_rate)
    seconds["every_test_row"] = time.perf_counter() - started
    return found


def _in_passes(
    config: TrainingConfig, data: TrainingData, training: Any, validation: Any, progress: Progress
) -> dict[str, Callable[[], Trained]]:
    """How the models that can see every row of a long table are trained."""
    if data.long is None:
        return {}
    from core.ctr.models.linear_passes import IN_PASSES
    from core.ctr.training.long_training import train_in_passes

    def trainer(name: str) -> Callable[[], Trained]:
        def told(fraction: float) -> None:
            progress(name, 0.08, passed=fraction)

        return lambda: train_in_passes(name, training, validation, table, trials=config.trials, progress=told)

    table = data.long
    return {name: trainer(name) for name in config.compared if name in IN_PASSES}


def _train(
    config: TrainingConfig, data: TrainingData, training: Any, validation: Any, checkpoint: Path | None,
    seconds: dict[str, float], progress: Progress,
) -> tuple[dict[str, Trained], tuple[EpochFigures, ...]]:  # fmt: skip
    trained: dict[str, Trained] = {}
    last = time.perf_counter()
    share = 0.35 if LSTM in config.models else 0.75

    def told(name: str, fraction: float) -> None:
        nonlocal last
        seconds[f"fit.{name}"], last = time.perf_counter() - last, time.perf_counter()
        progress(name, 0.08 + share * fraction)

    if config.compared:
        passes = _in_passes(config, data, training, validation, progress)
        trained = dict(
            train(config.compared, training, validation, trials=config.trials, progress=told, otherwise=passes)
        )
    if LSTM not in config.models:
        return trained, ()
    from core.ctr.models.sequence_config import SequenceConfig
    from core.ctr.models.sequence_training import train_sequence_model

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
        refit=True,
        trials=_network_trials(config),
        progress=epoch,
    )  # fmt: skip
    seconds[f"fit.{LSTM}"] = time.perf_counter() - begun
    return {**trained, LSTM: network.trained}, network.history


def _network_trials(config: TrainingConfig) -> list[dict[str, Any]]:
    varied: list[dict[str, Any]] = [{}]
    for times in NETWORK_TRIALS[: config.trials - 1]:
        name, factor = next(iter(times.items()))
        asked = getattr(config, name)
        value = min(0.8, asked * factor) if name == "dropout" else asked * factor
        varied.append({name: max(2, round(value)) if isinstance(asked, int) else value})
    return varied


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
