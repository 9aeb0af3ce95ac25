"""Pearson correlation of many columns by matrix products, pairwise complete, mergeable row block by row block.

Sums over the rows that two columns share are products of the zero-filled data with the 0/1 mask:
for standardised x with mask m, n = m m', sums = x m', squares = x^2 m', products = x x'.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from core.storage.column_values import Flags, Floats

BLOCK_ROWS = 4096  # 118 columns of it stay in the processor's cache
Matrix = np.ndarray[Any, np.dtype[np.float64]]


class PairSums:
    """Sums over the shared rows of each pair of columns.

    centre, scale: shape (columns,), any rough location and spread; they only keep the sums well conditioned.
    Without missing values everything is float64. The mask products are float32 within a block (their inputs
    are standardised) and add up in float64: correlations then agree to 1e-6.
    """

    def __init__(self, centre: Floats, scale: Floats) -> None:
        count = len(centre)
        self.centre = centre
        self.scale = np.where((scale > 0) & np.isfinite(scale), scale, 1.0)
        self.rows = 0
        self.products = np.zeros((count, count))  # sum of x_i x_j over rows where both are there
        self.full_sums = np.zeros(count)
        self.full_squares = np.zeros(count)
        self.masked: tuple[Matrix, Matrix, Matrix] | None = None  # n, sums, squares; made by the first null
        self._block = np.empty((count, BLOCK_ROWS))
        self._single = np.empty((2 * count, BLOCK_ROWS), np.float32)
        self._mask = np.empty((count, BLOCK_ROWS), np.float32)

    def add(self, columns: list[tuple[Floats, Flags | None]]) -> None:
        """Add rows: one (values, valid) per column, all of one length; see `column_values.numbers`."""
        rows = len(columns[0][0]) if columns else 0
        for start in range(0, rows, BLOCK_ROWS):
            self._add_block(columns, start, min(start + BLOCK_ROWS, rows))

    def _add_block(self, columns: list[tuple[Floats, Flags | None]], start: int, stop: int) -> None:
        size = stop - start
        has_nulls = any(valid is not None for _, valid in columns)
        block = self._single[: len(columns), :size] if has_nulls else self._block[:, :size]
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
        both = self._single[:, :size]
        np.square(block, out=both[count:])
        with_mask = both @ mask.T
        self.products += block @ block.T
        shared += mask @ mask.T
        sums += with_mask[:count]
        squares += with_mask[count:]

    def correlation(self) -> Matrix:
        """Shape (columns, columns); NaN where two columns share fewer than two rows or one is constant."""
        shared = np.full_like(self.products, float(self.rows))
        sums = np.repeat(self.full_sums[:, None], len(self.full_sums), axis=1)
        squares = np.repeat(self.full_squares[:, None], len(self.full_squares), axis=1)
        if self.masked is not None:
            shared, sums, squares = shared + self.masked[0], sums + self.masked[1], squares + self.masked[2]
        with np.errstate(invalid="ignore", divide="ignore"):
            spread = squares - sums**2 / shared  # of column i over the rows it shares with column j
            # What is left of a constant column is rounding, not spread.
            rounding = 1e-13 if self.masked is None else 1e-6
            spread[spread <= rounding * squares] = np.nan
            matrix = (self.products - sums * sums.T / shared) / np.sqrt(spread * spread.T)
        matrix = np.clip(matrix, -1, 1)
        np.fill_diagonal(matrix, np.where(np.isnan(np.diag(matrix)), np.nan, 1.0))
        return (matrix + matrix.T) / 2
