"""Trains a head on the vectors of an encoder that stays as it is: the way for one that cannot be trained itself.

The vectors are made once; the head is a residual linear map that begins as "change nothing" and is held close to it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from core.embeddings.text_models import TextModel
from core.errors import BadInput
from core.fragrance.search.encoder_head import Head, Rows, identity
from core.fragrance.tuning.comparing import Comparison, compare, ndcg_at_10
from core.fragrance.tuning.contrast import Contrast, Epoch, batches, info_nce
from core.fragrance.tuning.pairs import PairSet, Part
from core.settings.current import get_settings

ENCODED_AT_ONCE = 16  # texts between two reports
OnEpoch = Callable[[Epoch], None]


@dataclass(frozen=True, eq=False)
class Encoded:
    """The vectors of a pair set as unit rows: passages, shape (windows, dim); briefs, shape (briefs, dim)."""

    passages: Rows
    briefs: Rows


@dataclass(frozen=True, eq=False)
class TrainedHead:
    """history: by epoch. best_epoch: whose head was kept; 0 where no epoch was better than no head."""

    head: Head
    history: tuple[Epoch, ...]
    best_epoch: int


def encode(pairs: PairSet, encoder: TextModel, *, progress: Callable[[float], None] = lambda _: None) -> Encoded:
    """Every passage and every brief as the search would encode it. progress: told the share that is done."""
    total, passages, briefs = len(pairs.passages) + len(pairs.briefs), list[Rows](), list[Rows]()
    windows = pairs.passages
    for start in range(0, len(windows), ENCODED_AT_ONCE):
        passages.append(encoder.embed_passages(windows[start : start + ENCODED_AT_ONCE]))
        progress(min(start + ENCODED_AT_ONCE, len(windows)) / total)
    for number, brief in enumerate(pairs.briefs):
        briefs.append(encoder.embed_query(brief)[None])
        if number % ENCODED_AT_ONCE == 0:
            progress((len(windows) + number) / total)
    return Encoded(np.concatenate(passages), np.concatenate(briefs))


def train_head(
    pairs: PairSet, encoded: Encoded, base_encoder_id: str, settings: Contrast, *, on_epoch: OnEpoch = lambda _: None
) -> TrainedHead:  # fmt: skip
    """The head of the epoch that found the validation perfumes best; the same for the same arguments.

    Raises BadInput where nothing is learnt that is a number, which a smaller learning rate mends.
    """
    import torch

    torch.set_num_threads(get_settings().threads)
    places, dim = pairs.briefs_of("train"), encoded.passages.shape[1]
    passages, briefs = torch.from_numpy(encoded.passages), torch.from_numpy(encoded.briefs)
    asks_for = torch.tensor(pairs.asks_for)
    weight = torch.zeros(dim, dim, requires_grad=True)
    bias = torch.zeros(dim, requires_grad=True)
    optimizer = torch.optim.AdamW(
        [weight, bias], lr=settings.learning_rate, weight_decay=settings.weight_decay, foreach=False
    )
    best, best_epoch = identity(base_encoder_id, dim), 0
    best_score = float(scores_of(pairs, encoded, "validation").mean())
    history: list[Epoch] = []
    for epoch in range(1, settings.epochs + 1):
        losses = []
        for batch in batches(places, settings.batch_size, settings.seed, epoch):
            wanted = asks_for[batch]
            rows = torch.cat([briefs[batch], passages[right_windows(pairs, batch, epoch)]])
            moved = torch.nn.functional.normalize(rows + rows @ weight + bias, dim=1)
            loss = info_nce(moved[: len(batch)], moved[len(batch) :], wanted, settings.temperature)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(float(loss.detach()))
        if not np.isfinite(losses).all():
            raise BadInput("fragrance_tuning.loss_not_finite", learning_rate=f"{settings.learning_rate:g}")
        head = Head(base_encoder_id, weight.detach().numpy().copy(), bias.detach().numpy().copy())
        score = float(scores_of(pairs, under_head(encoded, head), "validation").mean())
        history.append(Epoch(epoch, float(np.mean(losses)), score))
        on_epoch(history[-1])
        if score > best_score:
            best, best_score, best_epoch = head, score, epoch
        if epoch - best_epoch >= settings.patience:
            break
    return TrainedHead(best, tuple(history), best_epoch)


def under_head(encoded: Encoded, head: Head) -> Encoded:
    """The same texts as the encoder with this head would give them."""
    return Encoded(head.apply(encoded.passages), head.apply(encoded.briefs))


def compare_encoders(pairs: PairSet, before: Encoded, after: Encoded) -> Comparison:
    """Two encoders on the held-out perfumes, each brief searched among all perfumes."""
    first, then = scores_of(pairs, before, "test"), scores_of(pairs, after, "test")
    return compare(first, then, wanted_by(pairs, "test"), len(pairs.perfumes))


def scores_of(pairs: PairSet, encoded: Encoded, part: Part) -> np.ndarray:
    """nDCG at 10 by brief of a part."""
    return ndcg_at_10(
        encoded.briefs[list(pairs.briefs_of(part))], encoded.passages, pairs.starts, wanted_by(pairs, part)
    )


def right_windows(pairs: PairSet, batch: Sequence[int], epoch: int) -> list[int]:
    """By brief of a batch: the place of a window of its perfume, in turn over the epochs: any of them may answer."""
    starts = pairs.starts
    asked = [pairs.asks_for[place] for place in batch]
    return [starts[one] + (place + epoch) % len(pairs.windows[one]) for place, one in zip(batch, asked, strict=True)]


def wanted_by(pairs: PairSet, part: Part) -> Sequence[int]:
    """The perfume that each brief of a part asks for."""
    return [pairs.asks_for[place] for place in pairs.briefs_of(part)]
