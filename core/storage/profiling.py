"""Types, missing values, statistics, top values and correlation of a table, in memory or out of core.

NaN counts as missing, as in pandas. Correlation is pairwise complete.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from core.storage.column_statistics import describe_numbers, describe_words
from core.storage.column_values import Flags, Floats, kind_of, numbers
from core.storage.correlation import Matrix, PairSums
from core.storage.table_profile import ColumnProfile, TableProfile, TopValue, finite

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl
    import pyarrow as pa

__all__ = ["ColumnProfile", "TableProfile", "TopValue", "profile_frame", "profile_parquet", "profile_table"]

FIRST_LOOK_ROWS = 4096  # rows that give the rough location and spread which condition the pair sums


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
        profiles = tuple(
            _describe(field, column) for field, column in zip(table.schema, table.columns, strict=True)
        )
    numeric = tuple(name for name, _ in numeric_columns(table.schema))
    return TableProfile(table.num_rows, profiles, numeric, plain_matrix(matrix.result()), table.num_rows)


def profile_parquet(path: Path) -> TableProfile:
    """Profile a Parquet file of any length within bounded memory; see `running_profile` for what is sampled."""
    from core.storage.running_profile import profile_batches

    return profile_batches(path)


def numeric_columns(schema: pa.Schema) -> list[tuple[str, int]]:
    """Name and position of the columns that are correlated: numbers, without truth values."""
    kinds = ("integer", "number")
    return [(field.name, place) for place, field in enumerate(schema) if kind_of(field.type) in kinds]


def correlate_batches(schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> Matrix:
    """Pairwise-complete correlation of the numeric columns, one batch of rows at a time."""
    places = [place for _, place in numeric_columns(schema)]
    sums: PairSums | None = None
    for batch in batches:
        columns = [numbers(batch.column(place)) for place in places]
        sums = sums or PairSums(*rough_location(columns))
        sums.add(columns)
    return np.full((len(places), len(places)), np.nan) if sums is None else sums.correlation()


def _describe(field: pa.Field, column: pa.ChunkedArray) -> ColumnProfile:
    kind = kind_of(field.type)
    if kind in ("integer", "number"):
        return describe_numbers(field.name, kind, str(field.type), *numbers(column))
    return describe_words(field.name, column)


def rough_location(columns: list[tuple[Floats, Flags | None]]) -> tuple[Floats, Floats]:
    """Mean and standard deviation of each column's first rows; 0 and 1 where they hold nothing."""
    centre, scale = np.zeros(len(columns)), np.ones(len(columns))
    for row, (values, valid) in enumerate(columns):
        first = values[:FIRST_LOOK_ROWS]
        first = first if valid is None else first[valid[:FIRST_LOOK_ROWS]]
        first = first[np.isfinite(first)]
        if len(first):
            centre[row], scale[row] = first.mean(), first.std()
    return centre, scale


def plain_matrix(matrix: Matrix) -> tuple[tuple[float | None, ...], ...]:
    """Rows of plain numbers with None for NaN."""
    return tuple(tuple(finite(value) for value in row) for row in matrix.tolist())
