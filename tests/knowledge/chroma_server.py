"""A real Chroma server on a free port, with its files in a folder, that can be killed."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.workers import free_port

PATIENCE_S = 60


@dataclass
class ChromaServer:
    """The running process and its address."""

    url: str
    process: subprocess.Popen[bytes]

    def kill(self) -> None:
        """SIGKILL, as a crash would."""
        self.process.kill()
        self.process.wait(timeout=10)


@contextmanager
def running_chroma(folder: Path, *, port: int | None = None) -> Iterator[ChromaServer]:
    """Started, answering, and gone afterwards. port: to come back where another one died."""
    chosen = port or free_port()
    command = [str(Path(sys.executable).with_name("chroma")), "run", "--path", str(folder), "--port", str(chosen)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(f"http://127.0.0.1:{chosen}/api/v2/heartbeat", process)
        yield ChromaServer(f"http://127.0.0.1:{chosen}", process)
    finally:
        process.kill()
        process.wait(timeout=10)


def _wait(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        assert process.poll() is None, "the Chroma server ended before it answered"
        try:
            if httpx.get(address, timeout=1).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError("the Chroma server did not answer")
