"""The same long CTR file on one machine alone and with two Dask workers: gated, profiled, trained and scored.

`python -m benchmarks.ctr_large_cluster [ROWS] [FOLDER]`. Scheduler, workers and whoever asks them are watched together
and ended when they take more than the limit. The results of both ways are compared, not only their times.
"""

from __future__ import annotations

from typing import Any

from benchmarks.ctr_large import LIMIT_MB, figures_asked_for
from benchmarks.ctr_large_stages import ALONE, WORKERS
from benchmarks.report import write_section
from core.settings.current import get_settings

ROWS = 3_000_000


def table(rows: int, figures: dict[str, Any]) -> str:
    """The section's body."""
    here, there = (figures[by]["found"] for by in (ALONE, WORKERS))
    lines = "\n".join(
        f"| {step} | {seconds:,.0f} | {there['steps'][step]:,.0f} | {seconds / there['steps'][step]:.2f} |"
        for step, seconds in here["steps"].items()
    )
    same = "the same" if here["same"] and there["same"] else "NOT the same"
    log_loss_apart = max(abs(one - there["log_loss"][name]) for name, one in here["log_loss"].items())
    return f"""
{rows:,} synthetic rows x 119 columns, {figures["store"]["found"]["bytes"] / 1e6:,.0f} MB as stored, with
`WORKBENCH_TABLE_MEMORY_MB={get_settings().table_memory_mb:g}`. Scheduler and two workers are processes of this machine,
whose two processors share one core: what is measured is that the work arrives, what it costs to send it, and that
nothing comes out differently.

| step | alone [s] | with two workers [s] | times as fast |
| --- | --- | --- | --- |
{lines}

Findings of the gate: {same}. Log losses of the models on all test rows: at most {log_loss_apart:.1g} apart.
Probabilities of all {there["rows"]:,} rows: at most {there["probabilities_apart"]:.1g} apart. Most memory alone
{figures[ALONE]["peak_mb"]:,.0f} MB, with scheduler and workers {figures[WORKERS]["peak_mb"]:,.0f} MB, of
{LIMIT_MB:,} MB. Processor time alone {figures[ALONE]["processor_s"]:,.0f} s, with workers
{figures[WORKERS]["processor_s"]:,.0f} s; load average at the starts {figures[ALONE]["load"]:.1f} and
{figures[WORKERS]["load"]:.1f}.
"""


def main() -> None:
    with figures_asked_for(ROWS, ("generate", "store", ALONE, WORKERS)) as (rows, figures):
        body = table(rows, figures)
        write_section("ctr_large_cluster", "A click file that does not fit in memory, on a cluster", body)


if __name__ == "__main__":
    main()
