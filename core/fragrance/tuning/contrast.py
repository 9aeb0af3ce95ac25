"""What contrastive training shares, whatever is trained: its knobs, its loss and its batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Contrast:
    """temperature: divides the cosines; E5 was trained with 0.01. patience: epochs without a better validation nDCG."""

    epochs: int = 30
    batch_size: int = 64
    learning_rate: float = 3e-4
    weight_decay: float = 0.05
    temperature: float = 0.02
    patience: int = 5
    seed: int = 0

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Epoch:
    """number: from 1. loss: mean over the steps. validation: nDCG at 10 on the validation perfumes."""

    number: int
    loss: float
    validation: float


def info_nce(
    briefs: torch.Tensor, passages: torch.Tensor, perfumes: torch.Tensor, temperature: float
) -> torch.Tensor:  # fmt: skip
    """The mean loss of naming the right passage among those of the batch, both ways (van den Oord et al. 2018).

    briefs, passages: unit rows, shape (n, dim); row i of both belong together. perfumes: shape (n,), whom they belong
    to: another brief's passage of the same perfume is no wrong answer and is left out.
    """
    import torch

    scores = briefs @ passages.T / temperature
    is_own = torch.eye(len(scores), dtype=torch.bool)
    is_same = (perfumes[:, None] == perfumes[None, :]) & ~is_own
    scores = scores.masked_fill(is_same.to(scores.device), float("-inf"))
    right = torch.arange(len(scores), device=scores.device)
    cross = torch.nn.functional.cross_entropy
    return (cross(scores, right) + cross(scores.T, right)) / 2


def batches(places: Sequence[int], size: int, seed: int, epoch: int) -> Iterator[list[int]]:
    """The places in an order of this epoch's own; a last batch of one is left out, as it holds nothing to tell from."""
    order = np.random.default_rng([seed, epoch]).permutation(len(places))
    for start in range(0, len(order), size):
        batch = [places[number] for number in order[start : start + size]]
        if len(batch) > 1:
            yield batch
