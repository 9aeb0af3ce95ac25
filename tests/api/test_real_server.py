"""The application under a real uvicorn on a real port, as the supervisor starts it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.api.conftest import PROFILE
from tests.conftest import PROJECT, free_port


@pytest.fixture
def server(trained: Path) -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "app.api.main:app", "--no-access-log", "--port", str(port)]
    with (trained / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=PROJECT, env=dict(os.environ), stderr=log)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        assert process.wait(10) == 0 or process.returncode == -15


def test_when_the_server_starts_then_it_listens_first_and_becomes_ready_by_itself(server: str) -> None:
    with httpx.Client(base_url=server) as client:
        deadline = time.monotonic() + 30
        seen: list[int] = []
        while not seen or seen[-1] != 200:
            assert time.monotonic() < deadline
            try:
                seen.append(client.get("/readyz").status_code)
            except httpx.TransportError:
                time.sleep(0.05)
        answer = client.post("/api/analysis", json=PROFILE)

        assert answer.status_code == 200
        assert answer.headers["X-Request-ID"] != client.get("/nothing").headers["X-Request-ID"]
        assert client.get("/openapi.json").json()["info"]["title"] == "Analyst Workbench"
        assert client.get("/docs").status_code == client.get("/redoc").status_code == 200
