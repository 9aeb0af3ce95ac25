"""A long file end to end under a tight limit of memory, as `benchmarks.ctr_large` runs 6,000,000 rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.ctr_large import run_stages

ROWS = 300_000
LIMIT_MB = 1536  # at once, training alone takes 3,700 MB of so many rows, and the libraries 400 MB of none


@pytest.mark.soak
@pytest.mark.timeout(3000)
def test_when_a_table_is_longer_than_the_memory_then_every_stage_stays_below_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_TABLE_MEMORY_MB", "512")

    figures = run_stages(ROWS, tmp_path, limit_mb=LIMIT_MB, sample=20_000)

    assert max(one["peak_mb"] for one in figures.values()) <= LIMIT_MB
    assert figures["store"]["found"]["rows"] == figures["score"]["found"]["rows"] == ROWS
    found = figures["train"]["found"]
    assert found["rows_seen"] == {"order_logistic": 240_000, "boosted_trees": 16_000}
    assert found["test_rows"] == ROWS // 5
    assert found["scores"]["order_logistic"]["log_loss"] < found["scores"]["boosted_trees"]["log_loss"]
    assert found["best"]["auc"] > found["scores"]["order_logistic"]["auc"] > 0.75
