"""The sample file: the same on every machine, in the schema analysts bring."""

from __future__ import annotations

import hashlib

import polars as pl

from core.customers.samples import COLUMN_ORDER, SAMPLE_ROWS, make_customers, sample_csv
from core.customers.schema import CUSTOMER_SCHEMA

SAMPLE_SHA256 = "c86ab27efb7118b9a8d7a55535ac863c1a5525efb11969a506fd49f09858bc55"


def test_when_made_again_then_the_sample_has_the_committed_checksum() -> None:
    assert hashlib.sha256(sample_csv()).hexdigest() == SAMPLE_SHA256


def test_when_the_seed_changes_then_the_sample_changes() -> None:
    assert sample_csv(seed=1, rows=100) != sample_csv(seed=2, rows=100)


def test_when_read_back_then_the_sample_has_the_19_columns_of_the_schema() -> None:
    frame = pl.read_csv(sample_csv())
    assert frame.columns == list(COLUMN_ORDER) == list(CUSTOMER_SCHEMA.names)
    assert frame.height == SAMPLE_ROWS
    assert not frame.null_count().sum_horizontal().item()


def test_when_structure_is_off_then_the_columns_are_unrelated() -> None:
    planted, _ = make_customers()
    shuffled, _ = make_customers(structure=False)
    columns = ("Age", "Purchase Amount (USD)")
    amount_by_subscription = [
        frame.group_by("Subscription Status").agg(pl.col(columns[0]).mean()).get_column(columns[0]).to_list()
        for frame in (planted, shuffled)
    ]
    assert abs(amount_by_subscription[0][0] - amount_by_subscription[0][1]) > 10
    assert abs(amount_by_subscription[1][0] - amount_by_subscription[1][1]) < 2
