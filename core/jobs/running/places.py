"""Where a claimed job's runner is started: this machine, or a worker of a cluster. The dispatcher knows only this.

A place starts a runner, tells whether it has ended, and ends every process of it. How the job ended stands in the
job record, which the runner writes itself.
"""

from __future__ import annotations

import os
import select
import subprocess
from typing import Protocol, runtime_checkable

from core.jobs import process_groups
from core.jobs.job import Job
from core.jobs.running.runners_ahead import RunnersAhead
from core.settings.current import get_settings


class Running(Protocol):
    """A runner that was started for one claim."""

    @property
    def never_began(self) -> bool:
        """Whether the place dropped it, through no fault of the job, before a runner took the claim."""
        ...

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

    def stop(self, claim: str) -> None:
        """End what carries the claim of a dispatcher that is gone."""
        ...


@runtime_checkable
class ReadyPlace(Protocol):
    """A place that keeps runners ready ahead, each for the job that is claimed under its claim."""

    def ready_claims(self) -> list[str]:
        """Claims to take the next jobs under; none of them was used before."""
        ...

    def keep_ready(self) -> None:
        """Replace what was used."""
        ...

    def close(self) -> None:
        """End those that no job has come for."""
        ...


class _HereRunning:
    """A runner on this machine."""

    def __init__(self, runner: subprocess.Popen[bytes], claim: str) -> None:
        self.runner = runner
        self.claim = claim

    @property
    def never_began(self) -> bool:
        return False

    def has_ended(self, wait_s: float) -> bool:
        return has_ended(self.runner, wait_s)

    def stop(self) -> None:
        process_groups.stop(self.claim)
        self.runner.wait()


class Here:
    """This machine: a process for each runner. ahead: how many wait for their job with a kernel that is ready."""

    def __init__(self, slots: int, ahead: int = 0) -> None:
        self.slots = slots
        self.ahead = RunnersAhead(ahead)

    def start(self, job: Job) -> Running:
        assert job.claim is not None
        runner = self.ahead.hand_over(job.id, job.claim) or process_groups.start_runner(job.id, job.claim)
        return _HereRunning(runner, job.claim)

    def stop(self, claim: str) -> None:
        process_groups.stop(claim)

    def ready_claims(self) -> list[str]:
        return self.ahead.claims()

    def keep_ready(self) -> None:
        self.ahead.fill()

    def close(self) -> None:
        self.ahead.close()


def chosen_place(*, ahead: bool = True) -> Place:
    """The cluster that the settings name, or this machine. ahead: with runners that wait for later jobs."""
    settings = get_settings()
    if settings.dask_address:
        from core.jobs.running.dask_place import DaskPlace

        return DaskPlace()
    return Here(settings.jobs_parallel, ahead=settings.warm_runners if ahead else 0)


def has_ended(process: subprocess.Popen[bytes], wait_s: float) -> bool:
    """Whether it ended; noticed at the moment it does where the system can tell, otherwise within 50 ms."""
    if process.poll() is not None:
        return True
    if hasattr(os, "pidfd_open"):
        handle = os.pidfd_open(process.pid)
        try:
            poll = select.poll()
            poll.register(handle, select.POLLIN)
            poll.poll(wait_s * 1000)
        finally:
            os.close(handle)
        return process.poll() is not None
    try:
        process.wait(wait_s)
    except subprocess.TimeoutExpired:
        return False
    return True
