"""Training of the sequence model under the budget of the others: trials on validation rows, then all rows if asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from core.ctr.data.impressions import Impressions
from core.ctr.models.baselines import Trained, Trial, joined
from core.ctr.models.sequence_checkpoint import EpochFigures
from core.ctr.models.sequence_config import SequenceConfig
from core.ctr.models.sequence_epochs import Fitted, Progress, fit_epochs
from core.ctr.models.sequence_model import SequenceClassifier


@dataclass(frozen=True)
class TrainedSequence:
    """history: the epochs of the best trial, before any refit."""

    trained: Trained
    history: tuple[EpochFigures, ...]


def train_sequence_model(
    training: Impressions, validation: Impressions, *, config: SequenceConfig, checkpoint: Path | None = None,
    refit: bool = False, trials: Sequence[Mapping[str, Any]] = (),
    progress: Progress = lambda step, fraction, **figures: None,
) -> TrainedSequence:  # fmt: skip
    """Train once per trial and keep the lowest validation log loss.

    trials: settings that differ from `config`, such as {"learning_rate": 0.003}; none means `config` as it is.
    checkpoint: a file name; every trial keeps a file of its own beside it, and a call with the same rows and settings
    goes on from them. refit: the best settings again on training and validation rows together, for the best number
    of epochs. progress: (step, fraction, **figures), after every epoch and about once a second within one.
    """
    settings = [dict(one) for one in trials] or [{}]
    fits = len(settings) + refit
    fitted: list[tuple[Fitted, float]] = []
    for number, differing in enumerate(settings):
        fit = fit_epochs(
            training, validation, config=SequenceConfig.read(config.as_plain() | differing),
            checkpoint=_of_fit(checkpoint, f"trial{number + 1}"), progress=_part(progress, number, fits, len(settings)),
        )  # fmt: skip
        fitted.append((fit, fit.history[fit.best_epoch - 1].val_loss or 0.0))
    losses = [loss for _, loss in fitted]
    best = fitted[losses.index(min(losses))][0]
    found = tuple(
        Trial(one | {"epochs": fit.best_epoch}, loss) for one, (fit, loss) in zip(settings, fitted, strict=True)
    )
    model = SequenceClassifier.of(best)
    if refit:
        model = SequenceClassifier.of(fit_epochs(
            joined(training, validation), None, config=replace(best.config, epochs=best.best_epoch),
            checkpoint=_of_fit(checkpoint, "refit"), progress=_part(progress, fits - 1, fits, 0),
        ))  # fmt: skip
    assert best.validation is not None
    return TrainedSequence(Trained(model, found, best.validation), best.history)


def _of_fit(checkpoint: Path | None, fit: str) -> Path | None:
    return None if checkpoint is None else checkpoint.with_name(f"{checkpoint.stem}.{fit}.npz")


def _part(progress: Progress, number: int, fits: int, trials: int) -> Progress:
    """The progress of one fit among several. A refit (no trial) tells no epochs: its figures belong to no curve."""

    def told(step: str, fraction: float, **figures: Any) -> None:
        more = {"trial": number + 1, "trials": trials} if trials > 1 else {}
        progress(step, (number + fraction) / fits, **(figures if trials else {}), **more)

    return told
