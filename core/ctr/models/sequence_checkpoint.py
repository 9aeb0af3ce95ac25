"""The state of a training after an epoch as one NPZ file, so that a killed training goes on where it was.

Every random draw depends only on the seed and the epoch, so no generator's state needs to be kept.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.ctr.data.impressions import Impressions
from core.ctr.models.plain_files import as_json, from_npz
from core.ctr.models.sequence_config import SequenceConfig

if TYPE_CHECKING:
    import torch

Arrays = dict[str, np.ndarray[Any, Any]]
FORMAT = 1
MOMENTS = ("step", "exp_avg", "exp_avg_sq")  # what Adam remembers of each weight


@dataclass(frozen=True)
class EpochFigures:
    """One epoch. Accuracies are shares at the cut 0.5; training figures are of the rows that were drawn, with dropout.

    Figures of validation rows are None where there are none; seconds: of the epoch's training and validation.
    """

    epoch: int
    train_loss: float
    val_loss: float | None
    train_accuracy: float
    val_accuracy: float | None
    auc: float | None
    average_precision: float | None
    seconds: float


@dataclass(frozen=True)
class Checkpoint:
    """After the last epoch of `history`: current and best weights, and Adam's moments by weight number."""

    weights: Arrays
    best: Arrays
    adam: Arrays
    history: tuple[EpochFigures, ...]


def fingerprint(training: Impressions, validation: Impressions | None, config: SequenceConfig) -> str:
    """SHA-256 of the rows and the settings: a checkpoint of other ones must not be continued."""
    digest = hashlib.sha256(json.dumps([FORMAT, config.as_plain()], sort_keys=True).encode())
    for rows in (training, validation):
        if rows is None:
            continue
        arrays = [rows.numbers, rows.labels, *(one.codes for one in rows.categories)]
        if rows.sequences is not None:
            arrays += [rows.sequences.values, rows.sequences.offsets]
        names = [rows.number_names, [(one.name, one.levels) for one in rows.categories]]
        digest.update(json.dumps(names).encode())
        for array in arrays:
            digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def write_checkpoint(path: Path, checkpoint: Checkpoint, print_: str) -> None:
    """Replace the file in one step: a kill leaves the old one or the new one."""
    about = {"fingerprint": print_, "history": [asdict(one) for one in checkpoint.history]}
    arrays = {"about": np.frombuffer(as_json(about), np.uint8)}
    for part, values in (("weights", checkpoint.weights), ("best", checkpoint.best), ("adam", checkpoint.adam)):
        arrays |= {f"{part}/{name}": value for name, value in values.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".part")
    with unfinished.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


def read_checkpoint(path: Path | None, print_: str) -> Checkpoint | None:
    """None when there is none, when it belongs to other rows or settings, or when it is damaged."""
    if path is None or not path.exists():
        return None
    try:
        arrays = from_npz(path.read_bytes())
        about = json.loads(arrays.pop("about").tobytes())
    except (ValueError, KeyError, OSError, zipfile.BadZipFile):
        return None
    if about["fingerprint"] != print_:
        return None
    parts: dict[str, Arrays] = {"weights": {}, "best": {}, "adam": {}}
    for name, value in arrays.items():
        part, _, key = name.partition("/")
        parts[part][key] = value
    history = tuple(EpochFigures(**one) for one in about["history"])
    return Checkpoint(parts["weights"], parts["best"], parts["adam"], history)


def adam_arrays(optimizer: torch.optim.Optimizer) -> Arrays:
    """Adam's moments as arrays named "weight number.moment"."""
    state = optimizer.state_dict()["state"]
    return {f"{number}.{name}": one[name].numpy().copy() for number, one in state.items() for name in MOMENTS}


def put_adam(optimizer: torch.optim.Optimizer, arrays: Arrays) -> None:
    import torch

    content = optimizer.state_dict()
    numbers = sorted({int(name.partition(".")[0]) for name in arrays})
    content["state"] = {
        number: {name: torch.from_numpy(np.array(arrays[f"{number}.{name}"])) for name in MOMENTS} for number in numbers
    }
    optimizer.load_state_dict(content)
