"""The API as a process of its own, with everything that it writes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.conftest import PROJECT
from tests.workers import free_port

PATIENCE_S = 30.0
# No encoder: a server that nobody listens to is away at once, and words alone are searched.
AWAY = {
    "WORKBENCH_TEXT_MODEL": "ollama:away", "OLLAMA_BASE_URL": "http://127.0.0.1:9", "WORKBENCH_OUTSIDE_RETRIES": "0",
    "WORKBENCH_PRELOAD": "",
}  # fmt: skip


@contextmanager
def serving(home: Path, log: Path, *options: str, **environment: str) -> Iterator[str]:
    """Its address; stopped politely at the end, so that what it still holds is written."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "app.api.main:app", "--no-access-log", "--port", str(port), *options]
    values = {**os.environ, "WORKBENCH_HOME": str(home), "WORKBENCH_METRICS_DIR": "", **AWAY, **environment}
    with log.open("w") as written:
        process = subprocess.Popen(command, cwd=PROJECT, env=values, stdout=written, stderr=written)
    try:
        _wait(port, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def _wait(port: int, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            httpx.get(f"http://127.0.0.1:{port}/api/chat/health")
        except httpx.TransportError:
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        else:
            return
