"""What a job costs beside a bare papermill run of the same notebook, and beside its code as a script.

All ways of running it take turns within each round, in fresh processes, so that a busy moment meets each of them.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks import jobs_home
from benchmarks.report import write_section
from core.jobs.process_groups import carrying
from core.jobs.running.places import Here

ROUNDS = 3
PARTS = 5
WORK = """import numpy
numbers = numpy.random.default_rng(1).normal(size=(400, 400))
for _ in range({repeats}):
    numbers = numpy.tanh(numbers @ numbers.T / 400)
print("part {part}", float(numbers.mean()))"""
WAIT = """import time
time.sleep(2)"""
REPEATS = 800
BARE = """import sys, time
from papermill import execute_notebook
began = time.perf_counter()
execute_notebook(sys.argv[1], sys.argv[2], kernel_name="python3", progress_bar=False)
print(time.perf_counter() - began)"""
KERNEL = """import time
from core.jobs.running import kernels
import papermill
began = time.perf_counter()
kernel = kernels.start_kernel()
print(time.perf_counter() - began)
kernels.shut_down(kernel)"""


def main() -> None:
    with jobs_home.home() as home:
        cells = [code for part in range(PARTS) for code in (WORK.format(part=part, repeats=REPEATS), WAIT)]
        notebook = jobs_home.write_notebook("bench_twenty", *cells)
        script = home / "script.py"
        script.write_text("\n".join(cells))
        memory: list[float] = []
        ways: dict[str, Callable[[], float]] = {
            "script": lambda: _timed(str(script)),
            "bare": lambda: _told("-c", BARE, str(notebook), str(home / "bare.ipynb")),
            "cold": lambda: _job(0, memory),
            "warm": lambda: _job(1, memory),
            "kernel": lambda: _told("-c", KERNEL),
        }
        found: dict[str, list[float]] = {name: [] for name in ways}
        for number in range(ROUNDS):
            for name, way in ways.items():
                found[name].append(way())
                print(f"round {number + 1}, {name}: {found[name][-1]:.2f} s", flush=True)
    write_section("jobs_overhead", "A job beside a bare run of its notebook", _report(found, memory))


def _report(found: dict[str, list[float]], memory: list[float]) -> str:
    def ratio(way: str, to: str) -> float:
        return statistics.median(one / other for one, other in zip(found[way], found[to], strict=True))

    def row(name: str, way: str, what: str) -> str:
        seconds = statistics.median(found[way])
        return f"| {name} | {seconds:.1f} | {ratio(way, 'bare'):.2f} | {ratio(way, 'script'):.2f} | {what} |"

    rows = [
        row("its code as a script", "script", "a fresh Python process"),
        row("bare papermill", "bare", "`execute_notebook` alone, papermill already imported"),
        row("job, runner started for it", "cold", "submitted to ended, `WORKBENCH_WARM_RUNNERS=0`"),
        row("job, runner waiting for it", "warm", "submitted to ended, `WORKBENCH_WARM_RUNNERS=1`, the default"),
    ]
    kernel, own = statistics.median(found["kernel"]), statistics.median(memory)
    return f"""A notebook of {PARTS} cells that compute (NumPy, one thread) and {PARTS} that wait 2 s. Medians of
{ROUNDS} rounds in which all ways take turns; ratios are medians of each round's own.

| way | seconds | to bare papermill | to the script | what is timed |
| --- | --- | --- | --- | --- |
{chr(10).join(rows)}

A kernel alone takes {kernel:.1f} s from its start to its first answer. Bare papermill pays that and not its own
import; a job pays Python, our imports, papermill, the kernel and all state changes, or finds them done by the runner
that waits. The start of the next waiting runner falls into the job's own time and is counted. A waiting runner and
its kernel hold {own:.0f} MB of their own (USS). The HTML copy is made after the job's end was told and is not counted.
"""


def _job(ahead: int, memory: list[float]) -> float:
    place = Here(1, ahead=ahead)
    with jobs_home.dispatching(place):
        for claim in place.ahead.claims():
            memory.append(sum(one.memory_full_info().uss for one in carrying(claim)) / 1e6)
        return jobs_home.taken_s(jobs_home.run("bench_twenty"))


def _timed(*arguments: str) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def _told(*arguments: str) -> float:
    done = subprocess.run(
        [sys.executable, *arguments], check=True, capture_output=True, text=True, cwd=Path(__file__).parents[1]
    )
    return float(done.stdout.split()[-1])


if __name__ == "__main__":
    main()
