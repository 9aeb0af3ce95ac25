"""Adapter and optimiser after an epoch in one file of plain tensors, which is there whole or not at all."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

MOMENTS = ("exp_avg", "exp_avg_sq", "step")  # what Adam keeps of each parameter
Named = Sequence[tuple[str, "torch.nn.Parameter"]]


@dataclass(frozen=True)
class Course:
    """One epoch of a training. number: from 1. train_loss, eval_loss: mean loss of a piece of a story [nats]."""

    number: int
    train_loss: float
    eval_loss: float


def write_checkpoint(path: Path, asked: str, parameters: Named, optimizer: Any, course: Sequence[Course]) -> None:
    """asked: fingerprint of data, base and settings. Written beside its place and moved there."""
    from safetensors.torch import save_file

    tensors = {name: one.detach().contiguous() for name, one in parameters}
    for name, one in parameters:
        state = optimizer.state[one]
        tensors |= {f"{moment}:{name}": state[moment].detach().contiguous() for moment in MOMENTS}
    told = {"asked": asked, "course": json.dumps([asdict(one) for one in course])}
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".writing-") as folder:
        written = Path(folder) / path.name
        save_file(tensors, written, metadata=told)
        written.replace(path)


def read_checkpoint(path: Path, asked: str, parameters: Named, optimizer: Any) -> tuple[Course, ...]:
    """Put a checkpoint's state into parameters and optimiser; the epochs it holds, () where none of these is there."""
    import torch
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            told = file.metadata() or {}
            if told.get("asked") != asked:
                return ()
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
    except (OSError, SafetensorError):
        return ()
    with torch.no_grad():
        for name, one in parameters:
            one.copy_(tensors[name])
            state = {moment: tensors[f"{moment}:{name}"] for moment in MOMENTS}
            optimizer.state[one] = {
                moment: value if moment == "step" else value.to(one.device) for moment, value in state.items()
            }
    return tuple(Course(**one) for one in json.loads(told["course"]))
