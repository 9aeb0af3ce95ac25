"""Work over many parts on a Dask cluster: two workers beside one, and what spreading costs over Dask's own map."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.report import write_section

WAITING_PARTS, WAITING_S = 40, 0.25
BUSY_PARTS = 10
SMALL_PARTS = 400
ROUNDS = 2


def wait_a_little(_: int) -> int:
    """Work that waits, as for a server or a disk."""
    time.sleep(WAITING_S)
    return os.getpid()


def compute(number: int) -> float:
    """About 0.2 s of one processor."""
    rows = np.random.default_rng(number).normal(size=(300, 300))
    for _ in range(60):
        rows = np.tanh(rows @ rows.T / 300)
    return float(rows.sum())


def nothing(number: int) -> int:
    """A part that costs nothing, to see what handing it over costs."""
    return number


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        from core.cluster import worker_facts
        from tests.cluster.dask_processes import DaskProcesses
        from tests.cluster.pinned_code import CODE

        worker_facts.code = lambda: CODE  # as its workers do: they are those of the tests
        processes = DaskProcesses(Path(folder))
        os.environ |= {"WORKBENCH_HOME": folder, "WORKBENCH_DASK_ADDRESS": processes.address}
        processes.start_scheduler()
        try:
            rows = _measured(processes)
        finally:
            from core.cluster import connection

            connection.forget()
            processes.stop()
    write_section("cluster-spread", "Work spread over a cluster", "\n".join(rows))


def _measured(processes: Any) -> list[str]:
    from core.cluster.connection import client

    processes.start_worker("first")
    processes.wait_for_workers(1)
    one = {name: _best(name) for name in ("waiting", "busy")}
    processes.start_worker("second")
    processes.wait_for_workers(2)
    two = {name: _best(name) for name in ("waiting", "busy")}
    ours = min(_seconds("small") for _ in range(ROUNDS))
    bare = min(_bare(client()) for _ in range(ROUNDS))
    figures = {name: one[name] / two[name] for name in one}
    return [
        "| work | one worker [s] | two workers [s] | times as fast |",
        "| --- | --- | --- | --- |",
        f"| {WAITING_PARTS} parts that wait {WAITING_S:g} s | {one['waiting']:.2f} | {two['waiting']:.2f} "
        f"| {figures['waiting']:.2f} |",
        f"| {BUSY_PARTS} parts of matrix work | {one['busy']:.2f} | {two['busy']:.2f} | {figures['busy']:.2f} |",
        "",
        f"{SMALL_PARTS} empty parts on two workers: {ours:.2f} s with `spread`, {bare:.2f} s with Dask's `map` and "
        f"`gather` ({ours / bare:.2f} times). `spread` keeps at most twice as many parts on their way as the workers "
        "have threads; `map` sends all at once.",
    ]


def _best(name: str) -> float:
    """The least of some rounds after one that nobody counts [s]."""
    _seconds(name)
    return min(_seconds(name) for _ in range(ROUNDS))


def _seconds(name: str) -> float:
    from core.cluster.spread import spread

    work: dict[str, Any] = {
        "waiting": (wait_a_little, WAITING_PARTS, None),
        "busy": (compute, BUSY_PARTS, None),
        "small": (nothing, SMALL_PARTS, None),
    }
    function, count, most = work[name]
    begun = time.perf_counter()
    assert len(list(spread(function, range(count), name=name, most_waiting=most))) == count
    return time.perf_counter() - begun


def _bare(known: Any) -> float:
    begun = time.perf_counter()
    futures = known.map(nothing, range(SMALL_PARTS), pure=False)
    assert len(known.gather(futures)) == SMALL_PARTS
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
