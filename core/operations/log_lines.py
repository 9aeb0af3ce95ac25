"""The last lines of the workbench's own log files, without what is about a person.

Only lines that our log wrote are shown, and of them only fields that name a thing of ours: what libraries print beside
them (addresses, texts of errors) stays in the files, for whoever has the machine.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.security.policy import Permission, Principal, require
from core.settings.current import get_settings
from core.telemetry.logs import LEVELS

TAIL_BYTES = 4_000_000  # of each file: a supervisor's file has ten million at most
MOST_LINES = 1000
SHOWN = (
    "method", "path", "status", "ms", "request_id", "code", "reason", "model", "name", "job_id", "rule", "dependency",
    "state", "key", "version", "seconds", "bytes", "rows", "files", "trace_id",
)  # fmt: skip


@dataclass(frozen=True)
class LogLine:
    """One event. process: the file's name, one of ui, api and jobs. values: its further fields that may be shown."""

    timestamp: str
    level: str
    process: str
    room: str
    event: str
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class LogTail:
    """Newest last. files: those that were read; none where no supervisor writes any (each process logs to where it
    was started)."""

    lines: tuple[LogLine, ...]
    files: tuple[str, ...]


def last_lines(*, level: str = "info", process: str = "", limit: int = 100, principal: Principal) -> LogTail:
    """Events of at least that level. level: debug, info, warning or error. Raises NotAllowed."""
    require(principal, Permission.SYSTEM_READ)
    found: list[LogLine] = []
    files = [path for path in sorted(_folder().glob("*.log")) if process in ("", path.stem)]
    for path in files:
        lines = [one for one in _events(path) if LEVELS.get(one.level, 0) >= LEVELS[level]]
        found += lines[-limit:]
    found.sort(key=lambda one: one.timestamp)
    return LogTail(tuple(found[-min(limit, MOST_LINES) :]), tuple(path.name for path in files))


def _folder() -> Path:
    return get_settings().data_dir / "logs"


def _events(path: Path) -> Iterator[LogLine]:
    for text in _tail(path):
        if not text.startswith(b"{"):
            continue
        try:
            read = json.loads(text)
        except ValueError:
            continue
        if isinstance(read, dict) and isinstance(read.get("event"), str):
            yield _shown(read, path.stem)


def _shown(read: dict[str, Any], process: str) -> LogLine:
    values = {name: read[name] for name in SHOWN if isinstance(read.get(name), str | int | float | bool)}
    kinds = [one["type"] for one in read.get("exception", ()) if isinstance(one, dict) and "type" in one]
    if kinds:
        values["exception"] = ", ".join(kinds)
    about = {name: str(read.get(name, "")) for name in ("timestamp", "level", "room")}
    return LogLine(event=read["event"], process=process, values=values, **about)


def _tail(path: Path) -> list[bytes]:
    try:
        with path.open("rb") as file:
            length = file.seek(0, os.SEEK_END)
            file.seek(max(0, length - TAIL_BYTES))
            lines = file.read().splitlines()
    except FileNotFoundError:  # put aside by the supervisor just now
        return []
    return lines if length <= TAIL_BYTES else lines[1:]  # the first one was cut
