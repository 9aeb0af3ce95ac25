"""Epochs of the sequence network: seeded batches, early stopping on validation log loss, a checkpoint after each."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.ctr.data.impressions import Impressions
from core.ctr.evaluating.scores import Floats, from_logit, score
from core.ctr.models.click_dataset import ClickDataset
from core.ctr.models.sequence_checkpoint import (
    Checkpoint,
    EpochFigures,
    adam_arrays,
    fingerprint,
    put_adam,
    read_checkpoint,
    write_checkpoint,
)
from core.ctr.models.sequence_columns import InputColumns
from core.ctr.models.sequence_config import SequenceConfig
from core.ctr.models.sequence_threads import numeric_threads
from core.errors import BadInput

if TYPE_CHECKING:
    from core.ctr.models.sequence_network import TabularSeqModel

Progress = Callable[..., None]  # (step, fraction, **figures)
TELL_EVERY_S = 1.0
STEP = "lstm"
VALIDATION_FIGURES = ("val_loss", "val_accuracy", "auc", "average_precision")


@dataclass(frozen=True)
class Fitted:
    """The network after its best epoch. shift: log-odds to add, for rows without a click that were left out.

    validation: probabilities of its rows, shape (rows,), None without such rows.
    """

    config: SequenceConfig
    columns: InputColumns
    network: TabularSeqModel
    shift: float
    history: tuple[EpochFigures, ...]
    best_epoch: int
    validation: Floats | None


def fit_epochs(
    training: Impressions, validation: Impressions | None, *, config: SequenceConfig, checkpoint: Path | None = None,
    progress: Progress = lambda step, fraction, **figures: None,
) -> Fitted:  # fmt: skip
    """Train until `config.epochs`, or until the validation log loss has not fallen for `config.patience` epochs.

    Goes on from `checkpoint` when it belongs to these rows and settings, with the result of an unbroken training.
    Raises BadInput when the loss is no longer a number, when a part has no target or training rows a single class.
    """
    import torch

    from core.ctr.models.sequence_gradients import odds_of
    from core.ctr.models.sequence_network import new_network, put_weights, weights_of

    print_ = "" if checkpoint is None else fingerprint(training, validation, config)
    columns, network = new_network(training, config)
    optimizer = torch.optim.Adam(network.parameters(), lr=config.learning_rate)
    data, history, best = ClickDataset(training, columns), [], weights_of(network)
    clicks = int((training.labels == 1).sum())
    share_kept = config.share_kept(clicks, len(training) - clicks)
    shift = math.log(share_kept)
    found = read_checkpoint(checkpoint, print_)
    if found is not None:
        put_weights(network, found.weights)
        put_adam(optimizer, found.adam)
        history, best = list(found.history), found.best
    with numeric_threads(), torch.random.fork_rng(devices=[]):
        for epoch in range(len(history) + 1, config.epochs + 1):
            if _is_stopped(history, config.patience):
                break
            begun = time.perf_counter()
            torch.manual_seed(config.seed * 100_003 + epoch)  # dropout of this epoch, resumed or not
            loss, accuracy = train_epoch(network, optimizer, data, share_kept, epoch, config, progress)
            scores = {}
            if validation is not None:
                odds = odds_of(network, columns, validation) + shift
                scores = _scores(odds, validation.labels, float(training.labels.mean()))
            seconds = time.perf_counter() - begun
            history.append(EpochFigures(epoch=epoch, train_loss=loss, train_accuracy=accuracy, seconds=seconds,
                                        **{name: scores.get(name) for name in VALIDATION_FIGURES}))  # fmt: skip
            if _best_epoch(history) == epoch:
                best = weights_of(network)
            if checkpoint is not None:
                now = Checkpoint(weights_of(network), best, adam_arrays(optimizer), tuple(history))
                write_checkpoint(checkpoint, now, print_)
            told = {name: value for name, value in vars(history[-1]).items() if value is not None}
            progress(STEP, epoch / config.epochs, epochs=config.epochs, **told)
    put_weights(network, best)
    probability = None if validation is None else from_logit(odds_of(network, columns, validation) + shift)
    return Fitted(config, columns, network, shift, tuple(history), _best_epoch(history), probability)


def batches_of(places: NDArray[np.intp], batch_size: int) -> Iterator[NDArray[np.intp]]:
    """Consecutive places; a last batch of a single row, which cannot be normalised, joins the one before it."""
    ends = list(range(batch_size, len(places), batch_size))
    if ends and len(places) - ends[-1] == 1:
        ends.pop()
    yield from np.split(places, ends)


def train_epoch(
    network: TabularSeqModel, optimizer: Any, data: ClickDataset, share_kept: float, epoch: int,
    config: SequenceConfig, progress: Progress,
) -> tuple[float, float]:  # fmt: skip
    """Mean loss and accuracy of the rows of this epoch; share_kept: of the rows without a click."""
    from core.ctr.models.sequence_gradients import gradients_of_loss, workspace_for

    network.train()
    batches = list(batches_of(_drawn(data.rows.labels, share_kept, config.seed, epoch), config.batch_size))
    space = workspace_for(network, data.events.lengths)
    rows, losses, hits, told = 0, 0.0, 0, time.monotonic()
    for number, places in enumerate(batches):
        batch = data.batch(places)
        optimizer.zero_grad(set_to_none=True)
        loss, odds = gradients_of_loss(network, batch, space)
        if not math.isfinite(loss):
            raise BadInput("ctr.training_diverged", epoch=epoch, learning_rate=config.learning_rate)
        optimizer.step()
        rows, losses = rows + len(batch), losses + loss * len(batch)
        hits += int(((odds > 0) == (data.rows.labels[batch.places] == 1)).sum())
        if time.monotonic() - told >= TELL_EVERY_S:
            told = time.monotonic()
            fraction = (epoch - 1 + (number + 1) / len(batches)) / config.epochs
            progress(STEP, fraction, epoch=epoch, epochs=config.epochs, batch=number + 1, batches=len(batches),
                     train_loss=losses / rows)  # fmt: skip
    return losses / rows, hits / rows


def _drawn(labels: NDArray[np.int8], share_kept: float, seed: int, epoch: int) -> NDArray[np.intp]:
    """The rows of an epoch in the order of training; another draw of the rows without a click each time."""
    random = np.random.default_rng([seed, epoch])
    if share_kept == 1:
        return random.permutation(len(labels))
    others = np.flatnonzero(labels == 0)
    kept = random.choice(others, round(share_kept * len(others)), replace=False)
    return random.permutation(np.concatenate([np.flatnonzero(labels == 1), kept]))


def _scores(odds: Floats, labels: NDArray[np.int8], base_rate: float) -> dict[str, float]:
    found = score(labels, from_logit(odds), base_rate=base_rate)
    accuracy = float(((odds > 0) == (labels == 1)).mean())
    return {"val_loss": found["log_loss"], "val_accuracy": accuracy} | {
        name: found[name] for name in ("auc", "average_precision")
    }


def _best_epoch(history: list[EpochFigures]) -> int:
    """The epoch with the lowest validation loss, the first of equals; the last where there is no validation."""
    losses = [math.inf if one.val_loss is None else one.val_loss for one in history]
    return len(history) if min(losses) == math.inf else 1 + losses.index(min(losses))


def _is_stopped(history: list[EpochFigures], patience: int) -> bool:
    return bool(history) and len(history) - _best_epoch(history) >= patience
