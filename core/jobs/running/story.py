"""What a runner tells of its job while it works: heartbeat, resources, cells and what they print.

All of it goes into the database in one transaction at most about once a second, so a notebook that prints much costs
no more than one that is silent. The same look tells whether the job is still ours.
"""

from __future__ import annotations

import os
import threading
import time
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, update

from core.errors import WorkbenchError
from core.jobs.job import Job
from core.jobs.running.resource_use import ResourceUse
from core.jobs.states import change_state
from core.settings.current import get_settings
from core.storage.database import utc_now, writing
from core.storage.tables import job_events, jobs
from core.telemetry.logs import get_logger

NOT_MY_CLAIM = 3  # exit status of a runner that holds no claim
WRITE_S = 1.0
FIRST_S = 0.2  # the first cell of a job is told sooner
RESOURCES_S = 5.0  # between two points of the plot
PATIENCE_S = 600.0  # for a database that is away when the job has ended
MOST_WAITING = 5000  # events kept while the database is away

Told = tuple[datetime, str, dict[str, Any]]  # when, kind, payload

log = get_logger("story")


class Story:
    """Told by the runner's threads, written by one of its own until `end`."""

    def __init__(self, job: Job, claim: str, use: ResourceUse) -> None:
        self.job, self.claim, self.use = job, claim, use
        self._waiting: list[Told] = []
        self._changed = threading.Condition()
        self._is_over = False
        self._resources_at = time.monotonic()
        self._writer = threading.Thread(target=self._serve, name="story", daemon=True)
        self._writer.start()

    def tell(self, kind: str, payload: dict[str, Any]) -> None:
        """Note an event; it is written soon. What one cell prints in a row becomes one event."""
        with self._changed:
            if self._joins_last(kind, payload):
                self._waiting[-1][2]["text"] += payload["text"]
                return
            if len(self._waiting) < MOST_WAITING:
                self._waiting.append((utc_now(), kind, dict(payload)))
            self._changed.notify()

    def _joins_last(self, kind: str, payload: dict[str, Any]) -> bool:
        if kind != "log" or not self._waiting or self._waiting[-1][1] != "log":
            return False
        before = self._waiting[-1][2]
        return before.keys() == payload.keys() == {"cell", "text"} and before["cell"] == payload["cell"]

    def end(self, state: str, **values: Any) -> None:
        """Write what is left and the final state in one transaction; a database that is away is waited for.

        Raises what the database raised last when it stays away.
        """
        with self._changed:
            self._is_over = True
            self._changed.notify()
        self._writer.join()
        resources, deadline = self.use.measure(), time.monotonic() + PATIENCE_S
        told = [*self._waiting, (utc_now(), "resources", resources)]
        while not self._is_written(state, values | {"resources": resources}, told, deadline):
            time.sleep(WRITE_S)

    def _is_written(self, state: str, values: dict[str, Any], told: list[Told], deadline: float) -> bool:
        try:
            with writing() as connection:
                self._insert(connection, told)
                change_state(connection, self.job, state, expected=("running",), held_by=self.claim, **values)
        except WorkbenchError as error:
            if time.monotonic() > deadline:
                raise
            log.warning("end_not_written", reason=error.code)
            return False
        return True

    def _serve(self) -> None:
        heartbeat_s = get_settings().heartbeat_s
        written_at = time.monotonic() - WRITE_S + FIRST_S
        while True:
            with self._changed:
                if self._is_over:
                    return
                wait_s = written_at + (min(WRITE_S, heartbeat_s) if self._waiting else heartbeat_s) - time.monotonic()
                if wait_s > 0:
                    self._changed.wait(wait_s)
                    continue
                told, self._waiting = self._waiting, []
            try:
                self._write(told)
            except WorkbenchError as error:  # the database may be away for a while; the work goes on
                log.warning("heartbeat_missed", reason=error.code)
                with self._changed:
                    self._waiting = told + self._waiting
            written_at = time.monotonic()

    def _write(self, told: list[Told]) -> None:
        """A runner whose claim was taken away ends itself, and its kernel ends with it."""
        resources = self.use.measure()
        is_due = time.monotonic() - self._resources_at >= RESOURCES_S
        mine = jobs.c.id == self.job.id, jobs.c.claim == self.claim, jobs.c.state == "running"
        with writing() as connection:
            held = connection.execute(update(jobs).where(*mine).values(heartbeat_at=utc_now(), resources=resources))
            if held.rowcount == 1:
                self._insert(connection, [*told, (utc_now(), "resources", resources)] if is_due else told)
        if held.rowcount != 1:
            os._exit(NOT_MY_CLAIM)
        if is_due:
            self._resources_at = time.monotonic()

    def _insert(self, connection: Connection, told: list[Told]) -> None:
        rows = [
            {"job_id": self.job.id, "owner": self.job.owner, "at": at, "kind": kind, "payload": payload}
            for at, kind, payload in told
        ]
        if rows:
            connection.execute(insert(job_events), rows)
