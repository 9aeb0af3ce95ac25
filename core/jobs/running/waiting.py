"""Waiting for a job on a command line: prints its story, and does the dispatcher's work where none is running."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from core.jobs.job import Job, JobEvent
from core.jobs.records import events, get_job
from core.jobs.running.dispatcher import Dispatcher
from core.jobs.running.places import chosen_place
from core.messages import say as message
from core.security.policy import LOCAL_ANALYST

NOT_SAID = ("resources", "cell_end")  # figures for a plot, and what the next line tells anyway
PATIENCE_S = 2.0  # how long a queued job may wait for a dispatcher before we become one


def follow(job_id: str, *, say: Callable[[str], None]) -> Job:
    """The job once it has ended; each event is said as a line meanwhile."""
    dispatcher: Dispatcher | None = None
    worker: threading.Thread | None = None
    started, last = time.monotonic(), 0
    try:
        while True:
            job = get_job(job_id, principal=LOCAL_ANALYST)
            for event in events(job_id, principal=LOCAL_ANALYST, after=last):
                last = event.id
                if event.kind not in NOT_SAID:
                    say(_line(event))
            if job.has_ended:
                return job
            if dispatcher is None and job.state == "queued" and time.monotonic() - started > PATIENCE_S:
                dispatcher = Dispatcher(chosen_place(ahead=False))
                worker = threading.Thread(target=dispatcher.serve)
                worker.start()
            time.sleep(0.2)
    finally:
        if dispatcher is not None and worker is not None:
            dispatcher.stopping.set()
            worker.join()


def _line(event: JobEvent) -> str:
    at, payload = f"{event.at.astimezone():%H:%M:%S}", event.payload
    if event.kind == "state":
        error = payload.get("error")
        return f"{at} {payload['state']}" + (f": {message(error['key'], 'en', **error['details'])}" if error else "")
    if event.kind == "progress":
        return f"{at} {payload['fraction']:4.0%} {payload['step']}"
    if event.kind == "cell":
        return f"{at} cell {payload['cell']} of {payload['of']}: {payload['code']}"
    return f"{at} {payload.get('text', '').rstrip()}"
