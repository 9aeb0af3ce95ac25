"""Pearson correlation of many columns by matrix products, pairwise complete, mergeable block by block of rows.

Sums over the rows that two columns share are products of the zero-filled data with the 0/1 mask:
for standardised x with mask m, shared = m m', sums = x m', squares = x^2 m', products = x x'.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from core.datasets.column_values import Flags, Floats

BLOCK_ROWS = 4096  # 118 columns of it stay in the processor's cache; longer float32 sums would lose digits
FIRST_LOOK_ROWS = 4096  # rows that give a rough location and spread
COARSE = 0.1  # least share of the squares about the centre that must be spread; float32 keeps 1e-7 of them
Matrix = np.ndarray[Any, np.dtype[np.float64]]
Standardised = np.ndarray[Any, Any]  # float64 or float32, shape (columns, rows)


class PairSums:
    """Sums over the shared rows of each pair of columns.

    The rows must be standardised (`standardise`) by one centre and scale per column for all blocks; rough ones
    do. Blocks are multiplied in their own type and added up in float64: with float32 blocks, twice as fast,
    correlations agree to 1e-6 unless `has_lost_digits`.
    """

    def __init__(self, columns: int) -> None:
        size = (columns, columns)
        self.products = np.zeros(size)  # sum of x_i x_j over the rows where both are there
        self.shared = np.zeros(size)  # number of those rows
        self.sums = np.zeros(size)  # sum of x_i over them
        self.squares = np.zeros(size)  # sum of x_i^2 over them
        self.is_single = False

    def add(self, data: Standardised, mask: Flags | None) -> None:
        """Add rows. data: missing cells are 0. mask: same shape, False where missing; None when none is."""
        self.is_single |= data.dtype == np.float32
        for start in range(0, data.shape[1], BLOCK_ROWS):
            block = np.ascontiguousarray(data[:, start : start + BLOCK_ROWS])  # the products read it many times
            with np.errstate(over="ignore", invalid="ignore"):
                self.products += block @ block.T
                if mask is None:
                    self.shared += block.shape[1]
                    self.sums += block.sum(axis=1, dtype=np.float64)[:, None]
                    self.squares += np.einsum("ij,ij->i", block, block, dtype=np.float64)[:, None]
                    continue
                present = mask[:, start : start + BLOCK_ROWS].astype(block.dtype)
                self.shared += present @ present.T
                self.sums += block @ present.T
                self.squares += np.square(block) @ present.T

    def merge(self, other: PairSums) -> None:
        """Add the rows that `other` has seen, standardised by the same centres and scales."""
        self.is_single |= other.is_single
        for name in ("products", "shared", "sums", "squares"):
            getattr(self, name)[:] += getattr(other, name)

    def correlation(self) -> Matrix:
        """Shape (columns, columns); NaN where two columns share fewer than two rows or one is constant."""
        with np.errstate(invalid="ignore", divide="ignore"):
            spread = self._spread()
            # What is left of a constant column is rounding, not spread.
            spread[spread <= (1e-6 if self.is_single else 1e-10) * self.squares] = np.nan
            covariance = self.products - self.sums * self.sums.T / self.shared
            matrix = np.clip(covariance / np.sqrt(spread * spread.T), -1, 1)
        np.fill_diagonal(matrix, np.where(np.isnan(np.diag(matrix)), np.nan, 1.0))
        return (matrix + matrix.T) / 2

    def has_lost_digits(self) -> bool:
        """Whether some pair shares rows so far from the columns' centre that float32 is too coarse for it."""
        with np.errstate(invalid="ignore", divide="ignore"):
            is_coarse = self._spread() < COARSE * self.squares
        return self.is_single and bool(is_coarse[self.shared >= 2].any())

    def _spread(self) -> Matrix:
        """Squares about the mean of column i over the rows it shares with column j."""
        spread: Matrix = self.squares - self.sums**2 / self.shared
        return spread


def standardise(values: Floats, valid: Flags | None, centre: float, scale: float, out: Standardised) -> None:
    """Write (values - centre) / scale into `out`, a row of the data given to `PairSums.add`; missing cells as 0."""
    with np.errstate(over="ignore", invalid="ignore"):
        factor = 1 / scale if scale > 0 and np.isfinite(scale) else 1.0
        shifted = values - centre
        shifted *= factor
        out[:] = shifted
    if valid is not None:
        np.copyto(out, 0, where=~valid)


def rough_location(columns: list[tuple[Floats, Flags | None]]) -> list[tuple[float, float]]:
    """Mean and standard deviation of each column's first rows; 0 and 1 where they hold nothing."""
    found = []
    for values, valid in columns:
        first = values[:FIRST_LOOK_ROWS]
        first = first if valid is None else first[valid[:FIRST_LOOK_ROWS]]
        first = first[np.isfinite(first)]
        found.append((float(first.mean()), float(first.std())) if len(first) else (0.0, 1.0))
    return found


def add_columns(sums: PairSums, columns: list[tuple[Floats, Flags | None]], places: list[tuple[float, float]]) -> None:
    """Add a batch of rows in float64. columns: see `column_values.numbers`; places: centre and scale of each."""
    rows = len(columns[0][0]) if columns else 0
    data = np.empty((len(columns), rows))
    mask = np.ones(data.shape, np.bool_) if any(valid is not None for _, valid in columns) else None
    for row, ((values, valid), (centre, scale)) in enumerate(zip(columns, places, strict=True)):
        standardise(values, valid, centre, scale, data[row])
        if mask is not None and valid is not None:
            mask[row] = valid
    sums.add(data, mask)
