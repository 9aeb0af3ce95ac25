"""Writes a benchmark's section into docs/benchmarks.md, between its markers, with the machine it ran on."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from pathlib import Path

REPORT = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"
HEADER = "# Benchmarks\n\nEach section is written by its benchmark (`make bench`); ratios come from one run.\n"


def machine() -> str:
    return f"{os.cpu_count()} CPUs, {platform.machine()}, Python {platform.python_version()}"


def write_section(key: str, title: str, body: str) -> None:
    """Replace the section `key`, or add it at the end."""
    text = REPORT.read_text("utf-8") if REPORT.exists() else HEADER
    start, end = f"<!-- {key} -->", f"<!-- /{key} -->"
    when = datetime.now(UTC).strftime("%Y-%m-%d")
    section = f"{start}\n## {title}\n\n{body.strip()}\n\nMeasured {when} on {machine()}.\n{end}"
    if start in text:
        text = text[: text.index(start)] + section + text[text.index(end) + len(end) :]
    else:
        text = f"{text.rstrip()}\n\n{section}\n"
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(text, "utf-8")
    print(section)
