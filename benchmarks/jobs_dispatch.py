"""How many jobs a dispatcher starts and settles: trivial ones beside bare Dask, notebooks, two slots beside one."""

from __future__ import annotations

import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks import jobs_home
from benchmarks.report import write_section
from benchmarks.trivial_work import nothing, run_trivially
from core.jobs.job import Job
from core.jobs.running.places import Here
from tests.cluster.dask_processes import DaskProcesses  # before the home is set: it sets one for tests

JOBS = 1000
ROUNDS = 3
SLOTS = 64  # trivial jobs with the cluster at once
NOTEBOOKS = 12  # real ones for the rate
PAIR = 4  # notebooks for the comparison of one slot with two
WAITING = "import time\ntime.sleep(15)"
BUSY = """import numpy
numbers = numpy.random.default_rng(1).normal(size=(400, 400))
for _ in range(450):
    numbers = numpy.tanh(numbers @ numbers.T / 400)"""


class TrivialRunning:
    """A call on the cluster."""

    never_began = False

    def __init__(self, future: Any) -> None:
        self.future = future
        self.ended = threading.Event()
        future.add_done_callback(lambda _: self.ended.set())

    def has_ended(self, wait_s: float) -> bool:
        return self.ended.wait(wait_s)

    def stop(self) -> None:
        if not self.future.done():
            self.future.cancel()


class TrivialPlace:
    """A Dask cluster on which a runner is a function call, not a process with a kernel."""

    slots = SLOTS

    def __init__(self, client: Any) -> None:
        self.client = client

    def start(self, job: Job) -> TrivialRunning:
        return TrivialRunning(self.client.submit(run_trivially, job.id, job.claim, pure=False, retries=0))

    def stop(self, claim: str) -> None:
        return None


def main() -> None:
    with jobs_home.home():
        for name, code in {"bench_nothing": "1 + 1", "bench_wait": WAITING, "bench_busy": BUSY}.items():
            jobs_home.write_notebook(name, code)
        bare, ours = _trivial()
        rate = _real()
        pairs = {name: [_taken(name, slots) for slots in (1, 2)] for name in ("bench_wait", "bench_busy")}
    half = statistics.median(own / other for own, other in zip(ours, bare, strict=True))
    wait, busy = (pairs[name][0] / pairs[name][1] for name in ("bench_wait", "bench_busy"))
    body = f"""{JOBS:,} queued jobs through the real dispatcher and a real SQLite file: claimed, taken by their runner,
ended, each with its row, events and conditional updates. Their runners are a function call on a Dask cluster of a
scheduler and two workers, three processes, the same that run `client.map` over {JOBS:,} functions that return their
argument. What a notebook costs (a process, a kernel, its files) is not in it; the table below has that. Medians of
{ROUNDS} rounds in which both take turns.

| what | jobs a second |
| --- | --- |
| bare Dask, nothing kept | {statistics.median(bare):.0f} |
| dispatcher, all states kept | {statistics.median(ours):.0f} |
| ratio | {half:.2f} |

| real notebooks, one slot and one runner ahead | |
| --- | --- |
| notebooks of one trivial cell | {rate:.1f} a minute |

| {PAIR} notebooks | one slot [s] | two slots [s] | ratio |
| --- | --- | --- | --- |
| each waits 15 s | {pairs["bench_wait"][0]:.1f} | {pairs["bench_wait"][1]:.1f} | {wait:.2f} |
| each computes | {pairs["bench_busy"][0]:.1f} | {pairs["bench_busy"][1]:.1f} | {busy:.2f} |

The two processors of this machine are two threads of one core, so work that computes gains what such a pair gives;
start and end of kernels are work that computes, also for notebooks that wait.
"""
    write_section("jobs_dispatch", "How many jobs are dispatched", body)


def _trivial() -> tuple[list[float], list[float]]:
    """Jobs a second of bare Dask and of the dispatcher, by round."""
    bare, ours = [], []
    with _cluster() as client:
        place = TrivialPlace(client)
        _dispatched(place, 50)  # imports and connections on the workers
        client.gather(client.map(nothing, range(JOBS), pure=False))
        for number in range(ROUNDS):
            began = time.perf_counter()
            client.gather(client.map(nothing, range(JOBS), pure=False))
            bare.append(JOBS / (time.perf_counter() - began))
            ours.append(_dispatched(place, JOBS))
            print(f"round {number + 1}: bare {bare[-1]:.0f}/s, dispatcher {ours[-1]:.0f}/s", flush=True)
    return bare, ours


@contextmanager
def _cluster() -> Iterator[Any]:
    """The client of a scheduler and two workers of one thread, each a process of its own."""
    from distributed import Client

    with tempfile.TemporaryDirectory(prefix="workbench-dask-") as folder:
        processes = DaskProcesses(Path(folder))
        processes.start_scheduler()
        try:
            for name in ("first", "second"):
                processes.start_worker(name)
            with Client(processes.address, timeout=60) as client:
                client.wait_for_workers(2)
                yield client
        finally:
            processes.stop()


def _dispatched(place: TrivialPlace, times: int) -> float:
    """Jobs a second, from the dispatcher's start to the last end; all were queued before."""
    from sqlalchemy import func, select

    from core.jobs.records import submit
    from core.security.policy import LOCAL_ANALYST
    from core.storage.database import reading
    from core.storage.tables import jobs

    for _ in range(times):
        submit("bench_nothing", {}, principal=LOCAL_ANALYST)
    began = time.perf_counter()
    with jobs_home.dispatching(place):
        while True:
            with reading() as connection:
                left = select(func.count()).where(jobs.c.state.in_(("queued", "running")))
                if not connection.execute(left).scalar():
                    break
            time.sleep(0.05)
        taken = time.perf_counter() - began
    with reading() as connection:
        lost = connection.execute(select(func.count()).where(jobs.c.state != "succeeded")).scalar()
    if lost:
        raise RuntimeError(f"{lost} jobs did not succeed")
    return times / taken


def _real() -> float:
    with jobs_home.dispatching(Here(1, ahead=1)):
        return NOTEBOOKS / jobs_home.taken_s(jobs_home.run("bench_nothing", NOTEBOOKS)) * 60


def _taken(notebook: str, slots: int) -> float:
    place = Here(slots, ahead=1)
    with jobs_home.dispatching(place):
        taken = jobs_home.taken_s(jobs_home.run(notebook, PAIR))
    print(f"{notebook}, {slots} slots: {taken:.1f} s", flush=True)
    return taken


if __name__ == "__main__":
    main()
