"""The workers of a Dask cluster as the place where runners are started.

What Dask does on its own must do no harm: when a worker dies it starts the task again elsewhere, where the runner
finds that its claim is taken and refuses. The job goes on while the runner that holds it lives and beats; one whose
worker is gone is ended by its leash, falls silent, and its job is lost, as on one machine.
"""

from __future__ import annotations

import asyncio
import threading
import time
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from core.cluster import connection as cluster
from core.cluster.worker_facts import own_facts
from core.errors import WorkbenchError
from core.jobs import process_groups, run_files
from core.jobs.job import Job
from core.jobs.running.leash import Leash
from core.jobs.running.runner import NOT_MY_CLAIM
from core.settings.current import get_settings
from core.storage.database import reading, utc_now, writing
from core.storage.tables import jobs
from core.telemetry.logs import get_logger

if TYPE_CHECKING:
    from distributed import Future

RESOURCE = "notebooks"  # what a worker may offer: dask worker --resources notebooks=2; else its threads count
LOOK_S = 1.0
COPIES_S = 60.0  # pictures in a notebook make a large HTML copy, which is pushed as well
SILENT_PERIODS = 5  # heartbeats a runner may miss before it counts as gone, as in the dispatcher

log = get_logger("dask_place")


class DaskPlace:
    """Starts each runner on a worker that has room for it."""

    def __init__(self) -> None:
        self._offered = 0
        self._asked_at = 0.0
        self._told = ""

    @property
    def slots(self) -> int:
        """What the workers offer now; 0 while the scheduler is away or a worker has other code: then jobs wait."""
        if time.monotonic() - self._asked_at > LOOK_S or not self._asked_at:
            self._offered, problem = _offered()
            self._asked_at = time.monotonic()
            if problem != self._told:
                log.warning("cluster_waits", reason=problem) if problem else log.info("cluster_ready")
            self._told = problem
        return self._offered

    def start(self, job: Job) -> DaskRunning:
        """Raises Unavailable where the scheduler is away; then nothing was started."""
        assert job.claim is not None
        known = cluster.client()
        needs = {RESOURCE: 1} if any(RESOURCE in one["resources"] for one in cluster.workers().values()) else None
        future = known.submit(
            run_claimed, job.id, job.claim, own_facts(), key=f"notebook-{job.id}-{job.claim}", resources=needs,
            pure=False, retries=0,
        )  # fmt: skip
        return DaskRunning(job.id, job.claim, future)

    def stop(self, claim: str) -> None:
        """End what carries the claim, here and on every worker that can be reached."""
        process_groups.stop(claim)
        _stop_everywhere(claim)


class DaskRunning:
    """A runner somewhere on the cluster, or a task that waits to start it."""

    def __init__(self, job_id: str, claim: str, future: Future[Any]) -> None:
        self.job_id, self.claim, self.future = job_id, claim, future
        self._looked_at = self._told_at = 0.0
        self._done = threading.Event()
        future.add_done_callback(lambda _: self._done.set())

    @property
    def never_began(self) -> bool:
        """Whether Dask dropped the task, as with its scheduler, before a runner took the claim."""
        is_dropped = self.future.status in ("cancelled", "lost")
        return is_dropped and _row(self.job_id, self.claim).get("pid", 0) is None

    def has_ended(self, wait_s: float) -> bool:
        """Whether the job's row is settled, or nobody is left who would settle it."""
        self._wait(wait_s)
        if time.monotonic() - self._looked_at < LOOK_S and not self.future.done():
            return False
        self._looked_at = time.monotonic()
        try:
            row = _row(self.job_id, self.claim)
            if row.get("state") != "running":
                return self._is_through()
            if row["pid"] is None:
                self._vouch()
                return bool(self.future.done())
        except WorkbenchError:  # the database is away; asked again
            return False
        if self.future.status == "finished" and self.future.result() != NOT_MY_CLAIM:
            return True
        silent_s = (utc_now() - row["heartbeat_at"]).total_seconds()
        return bool(silent_s > SILENT_PERIODS * get_settings().heartbeat_s)

    def stop(self) -> None:
        """Take the task back, and end what carries the claim on every machine that can be reached.

        What cannot be reached ends itself: a runner at its next heartbeat, or by its leash.
        """
        try:
            cluster.client().cancel([self.future], force=True)
        except WorkbenchError as error:
            log.warning("task_not_taken_back", reason=error.code)
        _stop_everywhere(self.claim)

    def _is_through(self) -> bool:
        """The end was told; a runner that still writes its copies gets a while for them."""
        self._told_at = self._told_at or time.monotonic()
        return bool(self.future.done()) or time.monotonic() - self._told_at > COPIES_S

    def _wait(self, wait_s: float) -> None:
        if self.future.done():
            time.sleep(wait_s)  # the runner may go on all the same
        else:
            self._done.wait(wait_s)

    def _vouch(self) -> None:
        """While no runner has taken the claim, this process answers for the job: others would call it lost."""
        mine = jobs.c.id == self.job_id, jobs.c.claim == self.claim, jobs.c.state == "running", jobs.c.pid.is_(None)
        with writing() as connection:
            connection.execute(update(jobs).where(*mine).values(heartbeat_at=utc_now()))


def run_claimed(job_id: str, claim: str, ours: dict[str, str]) -> int:
    """On a worker: the runner from its start to its end; its exit status. No process of it is left then."""
    from distributed import secede

    cluster.require_fitting(process_groups.HOST, own_facts(), ours)
    secede()  # its thread does nothing but wait; parts that the notebook spreads must find one
    leash = Leash(claim)
    try:
        status = process_groups.start_runner(job_id, claim).wait()
    finally:
        leash.let_go()
    if status != 0:
        run_files.share(job_id)  # the log of one that could not do it itself
    return status


async def stop_there(claim: str) -> None:
    """On a worker, whose event loop must not wait for processes to end."""
    await asyncio.to_thread(process_groups.stop, claim)


def _stop_everywhere(claim: str) -> None:
    try:
        told = cluster.run_on_workers(stop_there, claim)
    except WorkbenchError as error:
        log.warning("workers_not_reached", reason=error.code)
        return
    for worker, answer in told.items():
        if isinstance(answer, Exception):
            log.warning("not_stopped_there", worker=worker, reason=type(answer).__name__)


def _offered() -> tuple[int, str]:
    """Notebooks that the workers take at once, and the code of what stands in the way."""
    try:
        cluster.require_same_code()
        found = list(cluster.workers().values())
    except WorkbenchError as error:
        return 0, error.code
    declared = sum(int(one["resources"].get(RESOURCE, 0)) for one in found)
    return declared or sum(int(one["nthreads"]) for one in found), "" if found else "CLUSTER_NO_WORKERS"


def _row(job_id: str, claim: str) -> dict[str, Any]:
    query = select(jobs.c.state, jobs.c.pid, jobs.c.heartbeat_at).where(jobs.c.id == job_id, jobs.c.claim == claim)
    with reading() as connection:
        row = connection.execute(query).mappings().first()
    return dict(row) if row is not None else {}
