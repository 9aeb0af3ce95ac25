"""The `jobs` process: claims queued jobs, starts a runner for each through an executor, and keeps the records true.

However a runner ends, its job ends in a state that tells the truth and no process of it stays behind. Runners
of a dispatcher that died are watched by the next one.
"""

from __future__ import annotations

import signal
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from functools import partial

from sqlalchemy import select, update

from core.errors import Unavailable, WorkbenchError
from core.jobs import process_groups
from core.jobs.chains import chain_runs
from core.jobs.job import Job
from core.jobs.notebooks.catalogue import code_checksum, list_notebooks
from core.jobs.records import submit
from core.jobs.running.claiming import claim_jobs
from core.jobs.running.places import Place, ReadyPlace, Running, chosen_place
from core.jobs.running.settling import not_started, settle
from core.jobs.schedules.due import submit_due
from core.notifications.notifier import deliver_queued
from core.security.policy import LOCAL_ANALYST
from core.settings.current import get_settings
from core.storage.database import reading, utc_now, writing
from core.storage.tables import jobs
from core.telemetry.logs import get_logger

POLL_S = 0.3  # between two looks for queued jobs while there are none, and for jobs to be cancelled
FIRST_POLL_S = 0.02  # after one was found; more may be coming
ROUND_S = 0.02  # what becomes free within it is filled in one transaction
MOST_AT_ONCE = 256  # threads that watch runners; they start as they are needed
MESSENGER_PATIENCE_S = 5.0  # what is not sent by then is sent after the next start
SILENT_PERIODS = 5  # heartbeats a runner on another host may miss before its job counts as lost
COPIES_S = 10.0  # for a runner that has told the end and still writes its copies when the workbench stops
PLACE_AWAY_S = 5.0  # a job that its place could not take waits so long for the next try

log = get_logger("dispatcher")


