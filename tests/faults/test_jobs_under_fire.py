"""Fifty jobs while their processes die at random, and an account of every one of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import PROJECT
from tests.faults.fire import JOBS
from tests.faults.reliability import Note
from tests.faults.test_full_disk import can_mount

SECONDS = 600
SIZE = "600m"
MOUNTED = 'mount -t tmpfs -o size={size} none "$1" && exec "$2" -m tests.faults.fire "$1/home" "$3" "$4"'


@pytest.mark.soak
@pytest.mark.timeout(SECONDS + 900)
@pytest.mark.parametrize("seed", [20_261_122])
@pytest.mark.fault(
    "jobs under fire", "for ten minutes every few seconds a runner, a kernel, one of two dispatchers, the API or the"
    " pages are killed or frozen, the database is held (once for a minute), the disk is filled, fifty jobs at work",
    "every job ends in a state that its story and its own evidence bear out, none runs twice at once or twice under one"
    " claim, attempts are made as asked, each end is told once, no process stays",
)  # fmt: skip
def test_when_processes_die_at_random_then_every_job_is_accounted_for(
    tmp_path: Path, seed: int, reliability_note: Note
) -> None:
    told = burn(tmp_path, SECONDS, seed)
    reliability_note("Jobs under fire", describe(told, seed))

    assert told["wrong"] == []
    assert told["left"] == []
    assert told["jobs"] == sum(told["states"].values()) == JOBS
    assert {"runner killed", "kernel killed", "dispatcher killed", "API killed"} <= set(told["done"])


def burn(folder: Path, seconds: float, seed: int) -> dict[str, Any]:
    """The account of a fire in a process of its own, on a small disk where the machine lets us have one."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("WORKBENCH_")}
    direct = [sys.executable, "-m", "tests.faults.fire", str(folder / "home"), str(seconds), str(seed)]
    mounted = [
        "unshare", "-rm", "sh", "-c", MOUNTED.format(size=SIZE), "sh", str(folder), sys.executable, str(seconds),
        str(seed),
    ]  # fmt: skip
    done = subprocess.run(
        mounted if can_mount(folder) else direct, cwd=PROJECT, env=environment, capture_output=True, text=True,
        timeout=seconds + 800, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def describe(told: dict[str, Any], seed: int) -> str:
    """The account as Markdown tables."""
    deeds = [f"| {what} | {count} |" for what, count in sorted(told["done"].items())]
    ends = [f"| {state} | {count} | {told['of_attempts'][state]} |" for state, count in sorted(told["states"].items())]
    wrong = [f"- {one}" for one in told["wrong"]] or ["Nothing was wrong."]
    return "\n".join(
        (
            f"{told['jobs']} jobs, {told['attempts']} attempts, {told['seconds']} s, seed {seed}.", "",
            "| what was done | times |", "| --- | --- |", *deeds, "",
            "| end | jobs | attempts |", "| --- | --- | --- |", *ends, "", *wrong,
        )
    )  # fmt: skip
