"""Pearson correlation of many columns by matrix products, pairwise complete, mergeable row block by row block.

Sums over the rows that two columns share are products of the zero-filled data with the 0/1 mask:
for standardised x with mask m, n = m m', sums = x m', squares = x^2 m', products = x x'.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from core.storage.column_values import Flags, Floats

FIRST_LOOK_ROWS = 4096  # rows that give the rough location and spread which condition the sums
COARSE = 0.1  # least share of the squares about the centre that must be spread; float32 keeps 1e-7 of them
BLOCK_ROWS = 4096  # 118 columns of it stay in the processor's cache
Matrix = np.ndarray[Any, np.dtype[np.float64]]


class PairSums:
    """Sums over the shared rows of each pair of columns.

    centre, scale: shape (columns,), any rough location and spread; they only keep the sums well conditioned.
    is_precise: everything in float64. Otherwise blocks with missing values are multiplied in float32, twice
    as fast, and added up in float64: correlations agree to 1e-6 unless `has_lost_digits`. Blocks without
    missing values are float64 either way.
    """

    def __init__(self, centre: Floats, scale: Floats, *, is_precise: bool) -> None:
        count = len(centre)
        self.centre = centre
        self.scale = np.where((scale > 0) & np.isfinite(scale), scale, 1.0)
        self.rows = 0
        self.products = np.zeros((count, count))  # sum of x_i x_j over rows where both are there
        self.full_sums = np.zeros(count)
        self.full_squares = np.zeros(count)
        self.masked: tuple[Matrix, Matrix, Matrix] | None = None  # n, sums, squares; made by the first null
        masked_type = np.float64 if is_precise else np.float32
        self.is_precise = is_precise
        self._block = np.empty((count, BLOCK_ROWS))
        self._both = np.empty((2 * count, BLOCK_ROWS), masked_type)
        self._mask = np.empty((count, BLOCK_ROWS), masked_type)

    def add(self, columns: list[tuple[Floats, Flags | None]]) -> None:
        """Add rows: one (values, valid) per column, all of one length; see `column_values.numbers`."""
        rows = len(columns[0][0]) if columns else 0
        for start in range(0, rows, BLOCK_ROWS):
            self._add_block(columns, start, min(start + BLOCK_ROWS, rows))

    def _add_block(self, columns: list[tuple[Floats, Flags | None]], start: int, stop: int) -> None:
        size = stop - start
        has_nulls = any(valid is not None for _, valid in columns)
        block = self._both[: len(columns), :size] if has_nulls else self._block[:, :size]
        mask = self._mask[:, :size]
        with np.errstate(over="ignore", invalid="ignore"):
            for row, (values, valid) in enumerate(columns):
                np.subtract(values[start:stop], self.centre[row], out=block[row], casting="same_kind")
                if valid is not None:
                    np.copyto(block[row], 0, where=~valid[start:stop])
                    mask[row] = valid[start:stop]
                elif has_nulls:
                    mask[row] = 1
            block *= (1 / self.scale)[:, None].astype(block.dtype)
            if has_nulls:
                self._add_masked(block, mask, len(columns), size)
            else:
                self.products += block @ block.T
                self.full_sums += block.sum(axis=1)
                self.full_squares += np.einsum("ij,ij->i", block, block)
                self.rows += size

    def _add_masked(self, block: Any, mask: Any, count: int, size: int) -> None:
        if self.masked is None:
            self.masked = (np.zeros((count, count)), np.zeros((count, count)), np.zeros((count, count)))
        shared, sums, squares = self.masked
        both = self._both[:, :size]
        np.square(block, out=both[count:])
        with_mask = both @ mask.T
        self.products += block @ block.T
        shared += mask @ mask.T
        sums += with_mask[:count]
        squares += with_mask[count:]

    def correlation(self) -> Matrix:
        """Shape (columns, columns); NaN where two columns share fewer than two rows or one is constant."""
        shared, sums, squares = self._totals()
        with np.errstate(invalid="ignore", divide="ignore"):
            spread = squares - sums**2 / shared  # of column i over the rows it shares with column j
            # What is left of a constant column is rounding, not spread.
            spread[spread <= (1e-10 if self.is_precise else 1e-6) * squares] = np.nan
            matrix = (self.products - sums * sums.T / shared) / np.sqrt(spread * spread.T)
        matrix = np.clip(matrix, -1, 1)
        np.fill_diagonal(matrix, np.where(np.isnan(np.diag(matrix)), np.nan, 1.0))
        return (matrix + matrix.T) / 2

    def has_lost_digits(self) -> bool:
        """Whether some pair shares rows so far from the columns' centre that float32 is too coarse for it."""
        if self.is_precise or self.masked is None:
            return False
        shared, sums, squares = self._totals()
        with np.errstate(invalid="ignore", divide="ignore"):
            return bool((squares - sums**2 / shared < COARSE * squares)[shared >= 2].any())

    def _totals(self) -> tuple[Matrix, Matrix, Matrix]:
        shared = np.full_like(self.products, float(self.rows))
        sums = np.repeat(self.full_sums[:, None], len(self.full_sums), axis=1)
        squares = np.repeat(self.full_squares[:, None], len(self.full_squares), axis=1)
        if self.masked is None:
            return shared, sums, squares
        return shared + self.masked[0], sums + self.masked[1], squares + self.masked[2]


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
