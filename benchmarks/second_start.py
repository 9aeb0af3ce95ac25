"""`make run`, second start, until pages and API answer, against a bare Streamlit and a bare uvicorn started together.

Run as `python -m benchmarks.second_start`. The first start (migration, sample training) happens before measuring.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from benchmarks.report import write_section

ROUNDS = 7
GOAL = 1.5
BARE_PAGE = "import streamlit as st\nst.write('bare')\n"
BARE_API = """from fastapi import FastAPI
app = FastAPI()
@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(*urls: str) -> None:
    waiting, deadline = list(urls), time.monotonic() + 120
    while waiting:
        assert time.monotonic() < deadline, f"{waiting} did not answer"
        try:
            with urllib.request.urlopen(waiting[0], timeout=5):
                waiting.pop(0)
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.01)


def time_until_answers(commands: list[list[str]], environment: dict[str, str], ui: int, api: int) -> float:
    """Seconds from start until the first page and /health are answered; everything is stopped afterwards."""
    started = time.perf_counter()
    running = [
        subprocess.Popen(one, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for one in commands
    ]
    try:
        wait_for(f"http://127.0.0.1:{ui}/", f"http://127.0.0.1:{api}/health")
        return time.perf_counter() - started
    finally:
        for process in running:
            process.send_signal(signal.SIGINT)
        for process in running:
            process.wait(60)


def main() -> None:
    python = sys.executable
    folder = Path(tempfile.mkdtemp(prefix="wb-start-"))
    (folder / "bare_page.py").write_text(BARE_PAGE)
    (folder / "bare_api.py").write_text(BARE_API)
    ui, api = free_port(), free_port()
    environment = {
        **os.environ,
        "WORKBENCH_HOME": str(folder / "home"),
        "WORKBENCH_UI_PORT": str(ui),
        "WORKBENCH_API_PORT": str(api),
        "WORKBENCH_SAMPLE_DATA": "0",
        "PYTHONPATH": str(folder),
        "OMP_NUM_THREADS": "1",
    }
    quiet = ("--server.headless", "true", "--browser.gatherUsageStats", "false")
    bare = [
        [python, "-m", "streamlit", "run", str(folder / "bare_page.py"), "--server.port", str(ui), *quiet],
        [python, "-m", "uvicorn", "bare_api:app", "--port", str(api), "--no-access-log"],
    ]
    ours = [[python, "-m", "core.cli", "run"]]
    try:
        time_until_answers(ours, environment, ui, api)
        time_until_answers(bare, environment, ui, api)
        bare_s, ours_s = [], []
        for _ in range(ROUNDS):
            bare_s.append(time_until_answers(bare, environment, ui, api))
            ours_s.append(time_until_answers(ours, environment, ui, api))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    bare_median, ours_median = statistics.median(bare_s), statistics.median(ours_s)
    write_section(
        "second_start",
        "Second start: pages and API answer",
        f"| what | median [s] | range [s] |\n| --- | --- | --- |\n"
        f"| bare Streamlit and bare uvicorn together | {bare_median:.2f} | {min(bare_s):.2f} to {max(bare_s):.2f} |\n"
        f"| `workbench run` | {ours_median:.2f} | {min(ours_s):.2f} to {max(ours_s):.2f} |\n\n"
        f"Ratio {ours_median / bare_median:.2f} (goal: at most {GOAL}); {ROUNDS} interleaved rounds.",
    )


if __name__ == "__main__":
    main()
