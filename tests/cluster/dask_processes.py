"""A real scheduler and real workers, each a process of its own, on loopback and free ports."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from tests.conftest import PROJECT
from tests.workers import free_port

PATIENCE_S = 150  # many tests run beside each other on few processors
SETTINGS = {
    # A dead worker is noticed at once by its socket; these only keep tests of scheduler and client short.
    "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "5s",
    "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1",
    "PYTHONPATH": str(PROJECT),  # `tests.cluster.work` is imported by name
    "OMP_NUM_THREADS": "1",
}


class DaskProcesses:
    """Start, kill and stop them; `environment` is what workers get beside their home."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.address = f"tcp://127.0.0.1:{free_port()}"
        self.scheduler: subprocess.Popen[bytes] | None = None
        self.workers: dict[str, subprocess.Popen[bytes]] = {}

    def start_scheduler(self) -> None:
        port = self.address.rpartition(":")[2]
        options = ("--host", "127.0.0.1", "--port", port, "--no-dashboard")
        self.scheduler = self._start("scheduler", "distributed.cli.dask_scheduler", *options)

    def start_worker(self, name: str, *, nanny: bool = False, notebooks: int = 1, **environment: str) -> None:
        """Returns at once; see `wait_for_workers`."""
        options = ("--name", name, "--nthreads", "1", "--no-dashboard", "--host", "127.0.0.1", "--memory-limit", "0")
        options += ("--nanny" if nanny else "--no-nanny", "--resources", f"notebooks={notebooks}")
        options += ("--local-directory", str(self.folder / f"scratch-{name}"), "--death-timeout", str(PATIENCE_S))
        options += ("--preload", "tests.cluster.pinned_code")
        self.workers[name] = self._start(name, "distributed.cli.dask_worker", self.address, *options, **environment)

    def wait_for_workers(self, count: int) -> None:
        """Until so many are known to the scheduler."""
        from core.cluster.connection import workers

        wait_until(lambda: len(workers()) == count, "workers did not come")

    def kill(self, name: str) -> None:
        """SIGKILL for one worker's process, and for nothing that it started."""
        self.workers[name].kill()
        self.workers.pop(name).wait()

    def stop(self) -> None:
        """End everything, and what it started."""
        started = [*self.workers.values(), *([self.scheduler] if self.scheduler else [])]
        for one in started:
            for child in psutil.Process(one.pid).children(recursive=True) if one.poll() is None else ():
                child.kill()
            one.kill()
            one.wait()
        self.workers.clear()
        self.scheduler = None

    def _start(self, name: str, module: str, *options: str, **environment: str) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", module, *options],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder,
                env={**os.environ, **SETTINGS, **environment},
            )  # fmt: skip


def wait_until(condition: Callable[[], object], told: str, seconds: float = PATIENCE_S) -> None:
    """Until `condition()` is true; fails the test when it stays false. A cluster that is not up yet counts as false."""
    from core.errors import Unavailable

    deadline = time.monotonic() + seconds
    while True:
        try:
            if condition():
                return
        except Unavailable:
            from core.resilience import breakers

            breakers._breakers.clear()  # it opens while the scheduler starts
        assert time.monotonic() < deadline, told
        time.sleep(0.1)
