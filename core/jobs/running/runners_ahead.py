"""Runners started before their job is known: papermill is loaded and a fresh kernel answers when the job comes.

Each has its claim from its start on, and the job is claimed under it; so its processes are found by that claim like
any other's. Each runs one job, or none. It holds the reading end of a pipe of ours and ends when we do, however.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import uuid4

from core.jobs import process_groups
from core.settings.current import dotenv_path
from core.settings.paths import PROJECT
from core.telemetry.logs import get_logger

PATIENCE_S = 2.0  # for one that was let go; one that still makes itself ready notices later

log = get_logger("runners_ahead")


@dataclass(frozen=True)
class _Ahead:
    process: subprocess.Popen[bytes]
    environment: dict[str, str]
    code: frozenset[tuple[str, int]]


class RunnersAhead:
    """Up to `most` of them; filled and asked by the dispatcher's thread, handed over by those that start jobs."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._waiting: dict[str, _Ahead] = {}
        self._leaving: dict[str, tuple[_Ahead, float]] = {}

    def claims(self) -> list[str]:
        """Claims of those that fit the code and settings of this moment; others are let go."""
        if not self._waiting:
            return []
        code, environment = code_state(), process_groups.runner_environment()
        for claim, one in tuple(self._waiting.items()):
            if one.process.poll() is not None or one.code != code or one.environment != environment:
                self._let_go(claim)
        return list(self._waiting)

    def hand_over(self, job_id: str, claim: str) -> subprocess.Popen[bytes] | None:
        """Give the job to the runner that waits under its claim; None where none does or it is gone."""
        one = self._waiting.pop(claim, None)
        if one is None:
            return None
        assert one.process.stdin is not None
        try:
            one.process.stdin.write(f"{job_id}\n".encode())
            one.process.stdin.close()
        except BrokenPipeError:
            process_groups.stop(claim)  # of two runners of one claim neither could be trusted
            one.process.wait()
            return None
        return one.process

    def fill(self) -> None:
        """Start as many as are missing, and see off those that were let go."""
        for claim, (one, since) in tuple(self._leaving.items()):
            if one.process.poll() is not None or time.monotonic() - since > PATIENCE_S:
                self._see_off(claim)
        for claim, one in tuple(self._waiting.items()):
            if one.process.poll() is not None:
                self._let_go(claim)
        for _ in range(self.most - len(self._waiting)):
            claim, environment, code = str(uuid4()), process_groups.runner_environment(), code_state()
            try:
                process = process_groups.start_runner_ahead(claim, environment)
            except OSError as problem:  # no room for a process or its log: a job will tell whether it still is so
                log.warning("none_ahead", reason=str(problem))
                return
            self._waiting[claim] = _Ahead(process, environment, code)

    def close(self) -> None:
        """Let go of all, and leave nothing of them."""
        self.most = 0
        for claim in tuple(self._waiting):
            self._let_go(claim)
        for claim in tuple(self._leaving):
            self._see_off(claim)

    def _let_go(self, claim: str) -> None:
        one = self._waiting.pop(claim, None)
        if one is not None:
            assert one.process.stdin is not None
            one.process.stdin.close()
            self._leaving[claim] = one, time.monotonic()

    def _see_off(self, claim: str) -> None:
        one, _ = self._leaving.pop(claim)
        process_groups.stop(claim)
        one.process.wait()
        process_groups.ahead_log(claim).unlink(missing_ok=True)


def code_state() -> frozenset[tuple[str, int]]:
    """When each file of our code, and the file of settings, was last changed [ns]."""
    found = list(_changes(str(PROJECT / "core")))
    if dotenv_path().exists():
        found.append((str(dotenv_path()), dotenv_path().stat().st_mtime_ns))
    return frozenset(found)


def _changes(folder: str) -> Iterator[tuple[str, int]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir() and entry.name != "__pycache__":
                yield from _changes(entry.path)
            elif entry.name.endswith((".py", ".toml")):
                yield entry.path, entry.stat().st_mtime_ns
