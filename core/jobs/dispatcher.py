"""The `jobs` process: claims queued jobs, starts a runner for each through an executor, and keeps the records true.

However a runner ends, its job ends in a state that tells the truth and no process of it stays behind. Runners
of a dispatcher that died are watched by the next one.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from uuid import uuid4

from sqlalchemy import select

from core.errors import WorkbenchError
from core.jobs import process_groups
from core.jobs.catalogue import code_checksum, list_notebooks
from core.jobs.places import Here, Place
from core.jobs.records import Job, add_event, change_state, submit
from core.notifications.notifier import deliver_queued
from core.security.policy import LOCAL_ANALYST
from core.settings.current import get_settings
from core.storage.database import reading, utc_now, writing
from core.storage.tables import jobs
from core.telemetry.logs import get_logger
from core.telemetry.metrics import observe_queue_wait

POLL_S = 0.3
MESSENGER_PATIENCE_S = 5.0  # what is not sent by then is sent after the next start
SILENT_PERIODS = 5  # heartbeats a runner on another host may miss before its job counts as lost

log = get_logger("dispatcher")


class Dispatcher:
    """Runs jobs until told to stop; several may work on one database."""

    def __init__(self, place: Place | None = None) -> None:
        self.place = place or Here(get_settings().jobs_parallel)
        self.slots = self.place.slots
        self.executor = ThreadPoolExecutor(self.slots, thread_name_prefix="job")
        self.stopping = threading.Event()
        self.working: dict[str, Future[None]] = {}
        self.messenger: threading.Thread | None = None

    def serve(self) -> None:
        """Claim and watch until `stopping` is set; then hand running jobs back to the queue."""
        next_sweep = 0.0
        while not self.stopping.is_set():
            try:
                if time.monotonic() >= next_sweep:
                    self.sweep()
                    self.deliver_notices()
                    next_sweep = time.monotonic() + get_settings().heartbeat_s
                self.fill_slots()
            except WorkbenchError as error:  # the database may be away; keep trying, say so
                log.warning("database_away", reason=error.code)
            self.stopping.wait(POLL_S)
        self.executor.shutdown(wait=True)
        if self.messenger is not None:
            self.messenger.join(MESSENGER_PATIENCE_S)

    def fill_slots(self) -> None:
        self.working = {claim: future for claim, future in self.working.items() if not future.done()}
        while len(self.working) < self.slots and (job := claim_next()):
            assert job.claim is not None
            self.working[job.claim] = self.executor.submit(self._run, job)

    def deliver_notices(self) -> None:
        """Send what ended jobs left to be told, in a thread of its own: jobs do not wait for a slow mail server."""
        if self.messenger is None or not self.messenger.is_alive():
            self.messenger = threading.Thread(target=_deliver_notices, daemon=True)
            self.messenger.start()

    def sweep(self) -> None:
        """Settle running jobs whose runner is not ours and no longer lives, or should be cancelled."""
        with reading() as connection:
            rows = connection.execute(select(jobs).where(jobs.c.state == "running")).mappings().all()
        for job in (Job(**row) for row in rows):
            if job.claim in self.working or job.claim is None:
                continue
            stop = partial(process_groups.stop, job.claim)
            if job.host != process_groups.HOST or job.pid is None:
                silent_since = utc_now() - timedelta(seconds=SILENT_PERIODS * get_settings().heartbeat_s)
                if job.heartbeat_at is None or job.heartbeat_at < silent_since:
                    _settle(job, "lost", stop)
            elif not process_groups.is_alive(job.pid, job.claim):
                _settle(job, "lost", stop)
            elif job.cancel_requested:
                _settle(job, "cancelled", stop)

    def _run(self, job: Job) -> None:
        """One job from start to settled state; runs on an executor thread."""
        deadline = time.monotonic() + get_settings().job_timeout_s
        running = self.place.start(job)
        outcome = "lost"  # unless the runner writes a state of its own
        while not running.has_ended(POLL_S):
            if self.stopping.is_set():
                outcome = "queued"
            elif time.monotonic() > deadline:
                outcome = "failed"
            elif _cancel_requested(job.id):
                outcome = "cancelled"
            else:
                continue
            break
        _settle(job, outcome, running.stop)


def claim_next() -> Job | None:
    """Take the oldest queued job, or None. Of two dispatchers only one gets it."""
    with writing() as connection:
        now = utc_now()
        is_due = jobs.c.not_before.is_(None) | (jobs.c.not_before <= now)
        query = select(jobs).where(jobs.c.state == "queued", is_due).order_by(jobs.c.created_at, jobs.c.id).limit(1)
        row = connection.execute(query).mappings().first()
        if row is None:
            return None
        job = Job(**row)
        taken = change_state(
            connection,
            job,
            "running",
            expected=("queued",),
            claim=str(uuid4()),
            started_at=now,
            heartbeat_at=now,
            host=process_groups.HOST,
            pid=None,
        )
        if not taken:
            return None
        observe_queue_wait((now - job.created_at).total_seconds())
        return Job(**connection.execute(select(jobs).where(jobs.c.id == job.id)).mappings().one())


def queue_samples() -> None:
    """Queue the sample run of every notebook that declares one, once per state of its code."""
    if not get_settings().sample_data:
        return
    for notebook in sorted(list_notebooks(), key=lambda one: one.sample_turn):
        if notebook.sample is not None:
            key = f"sample:{notebook.name}:{code_checksum(notebook.name)}"  # a room may have several
            submit(notebook.name, notebook.sample, principal=LOCAL_ANALYST, idempotency_key=key)


def _settle(job: Job, outcome: str, stop: Callable[[], None]) -> None:
    """Move a job that still counts as running to `outcome`, and end every process of it."""
    if outcome == "queued":
        # The processes go first: while they live, nobody else may claim the job.
        stop()
    errors = {
        "lost": {"key": "jobs.runner_lost", "details": {}},
        "failed": {"key": "jobs.timed_out", "details": {"limit_s": f"{get_settings().job_timeout_s:g}"}},
    }
    values: dict[str, object] = {"error": errors[outcome]} if outcome in errors else {}
    if outcome == "queued":
        values = {"claim": None, "started_at": None, "pid": None, "fraction": 0.0, "step": ""}
    with writing() as connection:
        changed = change_state(connection, job, outcome, expected=("running",), held_by=job.claim, **values)
        if changed and outcome == "queued":
            add_event(connection, job.id, job.owner, "log", {"text": "handed back: the workbench stopped"})
    stop()
    if changed:
        log.info("job_settled", job_id=job.id, state=outcome)


def _deliver_notices() -> None:
    try:
        deliver_queued()
    except WorkbenchError as error:  # the database may be away; the next round tries again
        log.warning("notices_wait", reason=error.code)


def _cancel_requested(job_id: str) -> bool:
    try:
        with reading() as connection:
            return bool(connection.execute(select(jobs.c.cancel_requested).where(jobs.c.id == job_id)).scalar())
    except WorkbenchError:  # asked again a moment later
        return False


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
