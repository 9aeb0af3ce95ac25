"""What `ctr_large` measured, as the table of docs/benchmarks.md and the arithmetic of docs/scaling.md.

Every figure of docs/scaling.md between markers is written here, from the run and from the section `api_load`.
"""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

from benchmarks.report import REPORT, machine

SCALING = REPORT.with_name("scaling.md")
NAMES = {"generate": "made (not ours to keep short)", "store": "taken in, gated, profiled", "train": "split, trained, "
         "tested", "score": "every row scored"}  # fmt: skip
SHARED = ("store", "train", "score")  # the stages a larger table has too
BILLION = 1_000_000_000
PROCESSORS = 16  # assumed, of one machine
USERS, THINK_S = 10_000, 2.0
BUSY = 0.7  # share of their time that API workers are planned to be busy
POOL, BURST = 10, 2  # WORKBENCH_DATABASE_POOL, and how many times as many for a moment


def table(rows: int, limit_mb: float, figures: dict[str, Any]) -> str:
    """The section's body."""
    size = figures["store"]["found"]["bytes"] / 1e6
    lines = []
    for stage, one in figures.items():
        lines.append(
            f"| {NAMES[stage]} | {one['seconds']:,.0f} | {one['processor_s']:,.0f} | {rows / one['seconds']:,.0f} | "
            f"{rows / one['processor_s']:,.0f} | {size / one['seconds']:.1f} | {one['peak_mb']:,.0f} | "
            f"{one['load']:.1f} |"
        )
    steps = {**figures["store"]["found"]["steps"], **figures["train"]["found"]["steps"]}
    shown = ", ".join(f"{name} {seconds:,.0f}" for name, seconds in steps.items())
    train = figures["train"]["found"]
    scores = "\n".join(
        f"| {name} | {train['rows_seen'][name]:,} | {one['auc']:.4f} | {one['average_precision']:.4f} | "
        f"{one['log_loss']:.5f} |"
        for name, one in train["scores"].items()
    )
    best = train["best"]
    peak = max(one["peak_mb"] for one in figures.values())
    return f"""
{rows:,} synthetic rows x 119 columns, {size:,.0f} MB as stored; each stage a process of its own, ended when all its
processes together take more than {limit_mb:,.0f} MB. **Most memory: {peak:,.0f} MB.** The last
column is the load average at each start: where it is high, processor time says more than the clock.

| stage | by the clock [s] | processor [s] | rows/s | rows per processor second | MB/s | peak memory [MB] | load |
| --- | --- | --- | --- | --- | --- | --- | --- |
{chr(10).join(lines)}

Steps by the clock [s]: {shown}.

| model | rows it learnt from | AUC | average precision | log loss |
| --- | --- | --- | --- | --- |
{scores}
| the true probability |  | {best["auc"]:.4f} | {best["average_precision"]:.4f} | {best["log_loss"]:.5f} |

Scores over all {train["test_rows"]:,} test rows, exact. Chosen: {train["chosen"]}. The report of the run says:
"{train["finding"]}"
"""


def scaling_text(rows: int, figures: dict[str, Any]) -> None:
    """Write the two computed parts of docs/scaling.md."""
    _replace("rows", _for_rows(rows, figures))
    _replace("users", _for_users())


def _for_rows(rows: int, figures: dict[str, Any]) -> str:
    per_row = figures["store"]["found"]["bytes"] / rows
    lines, total = [], 0.0
    for stage in SHARED:
        one = figures[stage]
        hours = one["processor_s"] / rows * BILLION / 3600
        total += hours
        lines.append(
            f"| {NAMES[stage]} | {rows / one['processor_s']:,.0f} | {hours:,.0f} | {hours / PROCESSORS:,.1f} |"
        )
    learning = figures["train"]["processor_s"] / rows * BILLION / 3600
    return f"""
Measured on {rows:,} rows x 119 columns, {machine()}; {per_row:,.0f} bytes a row as stored.

| stage | rows per processor second, measured | processor hours for {BILLION:,} rows | hours on {PROCESSORS} of them |
| --- | --- | --- | --- |
{chr(10).join(lines)}
| all | | {total:,.0f} | {total / PROCESSORS:,.1f} |

Storage: {per_row * BILLION / 1e9:,.0f} GB for the table, {8 * 3} GB of memory while it is gated, for 64 bits a row, a
text column and one column of numbers. Learning in passes is one after the other by nature: of its {learning:,.0f}
processor hours, more machines take away the reading and the columns of the next piece, not the fit.
"""


def _for_users() -> str:
    text = REPORT.read_text("utf-8")
    section = text[text.index("<!-- api_load -->") : text.index("<!-- /api_load -->")]
    found = re.search(r"clients got ([\d,]+) requests/s", section)
    memory = re.search(r"→ ([\d,]+)\.", section)
    assert found is not None
    rate = float(found.group(1).replace(",", ""))
    asked = USERS / THINK_S
    workers = math.ceil(asked / rate)
    planned = math.ceil(asked / rate / BUSY)
    megabytes = float(memory.group(1).replace(",", "")) if memory else 0.0
    return f"""
| | figure | where it comes from |
| --- | --- | --- |
| requests/s of one API worker | {rate:,.0f} | measured, docs/benchmarks.md, api_load |
| memory of one API worker [MiB] | {megabytes:,.0f} | measured there |
| requests/s of {USERS:,} users | {asked:,.0f} | each asks once in {THINK_S:g} s: assumed |
| API workers, none of them idle | {workers} | division |
| API workers at {BUSY:.0%} | {planned} | division |
| machines of {PROCESSORS} processors, two left free each | {math.ceil(planned / (PROCESSORS - 2))} | division |
| memory of all workers [GiB] | {planned * megabytes / 1024:,.0f} | multiplication |
| connections to PostgreSQL, quiet and at most | {planned * POOL:,} and {planned * POOL * BURST:,} | pool of {POOL} |
| operations on Redis a second, at least | {asked:,.0f} | one count of the rate limit for each request |
"""


def _replace(key: str, body: str, path: Path = SCALING) -> None:
    text = path.read_text("utf-8")
    start, end = f"<!-- {key} -->", f"<!-- /{key} -->"
    path.write_text(f"{text[: text.index(start)]}{start}\n{body.strip()}\n{text[text.index(end) :]}", "utf-8")
