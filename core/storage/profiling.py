"""Types, missing values, statistics, top values and correlation of a table, in memory or out of core.

NaN counts as missing, as in pandas. Correlation is pairwise complete.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from core.storage.column_statistics import describe_numbers, describe_words
from core.storage.column_values import kind_of, numbers, numeric_columns
from core.storage.correlation import Matrix, PairSums, rough_location
from core.storage.table_profile import ColumnProfile, TableProfile, TopValue, plain_matrix

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl
    import pyarrow as pa

__all__ = ["ColumnProfile", "TableProfile", "TopValue", "profile_frame", "profile_parquet", "profile_table"]

SMALL_ROWS = 20_000  # float64 throughout: a few shared rows weigh more there, and it takes no time


def profile_frame(frame: pl.DataFrame) -> TableProfile:
    """Profile a Polars table that is in memory; every figure is exact."""
    return profile_table(frame.to_arrow())


def profile_table(table: pa.Table) -> TableProfile:
    """Profile an Arrow table that is in memory; every figure is exact."""
    # NumPy lets go of the interpreter lock in the products and in the sorts: two threads share them.
    # Each turns a column, or a block of rows, into float64 only when its turn comes: a second copy of
    # the whole table would cost as much memory as the table.
    with ThreadPoolExecutor(1) as pool:
        matrix = pool.submit(correlate_batches, table.schema, table.to_batches())
        profiles = tuple(_describe(field, column) for field, column in zip(table.schema, table.columns, strict=True))
    numeric = tuple(name for name, _ in numeric_columns(table.schema))
    return TableProfile(table.num_rows, profiles, numeric, plain_matrix(matrix.result()), table.num_rows)


def profile_parquet(path: Path) -> TableProfile:
    """Profile a Parquet file of any length within bounded memory; see `running_profile` for what is sampled."""
    from core.storage.running_profile import profile_batches

    return profile_batches(path)


def correlate_batches(schema: pa.Schema, batches: Sequence[pa.RecordBatch]) -> Matrix:
    """Pairwise-complete correlation of the numeric columns, one batch of rows at a time."""
    is_small = sum(batch.num_rows for batch in batches) <= SMALL_ROWS
    sums = _pair_sums(schema, batches, is_precise=is_small)
    if sums is not None and sums.has_lost_digits():
        sums = _pair_sums(schema, batches, is_precise=True)
    size = len(numeric_columns(schema))
    return np.full((size, size), np.nan) if sums is None else sums.correlation()


def _pair_sums(schema: pa.Schema, batches: Sequence[pa.RecordBatch], *, is_precise: bool) -> PairSums | None:
    places = [place for _, place in numeric_columns(schema)]
    sums = None
    for batch in batches:
        columns = [numbers(batch.column(place)) for place in places]
        sums = sums or PairSums(*rough_location(columns), is_precise=is_precise)
        sums.add(columns)
    return sums


def _describe(field: pa.Field, column: pa.ChunkedArray) -> ColumnProfile:
    kind = kind_of(field.type)
    if kind in ("integer", "number"):
        return describe_numbers(field.name, kind, str(field.type), *numbers(column))
    return describe_words(field.name, column)
