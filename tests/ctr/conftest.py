"""Samples and trainings shared by the tests of this room: each takes seconds, so each is made once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from core.ctr.data.impressions import Impressions, read_impressions
from core.ctr.data.splits import Split, split_by_time
from core.ctr.samples.impressions import SampleImpressions, make_impressions


@dataclass(frozen=True)
class Parts:
    """A sample, split by time and read."""

    sample: SampleImpressions
    split: Split
    train: Impressions
    validation: Impressions
    test: Impressions

    @property
    def truth(self) -> np.ndarray:
        return self.sample.probability[self.split.test]


def parts_of(sample: SampleImpressions) -> Parts:
    split = split_by_time(sample.frame)
    rows = read_impressions(sample.frame)
    return Parts(sample, split, *(rows.take(places) for places in split.parts.values()))


@pytest.fixture(scope="session")
def sample() -> SampleImpressions:
    """The sample of the product: 60,000 rows, default seed and effects."""
    return make_impressions()


@pytest.fixture(scope="session")
def small() -> SampleImpressions:
    return make_impressions(rows=6000, seed=11)


@pytest.fixture(scope="session")
def small_parts(small: SampleImpressions) -> Parts:
    return parts_of(small)


@pytest.fixture(scope="session")
def adult(shared_datasets: Path) -> pl.DataFrame:
    """Real census rows: a target of words, categories and numbers, no sequence."""
    return pl.read_csv(shared_datasets / "tabular_adult" / "adult_train.csv.gz")


@pytest.fixture(scope="session")
def open_bandit(shared_datasets: Path) -> pl.DataFrame:
    """Real impressions in the order of time, 0.46 % clicks."""
    return pl.read_parquet(shared_datasets / "ctr_open_bandit" / "obd_first70pct.parquet")


@pytest.fixture(scope="session")
def toss(shared_datasets: Path) -> pl.DataFrame:
    """1,500 real rows with 82 of the 119 columns."""
    return pl.read_csv(shared_datasets / "ctr_toss" / "toss_val_1500.csv")
