"""A CTR file that does not fit in memory, end to end: taken in, gated, profiled, trained and scored within 8 GiB.

`python -m benchmarks.ctr_large [ROWS] [FOLDER]`. Every stage is a process of its own, watched with all its children;
one that takes more than the limit is ended, and the benchmark with it. Figures of finished stages stay in the folder
until the table is written: started again, it goes on where it was. The folder needs about 1 GB per 1,000,000 rows.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.memory_watch import run_watched
from benchmarks.report import write_section

ROWS = 6_000_000
LIMIT_MB = 8 * 1024
SAMPLE = 200_000  # rows in memory for models that cannot learn in passes
STAGES = ("generate", "store", "train", "score")


def run_stages(
    rows: int, folder: Path, *, limit_mb: float = LIMIT_MB, sample: int = 0, stages: tuple[str, ...] = STAGES
) -> dict[str, Any]:
    """stage -> seconds, processor seconds, peak memory and what it found."""
    kept = folder / "figures.json"
    figures: dict[str, Any] = json.loads(kept.read_text("utf-8")) if kept.exists() else {}
    for stage in stages:
        if stage not in figures:
            print(f"{time.strftime('%H:%M:%S')} {stage}", file=sys.stderr, flush=True)
            figures[stage] = run_stage(stage, folder, rows=rows, limit_mb=limit_mb, sample=sample)
            kept.write_text(json.dumps(figures), "utf-8")
    return figures


def run_stage(stage: str, folder: Path, *, rows: int, limit_mb: float = LIMIT_MB, sample: int = 0) -> dict[str, Any]:
    """One stage in a process of its own."""
    env = os.environ | {
        "LARGE_ROWS": str(rows), "LARGE_SAMPLE": str(sample), "WORKBENCH_HOME": str(folder / "home"),
        "WORKBENCH_DASK_ADDRESS": "",
    }  # fmt: skip
    load = os.getloadavg()[0]
    watched = run_watched(
        [sys.executable, "-m", "benchmarks.ctr_large_stages", stage, str(folder)], limit_mb=limit_mb, env=env
    )
    return {
        "seconds": watched.seconds,
        "processor_s": watched.processor_s,
        "peak_mb": watched.peak_mb,
        "load": load,
        **{"found": json.loads(watched.output.splitlines()[-1])},
    }


def write_report(rows: int, figures: dict[str, Any]) -> None:
    """The table in docs/benchmarks.md; docs/scaling.md is computed from the same figures."""
    from benchmarks.ctr_large_report import scaling_text, table

    write_section("ctr_large", "A click file that does not fit in memory", table(rows, LIMIT_MB, figures))
    scaling_text(rows, figures)


@contextmanager
def figures_asked_for(rows: int, stages: tuple[str, ...] = STAGES) -> Iterator[tuple[int, dict[str, Any]]]:
    """Rows and figures by the command line; a folder that it does not name is removed when they are written down."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else rows
    if rows <= SAMPLE:
        sys.exit(f"More than {SAMPLE:,} rows are needed; fewer would stay in memory.")
    given = Path(sys.argv[2]) if len(sys.argv) > 2 else None
    folder = given or Path(tempfile.mkdtemp(prefix="ctr-large-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield rows, run_stages(rows, folder, sample=SAMPLE, stages=stages)
    except subprocess.CalledProcessError as error:
        sys.exit(f"{error}\n{error.output}")
    if given is None:
        shutil.rmtree(folder)


def main() -> None:
    with figures_asked_for(ROWS) as (rows, figures):
        write_report(rows, figures)


if __name__ == "__main__":
    main()
