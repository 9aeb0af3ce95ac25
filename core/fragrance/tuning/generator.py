"""Trains low-rank adapters of a language model on briefs and their stories, epoch by epoch, and goes on after a kill.

A checkpoint holds adapter and optimiser after an epoch; a run that goes on from one ends as if it had never stopped.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInput
from core.fragrance.tuning.adapter_checkpoint import Course, read_checkpoint, write_checkpoint
from core.fragrance.tuning.story_model import Base, is_quantized, losses, pieces_of
from core.fragrance.tuning.story_pairs import Divided

ADAPTER, ADAPTER_CONFIG = "adapter_model.safetensors", "adapter_config.json"
EVALUATED_AT_ONCE = 8


@dataclass(frozen=True)
class AdapterTuning:
    """lora_r: rank of the adapters; their scale is 2 for every rank. dropout: share silenced while training."""

    num_epochs: int = 3
    learning_rate: float = 2e-4
    batch_size: int = 4
    lora_r: int = 8
    dropout: float = 0.05
    seed: int = 0

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Step:
    """Where a training is. epoch: from 1. share: of all steps. eval_loss: after the last step of an epoch only."""

    epoch: int
    epochs: int
    share: float
    train_loss: float
    eval_loss: float | None = None


@dataclass(frozen=True, eq=False)
class TrainedAdapter:
    """files: of the adapter, in the layout of peft. before, after: loss of each held-out pair, shape (held out,).

    resumed_after: epochs that a checkpoint brought along. model: the base with the adapter in it.
    """

    files: Mapping[str, bytes]
    course: tuple[Course, ...]
    before: NDArray[np.float64]
    after: NDArray[np.float64]
    resumed_after: int
    model: Any


def train_adapter(
    base: Base, data: Divided, settings: AdapterTuning, *, checkpoint: Path | None = None,
    on_step: Callable[[Step], None] = lambda _: None,
) -> TrainedAdapter:  # fmt: skip
    """The adapter after the last epoch; held-out pairs choose nothing, so their loss judges.

    checkpoint: a file to go on from and to write after each epoch; one of other data or settings is left aside.
    on_step: told after every step; what it raises ends the training between steps.
    Raises BadInput where the loss is no number.
    """
    import torch

    asked = _fingerprint(base, data, settings)
    torch.manual_seed(settings.seed)
    model = _with_adapters(base, settings)
    trainable = [(name, one) for name, one in model.named_parameters() if one.requires_grad]
    optimizer = torch.optim.AdamW([one for _, one in trainable], lr=settings.learning_rate, foreach=False)
    course = read_checkpoint(checkpoint, asked, trainable, optimizer) if checkpoint else ()
    resumed_after = len(course)
    train, held_out = ([pieces_of(base, pair) for pair in part] for part in (data.train, data.held_out))
    with model.disable_adapter():
        before = _held_out_losses(model, base, held_out)
    for epoch in range(resumed_after + 1, settings.num_epochs + 1):
        torch.manual_seed(settings.seed + epoch)  # of the dropout: an epoch is the same after a restart
        model.train()
        told = list[float]()
        chosen = list(_batches(len(train), settings, epoch))
        for number, batch in enumerate(chosen, 1):
            summed, counted = losses(model, base, [train[place] for place in batch])
            loss = summed.sum() / counted.sum()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            told.append(float(loss.detach()))
            if not np.isfinite(told[-1]):
                raise BadInput("fragrance_tuning.loss_not_finite", learning_rate=f"{settings.learning_rate:g}")
            if number < len(chosen):
                share = (epoch - 1 + number / len(chosen)) / settings.num_epochs
                on_step(Step(epoch, settings.num_epochs, share, float(np.mean(told))))
        after = _held_out_losses(model, base, held_out)
        course = (*course, Course(epoch, float(np.mean(told)), float(after.mean())))
        if checkpoint:
            write_checkpoint(checkpoint, asked, trainable, optimizer, course)
        on_step(
            Step(epoch, settings.num_epochs, epoch / settings.num_epochs, course[-1].train_loss, float(after.mean()))
        )
    after = _held_out_losses(model, base, held_out)
    return TrainedAdapter(_files(model, base), course, before, after, resumed_after, model)


def _with_adapters(base: Base, settings: AdapterTuning) -> Any:
    from peft import LoraConfig, get_peft_model, prepare_model_for_kbit_training

    model = prepare_model_for_kbit_training(base.model) if is_quantized(base) else base.model
    config = LoraConfig(
        r=settings.lora_r, lora_alpha=2 * settings.lora_r, lora_dropout=settings.dropout,
        target_modules="all-linear", task_type="CAUSAL_LM",
    )  # fmt: skip
    return get_peft_model(model, config)


def _batches(count: int, settings: AdapterTuning, epoch: int) -> Iterator[list[int]]:
    """The places of all pairs in an order of this epoch's own."""
    order = np.random.default_rng([settings.seed, epoch]).permutation(count).tolist()
    yield from (order[start : start + settings.batch_size] for start in range(0, count, settings.batch_size))


def _held_out_losses(model: Any, base: Base, pieces: Sequence[tuple[list[int], list[int]]]) -> NDArray[np.float64]:
    """By pair: the mean loss of a piece of its story [nats], shape (n,)."""
    import torch

    model.eval()
    found = list[NDArray[np.float64]]()
    with torch.inference_mode():
        for start in range(0, len(pieces), EVALUATED_AT_ONCE):
            summed, counted = losses(model, base, pieces[start : start + EVALUATED_AT_ONCE])
            found.append((summed / counted.clamp(min=1)).double().cpu().numpy())
    return np.concatenate(found)


def _files(model: Any, base: Base) -> dict[str, bytes]:
    """The adapter's weights and settings; where its base lies is no part of them."""
    with tempfile.TemporaryDirectory() as name:
        model.save_pretrained(name)
        weights = (Path(name) / ADAPTER).read_bytes()
        config = json.loads((Path(name) / ADAPTER_CONFIG).read_text("utf-8"))
    config["base_model_name_or_path"] = base.id
    return {ADAPTER: weights, ADAPTER_CONFIG: json.dumps(config, indent=1).encode()}


def _fingerprint(base: Base, data: Divided, settings: AdapterTuning) -> str:
    means: Sequence[object] = (base.id, data.sha256, sorted(settings.as_dict().items()), is_quantized(base))
    return hashlib.sha256(repr(means).encode()).hexdigest()
