"""Where a claimed job's runner is started: this machine, or a worker of a cluster. The dispatcher knows only this.

A place starts a runner, tells whether it has ended, and ends every process of it. How the job ended stands in the
job record, which the runner writes itself.
"""

from __future__ import annotations

import subprocess
from typing import Protocol

from core.jobs import process_groups
from core.jobs.records import Job


class Running(Protocol):
    """A runner that was started for one claim."""

    def has_ended(self, wait_s: float) -> bool:
        """Whether it ended, after waiting for that at most so long [s]."""
        ...

    def stop(self) -> None:
        """End every process of the claim; returns when none is left."""
        ...


class Place(Protocol):
    """Somewhere runners can be started."""

    @property
    def slots(self) -> int:
        """How many runners it takes at once."""
        ...

    def start(self, job: Job) -> Running:
        """Start a runner for a job that is claimed. Raises Unavailable where the place cannot be reached."""
        ...


class _HereRunning:
    """A runner on this machine."""

    def __init__(self, runner: subprocess.Popen[bytes], claim: str) -> None:
        self.runner = runner
        self.claim = claim

    def has_ended(self, wait_s: float) -> bool:
        try:
            self.runner.wait(wait_s)
        except subprocess.TimeoutExpired:
            return False
        return True

    def stop(self) -> None:
        process_groups.stop(self.claim)
        self.runner.wait()


class Here:
    """This machine: a process for each runner."""

    def __init__(self, slots: int) -> None:
        self.slots = slots

    def start(self, job: Job) -> Running:
        assert job.claim is not None
        return _HereRunning(process_groups.start_runner(job.id, job.claim), job.claim)
