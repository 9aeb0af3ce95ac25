"""Scoring impressions from Parquet in bounded memory, against the model's own speed on prepared features."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.report import write_section

ROWS, PIECE = 1_000_000, 50_000
TRAINED = 20_000  # rows the model is fitted on
ROUNDS = 3
GOALS = {"prepared": 500_000, "raw": 150_000}  # rows per second


def write_impressions(path: Path, rows: int) -> None:
    """Synthetic impressions in pieces, each of its own seed, as one file."""
    from pyarrow import parquet

    from core.ctr.samples.impressions import make_impressions

    writer = None
    for number, start in enumerate(range(0, rows, PIECE)):
        table = make_impressions(rows=min(PIECE, rows - start), seed=100 + number).frame.to_arrow()
        writer = writer or parquet.ParquetWriter(path, table.schema, compression="zstd")
        writer.write_table(table)
    assert writer is not None
    writer.close()


def measure(source: Path, target: Path) -> dict[str, float]:
    """Rows per second of the forward pass on arrays, from a frame of strings, and of the whole file; peak memory."""
    import resource

    import polars as pl
    from pyarrow import parquet

    from core.ctr.data.impressions import read_impressions
    from core.ctr.models.linear_models import LinearModel
    from core.ctr.scoring import rows_of, score_frame, score_parquet

    model = LinearModel.load({file.name: file.read_bytes() for file in (target.parent / "model").iterdir()})
    batch = next(parquet.ParquetFile(source).iter_batches(batch_size=PIECE))
    frame = pl.DataFrame(batch)
    score_frame(model, frame.head(100))  # loads what is compiled
    rows, forward, raw = rows_of(frame), [], []
    for _ in range(ROUNDS):
        started = time.process_time()
        model.predict_proba(rows)
        forward.append(frame.height / (time.process_time() - started))
        started = time.process_time()
        model.predict_proba(read_impressions(frame.drop("clicked")))
        raw.append(frame.height / (time.process_time() - started))
    del batch, frame, rows
    started = time.process_time()
    scored = score_parquet(model, source, target)
    processor = time.process_time() - started
    return {
        "prepared": statistics.median(forward),
        "raw": statistics.median(raw),
        "file": scored.rows / processor,
        "wall": scored.rows_per_second,
        "rows": scored.rows,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def main(rows: int = ROWS) -> None:
    from core.ctr.data.impressions import read_impressions
    from core.ctr.models.linear_models import order_logistic
    from core.ctr.samples.impressions import make_impressions

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "model").mkdir()
        model = order_logistic().fit(read_impressions(make_impressions(rows=TRAINED).frame))
        for file, content in model.save().items():
            (folder / "model" / file).write_bytes(content)
        found = []
        one_thread = os.environ | {"OMP_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1"}
        for size in (rows // 4, rows):
            source = folder / f"{size}.parquet"
            write_impressions(source, size)
            command = [sys.executable, "-m", "benchmarks.ctr_scoring", str(source), str(folder / "scores.parquet")]
            answer = subprocess.run(command, check=True, capture_output=True, text=True, env=one_thread)
            found.append(json.loads(answer.stdout.splitlines()[-1]) | {"mb": source.stat().st_size / 1e6})
    shown = ("wall", "file", "raw", "prepared")
    table = "\n".join(
        f"| {one['rows']:,.0f} | {one['mb']:,.0f} | "
        + " | ".join(f"{one[kind]:,.0f}" for kind in shown)
        + f" | {one['file'] / one['prepared']:.2f} | {one['peak_mb']:,.0f} |"
        for one in found
    )
    body = f"""
| rows | MB | file, by the clock | file | strings | prepared arrays | file / prepared | peak [MiB] |
| --- | --- | --- | --- | --- | --- | --- | --- |
{table}

Rows a second of processor time on one thread, but for the column by the clock. Targets: at least {GOALS["raw"]:,} from
raw strings, {GOALS["prepared"]:,} from prepared arrays. The champion (`order_logistic`), a fresh process per size.
File: Parquet read, strings parsed, scored, scores written as Parquet, in batches. Strings: from a data frame in
memory, sequences as text. Prepared: the model's own forward pass on parsed arrays, the base of the share; both are
medians of {ROUNDS} runs on {PIECE:,} rows, which the peak memory of the process includes; the two sizes tell what a
longer file adds. Load average at the end: {os.getloadavg()[0]:.1f} on {os.cpu_count()} CPUs.
"""
    write_section("ctr_scoring", "Scoring impressions from Parquet", body)


if __name__ == "__main__":
    if len(sys.argv) > 2:
        print(json.dumps(measure(Path(sys.argv[1]), Path(sys.argv[2]))))
    else:
        main()
