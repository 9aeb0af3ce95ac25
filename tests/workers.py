"""What test processes that run side by side share, and what each has for itself: a folder, results, ports."""

from __future__ import annotations

import atexit
import itertools
import os
import shutil
import socket
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from filelock import FileLock

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")  # "gw0", "gw1", …; empty where one process does all, or hands out
_KEY = "TEST_RUN_FOLDER"  # workers are told of it by the process that started them
_IS_OWNER = _KEY not in os.environ
RUN_FOLDER = Path(os.environ.get(_KEY) or tempfile.mkdtemp(prefix="workbench-test-"))
os.environ[_KEY] = str(RUN_FOLDER)
if _IS_OWNER:
    atexit.register(shutil.rmtree, RUN_FOLDER, ignore_errors=True)

# Below the ports that the system gives to whoever asks for any, so that none of those comes in between.
_FIRST_PORT, _PORTS_EACH = 20_000, 1500
_BLOCK = int(WORKER.removeprefix("gw")) + 1 if WORKER else 0
_turns = itertools.count(os.getpid())  # two runs on one machine begin at different places


def free_port() -> int:
    """A port nobody listens on right now, of those that only this worker takes."""
    for turn in itertools.islice(_turns, _PORTS_EACH):
        with socket.socket() as probe, suppress(OSError):
            port = _FIRST_PORT + _BLOCK * _PORTS_EACH + turn % _PORTS_EACH
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("every port of this worker is taken")


def made_once(name: str, make: Callable[[Path], object]) -> Path:
    """The folder that `make` filled, in whichever worker came first. Nobody changes it: who wants to takes a copy.

    make: called with a folder that does not exist yet.
    """
    folder = RUN_FOLDER / "shared" / name
    folder.parent.mkdir(exist_ok=True)
    with FileLock(folder.with_name(f"{name}.lock")):
        if not folder.exists():
            begun = folder.with_name(f"{name}.begun")
            shutil.rmtree(begun, ignore_errors=True)  # left by a test that failed at it
            make(begun)
            begun.rename(folder)
    return folder
