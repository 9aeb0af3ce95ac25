"""Runs a command and watches the memory of all its processes together; one that takes more than it may is ended."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import psutil

EVERY_S = 0.1


@dataclass(frozen=True)
class Watched:
    """output: what it printed. peak_mb: most resident memory of the tree at once. processor_s: of all processes."""

    output: str
    seconds: float
    processor_s: float
    peak_mb: float


class OverLimit(Exception):
    """The processes took more memory than they may."""


def run_watched(command: Sequence[str], *, limit_mb: float, env: Mapping[str, str]) -> Watched:
    """Run to the end. Raises OverLimit, after ending the processes, and CalledProcessError for a failure."""
    started, peak, processor = time.perf_counter(), 0.0, 0.0
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=dict(env)) as process:
        tree = psutil.Process(process.pid)
        while process.poll() is None:
            resident, used = _of_tree(tree)
            peak, processor = max(peak, resident), max(processor, used)
            if resident > limit_mb:
                for one in [*tree.children(recursive=True), tree]:
                    with suppress(psutil.NoSuchProcess):
                        one.kill()
                raise OverLimit(f"{resident:,.0f} MB of {limit_mb:,.0f} MB: {' '.join(command[-3:])}")
            time.sleep(EVERY_S)
        output = process.stdout.read() if process.stdout else ""
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, output)
    return Watched(output, time.perf_counter() - started, processor, peak)


def _of_tree(tree: psutil.Process) -> tuple[float, float]:
    resident = used = 0.0
    with suppress(psutil.NoSuchProcess):
        for one in [tree, *tree.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess):
                resident += one.memory_info().rss / 2**20
                used += sum(one.cpu_times()[:2])
    return resident, used
