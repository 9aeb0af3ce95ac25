"""What the tests' workers are asked to do; they import it by name."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from core.errors import BadInput


def squared(number: int) -> tuple[int, int]:
    """The square, and who computed it."""
    return number * number, os.getpid()


def noted(part: tuple[int, str]) -> int:
    """Write that the part was begun, then take a while."""
    number, folder = part
    (Path(folder) / f"{number}-{os.getpid()}-{time.monotonic_ns()}").touch()
    time.sleep(0.15)
    return number


def refused(number: int) -> int:
    """One part is wrong, and says so in a sentence of ours."""
    if number == 3:
        raise BadInput("jobs.cell_failed", cell=number, problem="three")
    return number


def deadly(number: int) -> int:
    """One part ends whoever takes it."""
    if number == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def waited(seconds: float) -> int:
    """Wait without using the processor; who did."""
    time.sleep(seconds)
    return os.getpid()


def nested(numbers: list[int]) -> list[int]:
    """Work that spreads work of its own."""
    from core.cluster.spread import spread

    return [square for square, _ in spread(squared, numbers, name="inner")]
