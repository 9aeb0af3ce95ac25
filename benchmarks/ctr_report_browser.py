"""Opening the report page of 1,000,000 rows in a real browser, from the address to the last element."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.page_rerun import PROJECT
from tests.browser.chromium import HEIGHT, WIDTH, running_browser, settle
from tests.conftest import free_port

VISITS = 5
EMPTY = "import streamlit as st\nst.title('empty')\nst.button('press')\n"


def visits(home: str, run_id: str) -> dict[str, float]:
    """Wall seconds: the first visit of a fresh server; medians of later visitors to it and to an empty page; and of
    going to the report from another page of the workbench.

    Each visitor is a browser without a cache; all of Streamlit's own files are part of each visit.
    """
    with tempfile.TemporaryDirectory() as folder, running_browser() as browser:
        script = Path(folder) / "empty.py"
        script.write_text(EMPTY, "utf-8")
        with _served(home, "app") as report, _served(home, str(script)) as empty:
            address = f"{report}/ctr_report?run={run_id}&lang=en"
            first = _visit(browser, address)
            found = [
                (_visit(browser, address), _visit(browser, empty), _go_over(browser, report)) for _ in range(VISITS)
            ]
    visited, empty_page, gone_over = (statistics.median(column) for column in zip(*found, strict=True))
    return {"first": first, "later": visited, "empty": empty_page, "from another page": gone_over}


def _visit(browser: Any, address: str) -> float:
    page = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}).new_page()
    start = time.perf_counter()
    page.goto(address)
    settle(page)
    seconds = time.perf_counter() - start
    page.context.close()
    return seconds


def _go_over(browser: Any, address: str) -> float:
    page = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}).new_page()
    page.goto(f"{address}/?lang=en")
    settle(page)
    start = time.perf_counter()
    page.click("a[href*=ctr_report]")
    page.wait_for_selector("[class*=st-key-hero-ctr]")
    settle(page)
    seconds = time.perf_counter() - start
    page.context.close()
    return seconds


@contextmanager
def _served(home: str, script: str) -> Iterator[str]:
    port = free_port()
    environment = os.environ | {"WORKBENCH_HOME": home, "OMP_NUM_THREADS": "1", "WORKBENCH_SAMPLE_DATA": "0"}
    command = [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        script,
        "--server.port",
        str(port),
        "--server.headless",
        "true",
    ]
    quiet = subprocess.DEVNULL
    server = subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=quiet, stderr=quiet)
    try:
        _wait_for(f"http://127.0.0.1:{port}/_stcore/health")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(15)


def _wait_for(address: str) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
