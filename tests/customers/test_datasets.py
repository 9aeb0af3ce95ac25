"""Training on stored datasets: renamed headers are ordinary, rows with gaps need an accepted finding."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.customers.samples import sample_csv
from core.customers.schema import CUSTOMER_SCHEMA
from core.customers.training import load_customers
from core.datasets.records import Dataset, accept_finding, open_findings, save_dataset
from core.datasets.uploads import read_upload
from core.errors import Conflict
from core.security.policy import LOCAL_ANALYST


def stored(folder: Path, text: str) -> Dataset:
    path = folder / "customers.csv"
    path.write_text(text, encoding="utf-8")
    table = read_upload(path, path.name, limit_bytes=10**7)
    return save_dataset(table, name=path.name, room="customers", principal=LOCAL_ANALYST, schema=CUSTOMER_SCHEMA)


def test_when_headers_are_renamed_then_the_dataset_is_still_read(home: Path) -> None:
    text = sample_csv(rows=200).decode().replace("Frequency of Purchases", "구매 주기").replace("Age,", "나이,", 1)
    data = load_customers(stored(home, text).id, principal=LOCAL_ANALYST)
    assert (len(data.columns), data.left_out, data.synthetic) == (200, 0, False)


def test_when_ages_are_missing_then_rows_are_left_out_only_after_acceptance(home: Path) -> None:
    lines = sample_csv(rows=200).decode().splitlines()
    lines[1] = ",".join(["1", "", *lines[1].split(",")[2:]])
    dataset = stored(home, "\n".join(lines))
    with pytest.raises(Conflict):
        load_customers(dataset.id, principal=LOCAL_ANALYST)
    for finding in open_findings(dataset):
        accept_finding(dataset.id, finding.code, finding.column, "one gap is harmless", principal=LOCAL_ANALYST)
    data = load_customers(dataset.id, principal=LOCAL_ANALYST)
    assert (len(data.columns), data.left_out) == (199, 1)
