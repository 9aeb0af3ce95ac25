"""The same long CTR file on one machine alone and with two Dask workers: gated, profiled, trained and scored.

`python -m benchmarks.ctr_large_cluster [ROWS] [FOLDER]`. Scheduler, workers and whoever asks them are watched together
and ended when they take more than the limit. The results of both ways are compared, not only their times.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.ctr_large import LIMIT_MB, ON_WORKERS, SAMPLE, STAGES, run_stages
from benchmarks.report import write_section
from core.settings.current import get_settings

ROWS = 3_000_000


def table(rows: int, figures: dict[str, Any]) -> str:
    """The section's body."""
    alone = {
        **{name: figures["store"]["found"]["steps"][name] for name in ("gate", "profile")},
        "split, trained, tested": figures["train"]["seconds"],
        "scored": figures["score"]["seconds"],
    }
    there = figures[ON_WORKERS]["found"]
    lines = "\n".join(
        f"| {step} | {seconds:,.0f} | {there['steps'][step]:,.0f} | {seconds / there['steps'][step]:.2f} |"
        for step, seconds in alone.items()
    )
    peak = max(figures[stage]["peak_mb"] for stage in STAGES)
    return f"""
{rows:,} synthetic rows x 119 columns, {figures["store"]["found"]["bytes"] / 1e6:,.0f} MB as stored, with
`WORKBENCH_TABLE_MEMORY_MB={get_settings().table_memory_mb:g}`. Scheduler and two workers are processes of this machine,
whose two processors share one core: what is measured is that the work arrives, what it costs to send it, and that
nothing comes out differently.

| step | alone [s] | with two workers [s] | times as fast |
| --- | --- | --- | --- |
{lines}

Findings of the gate: {"the same" if there["same"] else "NOT the same"}. Log losses of the models on all test rows: at
most {there["log_loss_apart"]:.1g} apart. Probabilities of all {there["rows"]:,} rows: at most
{there["probabilities_apart"]:.1g} apart. Most memory alone {peak:,.0f} MB, with scheduler and workers together
{figures[ON_WORKERS]["peak_mb"]:,.0f} MB, of {LIMIT_MB:,} MB. Processor time with workers:
{figures[ON_WORKERS]["processor_s"]:,.0f} s; load average at its start {figures[ON_WORKERS]["load"]:.1f}.
"""


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    given = Path(sys.argv[2]) if len(sys.argv) > 2 else None
    folder = given or Path(tempfile.mkdtemp(prefix="ctr-large-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        figures = run_stages(rows, folder, sample=SAMPLE, stages=(*STAGES, ON_WORKERS))
    except subprocess.CalledProcessError as error:
        sys.exit(f"{error}\n{error.output}")
    write_section("ctr_large_cluster", "A click file that does not fit in memory, on a cluster", table(rows, figures))
    if given is None:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
