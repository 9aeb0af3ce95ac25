"""Seeded tables for the profiling benchmark: a wide click log as CSV and a long table as Parquet."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

GROUPS = {"feat_a": 18, "feat_b": 6, "feat_c": 8, "feat_d": 6, "feat_e": 10, "l_feat": 27}
HISTORY = {"history_a": 7, "history_b": 30}


def write_wide_csv(path: Path, rows: int = 60_000, seed: int = 0) -> Path:
    """119 columns: 5 keys, a list of ids as text (median 85 ids), 112 numbers, the label.

    The numbers share eight latent factors and hold heavy tails, small integers, 2 % scattered nulls
    and one block of ten columns that is null together in 30 % of the rows.
    """
    rng = np.random.default_rng(seed)
    factors = rng.standard_normal((rows, 8))
    columns: dict[str, object] = {
        "gender": rng.choice(["1.0", "2.0"], rows),
        "age_group": rng.integers(1, 9, rows),
        "inventory_id": rng.integers(1, 19, rows),
        "day_of_week": rng.integers(1, 8, rows),
        "hour": rng.integers(0, 24, rows),
        "seq": _sequences(rng, rows),
    }
    block_missing = rng.random(rows) < 0.3
    for number, name in enumerate(_names(GROUPS | HISTORY)):
        values = factors @ rng.standard_normal(8) + rng.standard_normal(rows)
        if number % 5 == 0:
            values = np.exp(values / 2)
        missing = rng.random(rows) < 0.02
        if name.startswith("feat_e"):
            missing |= block_missing
        if number % 7 == 0:
            columns[name] = pl.Series(np.abs(values).astype(np.int64)).set(pl.Series(missing), None)
        else:
            columns[name] = pl.Series(values.round(4)).set(pl.Series(missing), None)
    columns["clicked"] = (rng.random(rows) < 0.019).astype(np.int64)
    pl.DataFrame(columns).write_csv(path)
    return path


def write_long_parquet(path: Path, rows: int, seed: int = 0, chunk: int = 250_000) -> Path:
    """20 columns: 12 normal numbers, 4 small integers, a near-unique number, 3 texts; row groups of 250,000."""
    import pyarrow.parquet

    writer = None
    for start in range(0, rows, chunk):
        table = _long_chunk(np.random.default_rng([seed, start]), min(chunk, rows - start)).to_arrow()
        writer = writer or pyarrow.parquet.ParquetWriter(path, table.schema, compression="zstd")
        writer.write_table(table)
    assert writer is not None
    writer.close()
    return path


def _names(groups: dict[str, int]) -> list[str]:
    return [f"{group}_{number}" for group, size in groups.items() for number in range(1, size + 1)]


def _sequences(rng: np.random.Generator, rows: int) -> list[str]:
    lengths = np.clip(rng.lognormal(4.45, 0.75, rows).astype(int), 1, 400)
    share = 1 / np.arange(1, 601) ** 0.7
    words = np.array([str(number) for number in range(1, 601)])
    ids = words[rng.choice(600, int(lengths.sum()), p=share / share.sum())]
    return [",".join(part) for part in np.split(ids, np.cumsum(lengths)[:-1])]


def _long_chunk(rng: np.random.Generator, rows: int) -> pl.DataFrame:
    factor = rng.standard_normal(rows)
    columns: dict[str, pl.Series] = {}
    for number in range(12):
        values = pl.Series(factor * number / 6 + rng.standard_normal(rows))
        columns[f"number_{number}"] = values.set(pl.Series(rng.random(rows) < 0.02), None)
    for number in range(4):
        columns[f"count_{number}"] = pl.Series(rng.poisson(2 + number, rows))
    columns["amount"] = pl.Series(rng.lognormal(3, 1, rows).round(4))
    levels = pl.Series([f"level {number}" for number in range(50)])
    columns["city"] = levels.gather(rng.integers(0, 50, rows))
    columns["plan"] = levels.gather(rng.integers(0, 5, rows))
    columns["user"] = pl.Series(rng.integers(0, 3_000_000, rows)).cast(pl.String)
    return pl.DataFrame(columns)
