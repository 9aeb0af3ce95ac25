"""The rows of a training: read, gated and split; and the synthetic sample, which is kept among the datasets."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from core.ctr.data.impressions import Impressions, read_impressions, read_target
from core.ctr.data.quality import check_impressions, check_split
from core.ctr.data.schema import COLUMNS, ROOM
from core.ctr.data.splits import Split, split_by_time, split_stratified
from core.ctr.evaluating.scores import Floats
from core.ctr.samples.impressions import SAMPLE_NAME, SAMPLE_ROWS, SampleImpressions, checksum, make_impressions
from core.ctr.training.config import TrainingConfig
from core.datasets.findings import Finding, standing
from core.errors import BadInput
from core.security.policy import Principal

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl

    from core.ctr.training.long_rows import LongTable
    from core.datasets.records import Dataset

SAMPLE_SHA256 = "6a538580662df6a6776f54e16d098701fbcee10e193aebbb1f470583528906b3"  # of `checksum`
SAMPLE_TITLE = f"{SAMPLE_NAME} (synthetic)"


@dataclass(frozen=True)
class TrainingData:
    """truth: the true probability of every row, shape (rows,), of a synthetic sample; None for real data.

    long: where the table did not fit in memory; frame, rows and split are then of a seeded sample of it.
    findings: of the gate and the split. accepted: code and column of a finding -> why somebody accepted it.
    """

    source: str
    sha256: str
    dataset_id: str
    frame: pl.DataFrame
    rows: Impressions
    split: Split
    truth: Floats | None
    synthetic: bool
    target: str
    positive: str | None
    findings: tuple[Finding, ...]
    accepted: dict[tuple[str, str | None], str]
    long: LongTable | None = None

    def part(self, name: str) -> Impressions:
        """The rows of "train", "validation" or "test"."""
        return self.rows.take(self.split.parts[name])

    @property
    def row_count(self) -> int:
        """Rows of the whole table, sampled or not."""
        return self.long.counts.rows if self.long is not None else self.frame.height

    @property
    def open_findings(self) -> tuple[Finding, ...]:
        """Blocking findings that nobody accepted."""
        return standing(self.findings, self.accepted)


def load_impressions(config: TrainingConfig, *, principal: Principal) -> TrainingData:
    """The dataset of `config`, or the synthetic sample when it names none, split as it says.

    Raises NotFound for a deleted dataset, Conflict while a blocking finding is open, BadInput for a target that
    cannot be learnt from.
    """
    if not config.dataset_id:
        return _split(config, SAMPLE_NAME, SAMPLE_SHA256, _sample().frame, _sample().probability, None, {})
    from core.ctr.training.long_rows import most_rows
    from core.datasets import records as datasets

    dataset = datasets.require_trainable(config.dataset_id, principal=principal)
    path = datasets.verified_path(dataset)
    if dataset.rows > (rows := most_rows(len(dataset.columns), config)):
        return _sample_of(config, dataset, path, rows)
    frame = datasets.read_frame(path)
    truth = _sample().probability if _is_sample(frame) else None
    accepted = {(one.code, one.column): one.reason for one in dataset.accepted}
    return _split(config, dataset.name, dataset.sha256, frame, truth, dataset.findings, accepted)


def keep_sample(*, principal: Principal) -> None:
    """Store the sample among the datasets, once, so that the pages can show what was trained on."""
    from core.ctr.data.datasets import store_impressions
    from core.datasets import records as datasets
    from core.datasets.uploads import uploaded_from_frame

    if any(one.name == SAMPLE_TITLE for one in datasets.list_datasets(principal=principal, room=ROOM)):
        return
    store_impressions(uploaded_from_frame(_sample().frame), name=SAMPLE_TITLE, principal=principal)


@cache
def _sample() -> SampleImpressions:
    """Drawn once: a training first keeps it among the datasets, then learns from it."""
    return make_impressions()


def _split(
    config: TrainingConfig, source: str, sha256: str, frame: pl.DataFrame, truth: Floats | None,
    findings: tuple[Finding, ...] | None, accepted: dict[tuple[str, str | None], str],
) -> TrainingData:  # fmt: skip
    positive = config.positive or None
    if config.target not in frame.columns:
        raise BadInput("ctr.no_target", target=config.target)
    # A target that cannot be learnt from is said before anything else.
    clicked = read_target(frame[config.target], positive)
    test, validation = config.test_split, config.validation_split
    if config.split == "time":
        split = split_by_time(
            frame, target=config.target, order_by=config.order_by, test_share=test, validation_share=validation
        )
    else:
        split = split_stratified(
            frame, target=config.target, seed=config.seed, test_share=test, validation_share=validation
        )
    for name, places in split.parts.items():
        if len(np.unique(clicked[places])) < 2:  # of several values of the target only one is a click
            raise BadInput("ctr.part_without_clicks", part=name, rows=len(places))
    if findings is None:
        findings = check_impressions(frame, target=config.target, positive=positive)
    return TrainingData(
        source=source,
        sha256=sha256,
        dataset_id=config.dataset_id,
        frame=frame,
        rows=read_impressions(frame, target=config.target, positive=positive),
        split=split,
        truth=None if truth is None else np.asarray(truth),
        synthetic=truth is not None,
        target=config.target,
        positive=positive,
        findings=(*findings, *check_split(frame, split.parts, target=config.target)),
        accepted=accepted,
    )


def _sample_of(config: TrainingConfig, dataset: Dataset, path: Path, rows: int) -> TrainingData:
    """A table that is too long for memory: a sample of `rows` of its rows, and the whole beside it."""
    from core.ctr.training.long_rows import read_long
    from core.datasets import records as datasets

    if config.target not in dataset.columns:
        raise BadInput("ctr.no_target", target=config.target)
    clicks = datasets.load_column(dataset, config.target)
    read_target(clicks, config.positive or None)  # a target that cannot be learnt from is said before anything else
    long, frame = read_long(path, config, rows=rows)
    impressions = read_impressions(frame, target=config.target, positive=long.positive)
    for name, places in long.sample_split.parts.items():
        if len(np.unique(impressions.labels[places])) < 2:
            raise BadInput("ctr.part_without_clicks", part=name, rows=len(places))
    return TrainingData(
        source=dataset.name,
        sha256=dataset.sha256,
        dataset_id=config.dataset_id,
        frame=frame,
        rows=impressions,
        split=long.sample_split,
        truth=None,
        synthetic=False,
        target=config.target,
        positive=long.positive,
        findings=(
            *dataset.findings,
            *check_split(clicks.to_frame(), long.split.parts, target=config.target, groups=long.groups),
            long.finding(config.models),
        ),
        accepted={(one.code, one.column): one.reason for one in dataset.accepted},
        long=long,
    )


def _is_sample(frame: pl.DataFrame) -> bool:
    """Stored and trained on like any other file, the sample stays a sample."""
    return frame.height == SAMPLE_ROWS and set(frame.columns) == set(COLUMNS) and checksum(frame) == SAMPLE_SHA256
