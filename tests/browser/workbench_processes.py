"""The real processes behind a browser test: pages and job dispatcher on a temporary home and a free port."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import PROJECT, use_compiled_models
from tests.workers import free_port

START_LIMIT_S = 60


@dataclass(frozen=True)
class Workbench:
    """A running workbench."""

    url: str
    home: Path


@contextmanager
def running_workbench(
    *, sample_data: bool, jobs: bool = True, is_public: bool = False, **settings: str
) -> Iterator[Workbench]:
    """Pages, and with `jobs` the dispatcher, until the block is left; nothing stays behind.

    is_public: the settings know the address that visitors type. settings: further environment values.
    """
    port = free_port()
    if is_public:
        settings["WORKBENCH_PUBLIC_URL"] = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory(prefix="workbench-browser-", ignore_cleanup_errors=True) as home:
        environment = {
            **os.environ,
            "WORKBENCH_HOME": home,
            "WORKBENCH_SAMPLE_DATA": "1" if sample_data else "0",
            "OMP_NUM_THREADS": "1",
            "WORKBENCH_WARM_RUNNERS": "1" if jobs else "0",  # kernels start while the visitor still types
            **settings,
        }
        migrate = "from core.storage.migrations import migrate; migrate()"
        subprocess.run([sys.executable, "-c", migrate], check=True, cwd=PROJECT, env=environment)
        use_compiled_models(Path(home) / "data")
        commands = [[sys.executable, "-m", "streamlit", "run", "app", "--server.port", str(port)]]
        if jobs:
            commands.append([sys.executable, "-m", "core.jobs.running.dispatcher"])
        with (Path(home) / "processes.log").open("wb") as log:
            started = [
                subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=log, stderr=log, start_new_session=True)
                for command in commands
            ]
            try:
                _wait_until_healthy(f"http://127.0.0.1:{port}")
                yield Workbench(f"http://127.0.0.1:{port}", Path(home))
            finally:
                for process in reversed(started):
                    _end(process)


def run_in(home: Path, program: str) -> None:
    """Run a few lines of Python in that home."""
    environment = {**os.environ, "WORKBENCH_HOME": str(home)}
    subprocess.run([sys.executable, "-c", program], check=True, cwd=PROJECT, env=environment)


def _wait_until_healthy(url: str) -> None:
    deadline = time.monotonic() + START_LIMIT_S
    while True:
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=2):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
