"""Gate, profile and split of a long file whose parts are worked on by two workers: what one machine finds alone."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from core.ctr.data.file_quality import check_impressions_file
from core.ctr.samples.impressions import make_impressions
from core.ctr.training.config import TrainingConfig
from core.ctr.training.long_rows import read_long
from core.datasets import file_parts
from core.datasets.profiling import profile_parquet
from core.settings.current import get_settings
from tests.cluster.dask_processes import DaskProcesses

pytestmark = pytest.mark.soak

COLUMNS = ("gender", "hour", "seq", "l_feat_3", "l_feat_16", "l_feat_20", "feat_e_3", "history_b_2", "clicked")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    make_impressions(rows=6000, seed=11).frame.select(COLUMNS).write_parquet(tmp_path / "a.parquet", row_group_size=400)
    return tmp_path / "a.parquet"


def everything(path: Path) -> str:
    findings = [one.as_dict() for one in check_impressions_file(path)]
    long, frame = read_long(path, TrainingConfig(), rows=1000)
    rows = [long.sampled.tolist(), long.split.test.tolist(), str(long.counts), frame.height]
    return json.dumps([findings, profile_parquet(path).to_dict(), rows], sort_keys=True, default=str)


def test_when_two_workers_see_the_file_then_its_parts_give_what_they_give_here(
    cluster: DaskProcesses, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_workers = everything(path)

    with monkeypatch.context() as alone:
        alone.setattr(file_parts, "is_configured", lambda: False)
        alone.setattr(file_parts, "spread", lambda function, parts, name: map(function, parts))
        here = everything(path)

    assert get_settings().dask_address
    assert on_workers == here


def test_when_workers_do_not_see_the_file_then_it_is_worked_on_here(
    cluster: DaskProcesses, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_parts, "size_of", len)  # asked on the workers: another size than the file's
    monkeypatch.setattr(file_parts, "spread", lambda *_, **__: pytest.fail("parts were sent"))

    assert np.isfinite(profile_parquet(path).rows)
