"""How many jobs a dispatcher starts and settles: trivial ones beside bare Dask, notebooks, two slots beside one."""

from __future__ import annotations

import statistics
import threading
import time
from typing import Any

from benchmarks import jobs_home
from benchmarks.report import write_section
from core.jobs.job import Job
from core.jobs.running.places import Here

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


def nothing(number: int) -> int:
    """What bare Dask runs."""
    return number


def run_trivially(job_id: str, claim: str) -> int:
    """A runner with nothing to run: takes the claim and writes the end, as a real one does. On a worker."""
    import os

    from sqlalchemy import select, update

    from core.jobs.process_groups import HOST
    from core.jobs.states import change_state
    from core.storage.database import utc_now, writing
    from core.storage.tables import jobs

    mine = jobs.c.id == job_id, jobs.c.claim == claim, jobs.c.state == "running", jobs.c.pid.is_(None)
    with writing() as connection:
        began = update(jobs).where(*mine).values(pid=os.getpid(), host=HOST, heartbeat_at=utc_now())
        if connection.execute(began).rowcount != 1:
            return 3
        job = Job(**connection.execute(select(jobs).where(jobs.c.id == job_id)).mappings().one())
        change_state(connection, job, "succeeded", expected=("running",), held_by=claim, fraction=1.0)
    return 0


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
ended, each with its row, events and conditional updates. Their runners are a function call on a Dask `LocalCluster`
of two workers, the same that runs `client.map` over {JOBS:,} functions that return their argument. What a notebook
costs (a process, a kernel, its files) is not in it; the table below has that. Medians of {ROUNDS} rounds in which both
take turns.

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
    from distributed import Client, LocalCluster

    bare, ours = [], []
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster) as client:
        place = TrivialPlace(client)
        _dispatched(place, 50)  # imports and connections on the workers
        for number in range(ROUNDS):
            began = time.perf_counter()
            client.gather(client.map(nothing, range(JOBS), pure=False))
            bare.append(JOBS / (time.perf_counter() - began))
            ours.append(_dispatched(place, JOBS))
            print(f"round {number + 1}: bare {bare[-1]:.0f}/s, dispatcher {ours[-1]:.0f}/s", flush=True)
    return bare, ours


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