class Dispatcher:
    """Runs jobs until told to stop; several may work on one database."""

    def __init__(self, place: Place | None = None) -> None:
        self.place = place or chosen_place()
        self.ready = self.place if isinstance(self.place, ReadyPlace) else None
        self.executor = ThreadPoolExecutor(MOST_AT_ONCE, thread_name_prefix="job")
        self.stopping = threading.Event()
        self.news = threading.Event()  # a runner ended
        self.working: dict[str, Future[None]] = {}
        self.ended: deque[tuple[Job, Running]] = deque()  # runners that ended by themselves, not yet looked at
        self.to_cancel: frozenset[str | None] = frozenset()
        self.messenger: threading.Thread | None = None
        self.chains: threading.Thread | None = None

    @property
    def slots(self) -> int:
        """How many jobs it runs at once; that of a cluster changes with its workers."""
        return min(self.place.slots, MOST_AT_ONCE)

    def serve(self) -> None:
        """Claim and watch until `stopping` is set; then hand running jobs back to the queue."""
        next_sweep, next_look, pause_s = 0.0, 0.0, FIRST_POLL_S
        while not self.stopping.is_set():
            self.news.clear()
            pause_s = min(1.5 * pause_s, POLL_S)
            try:
                if time.monotonic() >= next_sweep:
                    self.sweep()
                    submit_due()
                    self.advance_chains()
                    self.deliver_notices()
                    next_sweep = time.monotonic() + get_settings().heartbeat_s
                if time.monotonic() >= next_look:
                    self.look()
                    next_look = time.monotonic() + POLL_S
                self.settle_ended()
                if self.fill_slots():
                    pause_s = FIRST_POLL_S
                    self.stopping.wait(ROUND_S)
                if self.ready is not None:
                    self.ready.keep_ready()
            except WorkbenchError as error:  # the database may be away; keep trying, say so
                log.warning("database_away", reason=error.code)
            self.news.wait(pause_s)
        self.executor.shutdown(wait=True)
        with suppress(WorkbenchError):  # what the database does not take now, the next dispatcher settles
            for job, running in self.ended:
                settle(job, "lost", running.stop)
        if self.ready is not None:
            self.ready.close()
        for thread in (self.messenger, self.chains):
            if thread is not None:
                thread.join(MESSENGER_PATIENCE_S)

    def settle_ended(self) -> None:
        """Look once at all whose runners ended by themselves: as a rule each wrote how; the others are lost."""
        ended = [self.ended.popleft() for _ in range(len(self.ended))]
        if not ended:
            return
        claims = [job.claim for job, _ in ended]
        try:
            with reading() as connection:
                unsettled = jobs.c.state == "running", jobs.c.claim.in_(claims)
                lost = set(connection.execute(select(jobs.c.claim).where(*unsettled)).scalars())
        except WorkbenchError:
            self.ended.extendleft(reversed(ended))
            raise
        for job, running in ended:
            # What a notebook left running ends here too.
            work = partial(settle, job, "lost", running.stop) if job.claim in lost else running.stop
            self._work(job, work)

    def _work(self, job: Job, work: Callable[[], None]) -> None:
        assert job.claim is not None
        self.working[job.claim] = self.executor.submit(work)
        self.working[job.claim].add_done_callback(lambda _: self.news.set())

    def fill_slots(self) -> int:
        """Take as many jobs as there is room for; how many were taken."""
        for claim, future in tuple(self.working.items()):
            if future.done():
                del self.working[claim]
                if problem := future.exception():  # the job still counts as running; the next sweep settles it
                    log.error("watching_failed", claim=claim, exc_info=problem)
        ready = self.ready.ready_claims() if self.ready is not None else []
        taken = claim_jobs(self.slots - len(self.working), [one for one in ready if one not in self.working])
        for job in taken:
            self._work(job, partial(self._run, job))
        return len(taken)

    def deliver_notices(self) -> None:
        """Send what ended jobs left to be told, in a thread of its own: jobs do not wait for a slow mail server."""
        if self.messenger is None or not self.messenger.is_alive():
            self.messenger = threading.Thread(target=_deliver_notices, daemon=True)
            self.messenger.start()

    def advance_chains(self) -> None:
        """Let chains go on, in a thread of its own as well: earlier results are read whole before they are reused."""
        if self.chains is None or not self.chains.is_alive():
            self.chains = threading.Thread(target=_advance_chains, daemon=True)
            self.chains.start()

    def look(self) -> None:
        """See which running jobs were asked to stop; those who watch them act on it."""
        if self.working:
            asked = jobs.c.state == "running", jobs.c.cancel_requested == 1
            with reading() as connection:
                self.to_cancel = frozenset(connection.execute(select(jobs.c.claim).where(*asked)).scalars())

    def sweep(self) -> None:
        """Settle running jobs whose runner is not ours and no longer lives, or should be cancelled."""
        with reading() as connection:
            rows = connection.execute(select(jobs).where(jobs.c.state == "running")).mappings().all()
        running = [Job(**row) for row in rows]
        self._vouch([job for job in running if job.claim in self.working and job.pid is None])
        for job in running:
            if job.claim in self.working or job.claim is None:
                continue
            stop = partial(self.place.stop, job.claim)
            if job.host != process_groups.HOST or job.pid is None:
                silent_since = utc_now() - timedelta(seconds=SILENT_PERIODS * get_settings().heartbeat_s)
                if job.heartbeat_at is None or job.heartbeat_at < silent_since:
                    settle(job, "lost", stop)
                elif job.cancel_requested and job.pid is not None:
                    settle(job, "cancelled", stop)
            elif not process_groups.is_alive(job.pid, job.claim):
                settle(job, "lost", stop)
            elif job.cancel_requested:
                settle(job, "cancelled", stop)

    def _vouch(self, starting: list[Job]) -> None:
        """Until its runner took the job, which takes long on a busy machine, we answer for its being alive."""
        if starting:
            mine = jobs.c.claim.in_([job.claim for job in starting]), jobs.c.state == "running", jobs.c.pid.is_(None)
            with writing() as connection:
                connection.execute(update(jobs).where(*mine).values(heartbeat_at=utc_now()))

    def _run(self, job: Job) -> None:
        """One job from start to settled state; runs on an executor thread."""
        deadline = time.monotonic() + get_settings().job_timeout_s
        try:
            running = self.place.start(job)
        except Unavailable as error:  # nothing was started, so the job waits like one that nobody claimed
            log.warning("not_started", job_id=job.id, reason=error.code)
            settle(job, "queued", lambda: None, why="handed back: the cluster is away", pause_s=PLACE_AWAY_S)
            return
        except OSError as problem:  # no process, no memory, no room on the disk
            log.warning("not_started", job_id=job.id, reason=str(problem))
            settle(job, "failed", partial(self.place.stop, job.claim or ""), error=not_started(problem))
            return
        outcome = "lost"  # unless the runner writes a state of its own
        while not running.has_ended(POLL_S):
            if self.stopping.is_set():
                outcome = "queued"
            elif time.monotonic() > deadline:
                outcome = "failed"
            elif job.claim in self.to_cancel:
                outcome = "cancelled"
            else:
                continue
            break
        if outcome == "lost" and running.never_began:
            settle(job, "queued", running.stop, why="handed back: the cluster went away before it began")
            return
        if outcome == "lost":
            self.ended.append((job, running))
        else:
            settle(job, outcome, running.stop, finish=partial(running.has_ended, COPIES_S))


def queue_samples() -> None:
    """Queue the sample run of every notebook that declares one, once per state of its code."""
    if not get_settings().sample_data:
        return
    for notebook in sorted(list_notebooks(), key=lambda one: one.sample_turn):
        if notebook.sample is not None:
            key = f"sample:{notebook.name}:{code_checksum(notebook.name)}"  # a room may have several
            submit(notebook.name, notebook.sample, principal=LOCAL_ANALYST, idempotency_key=key)


def _deliver_notices() -> None:
    try:
        deliver_queued()
    except WorkbenchError as error:  # the database may be away; the next round tries again
        log.warning("notices_wait", reason=error.code)


def _advance_chains() -> None:
    try:
        chain_runs.advance()
    except WorkbenchError as error:  # the database may be away; the next round tries again
        log.warning("chains_wait", reason=error.code)


def main() -> None:
    """Entry of the `jobs` process."""
    dispatcher = Dispatcher()
    for kind in (signal.SIGTERM, signal.SIGINT):
        signal.signal(kind, lambda *_: dispatcher.stopping.set())
    queue_samples()
    log.info("dispatcher_ready", slots=dispatcher.slots)
    dispatcher.serve()


if __name__ == "__main__":
    main()
