"""The table of faults and what came of them, as Markdown, written from what a run saw."""

from __future__ import annotations

import os
import platform
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

import psutil

HEAD = """# Reliability

Every fault that was tried, what must hold, and what a run on a real machine showed. This file is written by the run:
`python -m pytest -n0 tests/faults --write-reliability` (some sixteen minutes, ten of them a fire; nothing is entered
by hand).

{when}, {machine}: **{held} of {all} held**{rest}.
"""
NOTE = "reliability_note"  # under which a test leaves tables of its own, titled


class Note(Protocol):
    """Keeps a section of the document: its title and its Markdown."""

    def __call__(self, title: str, text: str) -> None: ...


COLUMNS = ("fault", "what was done", "what must hold", "result", "test")


@dataclass
class Outcome:
    """One fault test. cases: ids of its variants; held, failed, skipped: which of them came out how."""

    fault: str
    done: str
    must_hold: str
    test: str
    cases: list[str] = field(default_factory=list)
    held: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)
    skipped: dict[str, str] = field(default_factory=dict)

    @property
    def result(self) -> str:
        """In words; a test that failed in any variant failed."""
        if self.failed:
            return "**failed**" if len(self.cases) == 1 else f"**failed** in {len(self.failed)} of {len(self.cases)}"
        if not self.held:
            reason = next(iter(self.skipped.values()), "the run ended before it")
            return f"skipped: {reason}"
        told = "held" if len(self.cases) == 1 else f"held in all {len(self.held)}"
        return f"{told}, {len(self.skipped)} skipped" if self.skipped else told


def table(outcomes: Sequence[Outcome], notes: Mapping[str, str]) -> str:
    """The whole document: the table, and the sections that tests left, by title."""
    rows = sorted(outcomes, key=lambda one: (one.fault.casefold(), one.test))
    failed = sum(bool(one.failed) for one in rows)
    held = sum(one.result.startswith("held") for one in rows)
    untried = len(rows) - failed - held
    rest = "".join(f", {number} {word}" for number, word in ((failed, "failed"), (untried, "skipped")) if number)
    when = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    lines = [HEAD.format(when=when, machine=machine(), held=held, all=len(rows), rest=rest)]
    lines += [_row(COLUMNS), _row(["---"] * len(COLUMNS))]
    for one in rows:
        place, _, name = one.test.partition("::")
        told = f"`{place}` {name.removeprefix('test_').replace('_', ' ')}"
        lines.append(_row((one.fault, one.done, one.must_hold, one.result, told)))
    for title, text in sorted(notes.items()):
        lines += ["", f"## {title}", "", text]
    return "\n".join(lines) + "\n"


def machine() -> str:
    """What the run stood on, without anybody's name for it."""
    memory = psutil.virtual_memory().total / 1024**3
    return (
        f"{platform.system()} {platform.release().partition('-')[0]} on {platform.machine()}, {os.cpu_count()} cores, "
        f"{memory:.0f} GiB of memory, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    )


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
