"""Trains a sentence encoder of transformers itself: all of it, or low-rank adapters that are merged afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from core.embeddings.text_models import SENTENCE_TRANSFORMERS
from core.errors import BadInput
from core.fragrance.tuning.contrast import Contrast, Epoch, batches, info_nce
from core.fragrance.tuning.embeddings import Encoded, OnEpoch, right_windows, scores_of
from core.fragrance.tuning.pairs import PairSet
from core.fragrance.tuning.trainable_text_model import TrainableTextModel, checkpoint_files, open_trainable
from core.settings.current import get_settings

if TYPE_CHECKING:
    import torch

Way = Literal["lora", "full"]
ENCODED_AT_ONCE = 32


@dataclass(frozen=True)
class TrainedEncoder:
    """files: of the checkpoint, by name. history, best_epoch: as of a head; epoch 0 is the model as it came."""

    files: Mapping[str, bytes]
    history: tuple[Epoch, ...]
    best_epoch: int


def train_encoder(
    name: str, pairs: PairSet, settings: Contrast, *, way: Way, lora_r: int = 8, on_epoch: OnEpoch = lambda _: None
) -> TrainedEncoder:  # fmt: skip
    """Train the checkpoint `name`, a folder or a cached hub name, and keep the epoch that validated best.

    Raises Unavailable where it cannot be read, BadInput where the loss is no number.
    """
    import torch

    torch.set_num_threads(get_settings().threads)
    torch.manual_seed(settings.seed)
    reader = open_trainable(name.removeprefix(SENTENCE_TRANSFORMERS))
    network = _adapted(reader.model, lora_r) if way == "lora" else reader.model
    trainable = [one for one in network.parameters() if one.requires_grad]
    optimizer = torch.optim.AdamW(trainable, lr=settings.learning_rate, weight_decay=settings.weight_decay)
    places, asks_for, windows = pairs.briefs_of("train"), torch.tensor(pairs.asks_for), pairs.passages
    best, best_epoch, best_score = _copied(trainable), 0, _validation(reader, pairs)
    history: list[Epoch] = []
    for epoch in range(1, settings.epochs + 1):
        network.train()
        torch.manual_seed(settings.seed + epoch)  # of the dropout
        losses = []
        for batch in batches(places, settings.batch_size, settings.seed, epoch):
            wanted = asks_for[batch]
            briefs = reader.vectors([pairs.briefs[place] for place in batch], reader.prefixes.query)
            passages = reader.vectors(
                [windows[place] for place in right_windows(pairs, batch, epoch)], reader.prefixes.passage
            )
            loss = info_nce(briefs, passages, wanted, settings.temperature)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(float(loss.detach()))
        network.eval()
        if not np.isfinite(losses).all():
            raise BadInput("fragrance_tuning.loss_not_finite", learning_rate=f"{settings.learning_rate:g}")
        history.append(Epoch(epoch, float(np.mean(losses)), _validation(reader, pairs)))
        on_epoch(history[-1])
        if history[-1].validation > best_score:
            best, best_epoch, best_score = _copied(trainable), epoch, history[-1].validation
        if epoch - best_epoch >= settings.patience:
            break
    with torch.no_grad():
        for parameter, kept in zip(trainable, best, strict=True):
            parameter.copy_(kept)
    merged = network.merge_and_unload() if way == "lora" else network
    return TrainedEncoder(checkpoint_files(merged, reader), tuple(history), best_epoch)


def _adapted(model: Any, lora_r: int) -> Any:
    """The model with adapters on its linear layers; they are put into it, so its reader trains them too."""
    from peft import LoraConfig, get_peft_model

    return get_peft_model(model, LoraConfig(r=lora_r, lora_alpha=2 * lora_r, target_modules="all-linear"))


def _validation(reader: TrainableTextModel, pairs: PairSet) -> float:
    import torch

    reader.model.eval()
    wanted = pairs.briefs_of("validation")
    with torch.inference_mode():
        passages = _all_vectors(reader, pairs.passages, reader.prefixes.passage)
        briefs = np.zeros((len(pairs.briefs), passages.shape[1]), np.float32)
        briefs[list(wanted)] = _all_vectors(reader, [pairs.briefs[place] for place in wanted], reader.prefixes.query)
    return float(scores_of(pairs, Encoded(passages, briefs), "validation").mean())


def _all_vectors(reader: TrainableTextModel, texts: Sequence[str], before: str) -> np.ndarray:
    pieces = [texts[start : start + ENCODED_AT_ONCE] for start in range(0, len(texts), ENCODED_AT_ONCE)]
    return np.concatenate([reader.vectors(piece, before).float().cpu().numpy() for piece in pieces])


def _copied(parameters: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    return [one.detach().clone() for one in parameters]
