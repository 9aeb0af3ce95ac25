"""Reading and profiling a wide CSV against pandas, and profiling Parquet beyond memory.

Both sides do types, missing values, statistics, quantiles and pairwise correlation, each run in a fresh process
with its imports; ours also counts distinct and top values. Peak memory is the child's largest resident set.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.report import write_section

# Nothing heavy up here: a child's peak memory, as Linux counts it, starts at the peak of its parent.
if TYPE_CHECKING:
    import numpy as np
    import polars as pl

ROUNDS = 7
CSV_GOAL = 0.2  # of the time of pandas
MEMORY_GOAL = 4.0  # times the file
PARQUET_ROWS = (500_000, 1_000_000, 2_000_000)
GOAL_ROWS = 10_000_000
GOAL_MIB = 1024

PANDAS = """
import sys, pandas
frame = pandas.read_csv(sys.argv[1])
frame.describe(), frame.isna().sum(), frame.corr(numeric_only=True)
"""
OURS = """
import sys
from pathlib import Path
from core.datasets.profiling import profile_table
from core.datasets.uploads import read_upload
table = read_upload(Path(sys.argv[1]), "wide.csv", limit_bytes=1 << 30)
profile_table(table.arrow)
"""
WRITE_CSV = """
import sys
from pathlib import Path
from benchmarks.csv_profile import write_wide_csv
write_wide_csv(Path(sys.argv[1]))
"""
WRITE_PARQUET = """
import sys
from pathlib import Path
from benchmarks.csv_profile import write_long_parquet
write_long_parquet(Path(sys.argv[1]), int(Path(sys.argv[1]).stem))
"""
PARQUET = """
import sys
from pathlib import Path
from core.datasets.profiling import profile_parquet
profile_parquet(Path(sys.argv[1]))
"""

GROUPS = {"feat_a": 18, "feat_b": 6, "feat_c": 8, "feat_d": 6, "feat_e": 10, "l_feat": 27}
HISTORY = {"history_a": 7, "history_b": 30}


def write_wide_csv(path: Path, rows: int = 60_000, seed: int = 0) -> Path:
    """119 columns: 5 keys, a list of ids as text (median 85 ids), 112 numbers, the label.

    The numbers share eight latent factors and hold heavy tails, small integers, 2 % scattered nulls
    and one block of ten columns that is null together in 30 % of the rows.
    """
    import numpy as np
    import polars as pl

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
    import numpy as np
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
    import numpy as np

    lengths = np.clip(rng.lognormal(4.45, 0.75, rows).astype(int), 1, 400)
    share = 1 / np.arange(1, 601) ** 0.7
    words = np.array([str(number) for number in range(1, 601)])
    ids = words[rng.choice(600, int(lengths.sum()), p=share / share.sum())]
    return [",".join(part) for part in np.split(ids, np.cumsum(lengths)[:-1])]


def _long_chunk(rng: np.random.Generator, rows: int) -> pl.DataFrame:
    import polars as pl

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


@dataclass(frozen=True)
class Run:
    """One child process."""

    seconds: float
    cpu_s: float
    peak_mib: float


def run(code: str, path: Path) -> Run:
    """Run `code` with `path` as its argument in a fresh process, with the thread setting of the workbench."""
    begun = time.perf_counter()
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    child = os.posix_spawn(sys.executable, [sys.executable, "-c", code, str(path)], environment)
    _, status, usage = os.wait4(child, 0)
    seconds = time.perf_counter() - begun
    if status:
        raise SystemExit(f"a child process failed: {status}")
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def middle(runs: list[Run], figure: str) -> float:
    return statistics.median(getattr(each, figure) for each in runs)


def compare_csv(folder: Path) -> str:
    load = os.getloadavg()[0]
    path = folder / "wide.csv"
    run(WRITE_CSV, path)
    run(OURS, path)  # both files and bytecode are in the page cache from here on
    run(PANDAS, path)
    theirs, ours = [], []
    for _ in range(ROUNDS):
        theirs.append(run(PANDAS, path))
        ours.append(run(OURS, path))
    ratio = middle(ours, "seconds") / middle(theirs, "seconds")
    best = min(each.seconds for each in ours) / min(each.seconds for each in theirs)
    file_mib = path.stat().st_size / 2**20
    multiple = max(each.peak_mib for each in ours) / file_mib
    lines = [
        f"CSV of 60,000 rows x 119 columns, {file_mib:.0f} MiB; medians of {ROUNDS} interleaved runs in fresh "
        "processes, imports included.",
        "",
        "| what | median [s] | range [s] | processor time [s] | peak memory [MiB] |",
        "| --- | --- | --- | --- | --- |",
        _row("pandas: read, describe, isna, corr", theirs),
        _row("ours: read, full profile", ours),
        "",
        f"Time ratio {ratio:.2f} of the medians, {best:.2f} of the fastest runs (goal: at most {CSV_GOAL}). "
        f"Largest peak memory {multiple:.1f} times the file (goal: at most {MEMORY_GOAL:.0f}). "
        f"Load average {load:.1f} at the start, {os.getloadavg()[0]:.1f} at the end.",
    ]
    return "\n".join(lines)


def measure_parquet(folder: Path) -> str:
    lines = [
        "Parquet of 20 columns profiled in batches (`profile_parquet`), one run per size:",
        "",
        "| rows | file [MiB] | time [s] | peak memory [MiB] |",
        "| --- | --- | --- | --- |",
    ]
    runs = []
    for rows in PARQUET_ROWS:
        path = folder / f"{rows}.parquet"
        run(WRITE_PARQUET, path)
        runs.append(run(PARQUET, path))
        size = path.stat().st_size / 2**20
        lines.append(f"| {rows:,} | {size:.0f} | {runs[-1].seconds:.1f} | {runs[-1].peak_mib:.0f} |")
    millions = [rows / 1e6 for rows in PARQUET_ROWS]
    slope, base = statistics.linear_regression(millions, [each.peak_mib for each in runs])
    time_slope, time_base = statistics.linear_regression(millions, [each.seconds for each in runs])
    goal = GOAL_ROWS / 1e6
    lines += [
        f"| {GOAL_ROWS:,} (extrapolated) | | {time_base + time_slope * goal:.0f} | {base + max(slope, 0) * goal:.0f} |",
        "",
        f"The last row is a straight line through the measured ones, never falling: {slope:+.0f} MiB and "
        f"{time_slope:.1f} s per million rows (goal: under {GOAL_MIB} MiB).",
    ]
    return "\n".join(lines)


def _row(name: str, runs: list[Run]) -> str:
    seconds = [each.seconds for each in runs]
    return (
        f"| {name} | {middle(runs, 'seconds'):.2f} | {min(seconds):.2f} to {max(seconds):.2f} "
        f"| {middle(runs, 'cpu_s'):.2f} | {middle(runs, 'peak_mib'):.0f} |"
    )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        body = f"{compare_csv(Path(folder))}\n\n{measure_parquet(Path(folder))}"
    write_section("csv_profile", "Reading and profiling tables", body)
