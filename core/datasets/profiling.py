"""Types, missing values, statistics, top values and correlation of a table, in memory or out of core.

NaN counts as missing, as in pandas. Correlation is pairwise complete.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.datasets.column_statistics import describe_numbers, describe_words
from core.datasets.column_values import Flags, Floats, kind_of, numbers, numeric_columns
from core.datasets.correlation import Matrix, PairSums, add_columns, rough_location, standardise
from core.datasets.table_profile import ColumnProfile, TableProfile, plain_matrix

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl
    import pyarrow as pa


SMALL_ROWS = 20_000  # tables up to here are correlated in float64, longer ones in float32 where that suffices
MOST_TOGETHER = 64_000_000  # cells that are correlated in one piece, 320 MB with their mask; else in batches
BATCH_ROWS = 16_384


def profile_frame(frame: pl.DataFrame) -> TableProfile:
    """Profile a Polars table that is in memory; every figure is exact."""
    return profile_table(frame.to_arrow())


def profile_table(table: pa.Table) -> TableProfile:
    """Profile an Arrow table that is in memory; every figure is exact."""
    numeric = numeric_columns(table.schema)
    rows_of = {place: row for row, (_, place) in enumerate(numeric)}
    together = _Together(len(numeric), table.num_rows)
    profiles = []
    for place, (field, column) in enumerate(zip(table.schema, table.columns, strict=True)):
        if place not in rows_of:
            profiles.append(describe_words(field.name, column))
            continue
        values, valid = numbers(column)
        profile = describe_numbers(field.name, kind_of(field.type), str(field.type), values, valid)
        profiles.append(profile)
        together.put(rows_of[place], values, valid, profile)
    matrix = together.correlation()
    if matrix is None:
        matrix = correlate_batches(table)
    names = tuple(name for name, _ in numeric)
    return TableProfile(table.num_rows, tuple(profiles), names, plain_matrix(matrix), table.num_rows)


def profile_parquet(path: Path) -> TableProfile:
    """Profile a Parquet file of any length within bounded memory; see `running_profile` for what is sampled."""
    from core.datasets.running_profile import profile_batches

    return profile_batches(path)


def correlate_batches(table: pa.Table) -> Matrix:
    """Pairwise-complete correlation of the numeric columns in float64, one batch of rows at a time."""
    places = [place for _, place in numeric_columns(table.schema)]
    sums = PairSums(len(places))
    location = None
    for batch in table.to_batches(BATCH_ROWS):
        columns = [numbers(batch.column(place)) for place in places]
        location = location or rough_location(columns)
        add_columns(sums, columns, location)
    return sums.correlation()


class _Together:
    """The standardised numeric columns of a whole table, gathered one by one while they are described."""

    def __init__(self, columns: int, rows: int) -> None:
        # float64 where it costs nothing: the few rows that two columns of a small table share weigh more.
        kind = np.float64 if rows <= SMALL_ROWS else np.float32
        self.fits = columns * rows <= MOST_TOGETHER
        self.data = np.empty((columns, rows) if self.fits else (0, 0), kind)
        self.mask: Flags | None = None

    def put(self, row: int, values: Floats, valid: Flags | None, profile: ColumnProfile) -> None:
        if not self.fits:
            return
        standardise(values, valid, profile.mean or 0.0, profile.std or 1.0, self.data[row])
        if valid is not None:
            if self.mask is None:
                self.mask = np.ones(self.data.shape, np.bool_)
            self.mask[row] = valid

    def correlation(self) -> Matrix | None:
        """None where float32 or the memory do not suffice."""
        sums = PairSums(len(self.data))
        sums.add(self.data, self.mask)
        return None if not self.fits or sums.has_lost_digits() else sums.correlation()
