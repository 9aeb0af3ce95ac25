"""What a training does beside its sample where the table is long: full passes, and scores over all test rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.ctr.data.impressions import Impressions, read_impressions
from core.ctr.evaluating.scores import score
from core.ctr.models.baselines import KINDS, Trained, Trial, load_model
from core.ctr.models.linear_passes import PassLearner
from core.ctr.training.long_rows import LongTable
from core.datasets.parquet_pieces import frames_of
from core.datasets.running_profile import runs_of_groups

PARTS = 16  # runs of row groups that are scored apart


@dataclass(frozen=True)
class TestScores:
    """Scores over every test row, exact: one probability (float32) per row and model is all that is kept.

    scores: model -> score -> value.
    """

    rows: int
    clicks: int
    scores: dict[str, dict[str, float]]


@dataclass(frozen=True)
class TestPart:
    """Row groups to score. wanted: which of their rows, shape (rows,). files: model -> what it saved."""

    path: Path
    groups: tuple[int, ...]
    wanted: NDArray[np.bool_]
    target: str
    positive: str | None
    files: dict[str, dict[str, bytes]]


def train_in_passes(
    name: str, training: Impressions, validation: Impressions, table: LongTable, *, trials: int,
    progress: Callable[[float], None] = lambda fraction: None,
) -> Trained:  # fmt: skip
    """A linear model over every training row, then every validation row.

    training, validation: the sample, which settles columns, penalties and settings. The probabilities of the
    validation sample are those of the model that had seen no validation row.
    """
    tried = []
    base_rate = float(training.labels.mean())
    for settings in KINDS[name].settings[:trials]:
        model = KINDS[name].make(**settings).fit(training)
        loss = score(validation.labels, model.predict_proba(validation), base_rate=base_rate)["log_loss"]
        tried.append((Trial(settings, loss), model))
    learner = PassLearner(min(tried, key=lambda one: one[0].log_loss)[1])
    every = table.rows_seen(name)
    for piece in table.pieces("train"):
        learner.learn(piece)
        progress(learner.rows / every)
    probability = learner.model().predict_proba(validation)
    for piece in table.pieces("validation"):
        learner.learn(piece)
        progress(learner.rows / every)
    return Trained(learner.model(), tuple(trial for trial, _ in tried), probability)


def score_test_rows(
    models: Mapping[str, Any], table: LongTable, *, base_rate: float,
    progress: Callable[[float], None] = lambda fraction: None,
) -> TestScores:  # fmt: skip
    """Every model's scores over all test rows, read and predicted part by part, on the cluster where there is one."""
    from pyarrow import parquet

    from core.datasets.file_parts import spread_over

    wanted = table.mask("test")
    with parquet.ParquetFile(table.path) as file:
        sizes = [file.metadata.row_group(one).num_rows for one in range(file.metadata.num_row_groups)]
    starts = np.concatenate([[0], np.cumsum(sizes)])
    files = {name: model.save() for name, model in models.items()}
    parts = []
    for run in runs_of_groups(len(sizes), PARTS):
        own = wanted[starts[run[0]] : starts[run[-1] + 1]]
        if own.any():
            parts.append(TestPart(table.path, tuple(run), own, table.target, table.positive, files))
    labels: list[NDArray[np.int8]] = []
    found: dict[str, list[NDArray[np.float32]]] = {name: [] for name in models}
    for number, (clicked, probability) in enumerate(
        spread_over(table.path, score_part, parts, name="test rows"), start=1
    ):
        labels.append(clicked)
        for name, one in probability.items():
            found[name].append(one)
        progress(number / len(parts))
    every = np.concatenate(labels)
    scores = {
        name: score(every, np.concatenate(one).astype(np.float64), base_rate=base_rate) for name, one in found.items()
    }
    return TestScores(len(every), int(every.sum()), scores)


def score_part(part: TestPart) -> tuple[NDArray[np.int8], dict[str, NDArray[np.float32]]]:
    """Labels and probabilities of the wanted rows, in their order."""
    import polars as pl

    models = {name: load_model(name, files) for name, files in part.files.items()}
    labels, found, done = [], {name: [np.empty(0, np.float32)] for name in models}, 0
    for frame in frames_of(part.path, part.groups):
        own = frame.filter(pl.Series(part.wanted[done : done + frame.height]))
        done += frame.height
        if own.height == 0:
            continue
        rows = read_impressions(own, target=part.target, positive=part.positive, every_category=True)
        labels.append(rows.labels)
        for name, model in models.items():
            found[name].append(np.asarray(model.predict_proba(rows), np.float32))
    return np.concatenate(labels), {name: np.concatenate(one) for name, one in found.items()}
