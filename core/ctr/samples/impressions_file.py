"""Synthetic impressions of any number, written to a Parquet file piece by piece; every piece is a week of its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.ctr.samples.impressions import SAMPLE_SEED, make_impressions

PIECE_ROWS = 60_000  # drawn at once; a row group each


def write_impressions(
    path: Path, *, rows: int, seed: int = SAMPLE_SEED, piece_rows: int = PIECE_ROWS
) -> NDArray[np.float32]:
    """Write `rows` impressions of the 119 columns to `path`; returns their true click probabilities, shape (rows,).

    The planted effects are the same in every piece (`guide.STATIC_AND_ORDER`); only one piece is in memory.
    """
    from pyarrow import parquet

    probability = np.empty(rows, np.float32)
    writer = None
    try:
        for number, start in enumerate(range(0, rows, piece_rows)):
            sample = make_impressions(rows=min(piece_rows, rows - start), seed=seed + number)
            table = sample.frame.to_arrow()
            writer = writer or parquet.ParquetWriter(path, table.schema, compression="zstd")
            writer.write_table(table.cast(writer.schema))
            probability[start : start + len(sample.probability)] = sample.probability
    finally:
        if writer is not None:
            writer.close()
    return probability
