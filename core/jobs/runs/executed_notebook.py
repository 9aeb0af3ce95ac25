"""The notebook as a run left it, cell by cell, with outputs as bounded plain values.

What a cell printed or drew is untrusted: tables and text become values here, pictures are checked by their first
bytes, and other HTML is handed on as `html`, which a face may only show where no script of it runs.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from core.errors import BadInput
from core.jobs.records import get_job
from core.jobs.run_files import fetched
from core.jobs.runs.notebook_outputs import Output, outputs_of
from core.security.policy import Principal

NOTEBOOK = "notebook.ipynb"
MOST_BYTES = 64_000_000
MOST_SOURCE = 40_000  # characters of one cell
# papermill puts cells of its own above a failing one; without them positions are those of the events.
NOT_OURS = "papermill-error-cell-tag"
PARAMETERS, INJECTED = "parameters", "injected-parameters"

CellKind = Literal["code", "markdown"]
Ending = Literal["done", "failed", "not_run"]


@dataclass(frozen=True)
class Cell:
    """One cell. position: from 0, as in a job's events. heading: of the section that it stands in."""

    position: int
    kind: CellKind
    source: str
    heading: str
    ending: Ending = "not_run"
    seconds: float | None = None
    tags: tuple[str, ...] = ()
    outputs: tuple[Output, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class ExecutedNotebook:
    """What a run left. code_sha256: over the code that ran, without the parameters that were put in."""

    cells: tuple[Cell, ...]
    code_sha256: str

    @property
    def failing(self) -> int | None:
        """Position of the cell that failed."""
        return next((cell.position for cell in self.cells if cell.ending == "failed"), None)


def read_executed(job_id: str, *, principal: Principal) -> ExecutedNotebook | None:
    """The notebook of a run, or None before there is one. Raises NotFound, BadInput for one too large to show,
    and Unavailable where another machine ran it and its files cannot be fetched.
    """
    get_job(job_id, principal=principal)
    path = fetched(job_id, NOTEBOOK)
    try:
        about = path.stat()
    except OSError:
        return None
    if about.st_size > MOST_BYTES:
        raise BadInput("jobs.notebook_too_large", size_mb=about.st_size // 1_000_000, limit_mb=MOST_BYTES // 1_000_000)
    return _read(path, about.st_mtime_ns, about.st_size)


@lru_cache(maxsize=4)
def _read(path: Path, _changed_at: int, _size: int) -> ExecutedNotebook | None:
    """Read once for each state of the file; a page asks on every rerun."""
    try:
        raw = json.loads(path.read_text("utf-8"))["cells"]
    except (OSError, ValueError, KeyError, TypeError):  # it is being written right now
        return None
    cells = tuple(cells_in(raw))
    code = "\n\n".join(cell.source for cell in cells if cell.kind == "code" and INJECTED not in cell.tags)
    return ExecutedNotebook(cells, hashlib.sha256(code.encode()).hexdigest())


def cells_in(raw: Sequence[Mapping[str, Any]]) -> list[Cell]:
    """The cells of a notebook document; those that papermill adds after a failure are left out."""
    found: list[Cell] = []
    heading = ""
    for one in raw:
        tags = tuple(str(tag) for tag in one.get("metadata", {}).get("tags", ()))
        if NOT_OURS in tags:
            continue
        source = "".join(one.get("source", ""))[:MOST_SOURCE]
        if one.get("cell_type") != "code":
            heading = heading_in(source) or heading
            found.append(Cell(len(found), "markdown", source, heading, tags=tags))
            continue
        told = one.get("metadata", {}).get("papermill", {})
        outputs = outputs_of(one.get("outputs", ()))
        found.append(
            Cell(len(found), "code", source, heading, _ending(told, outputs), told.get("duration"), tags, outputs)
        )
    return found


def heading_in(markdown: str) -> str:
    """The first heading of a text, or nothing."""
    return next((line.lstrip("# ").strip() for line in markdown.splitlines() if line.startswith("#")), "")


def _ending(told: Mapping[str, Any], outputs: Sequence[Output]) -> Ending:
    if told.get("exception") or told.get("status") == "failed" or any(one.kind == "error" for one in outputs):
        return "failed"
    return "done" if told.get("status") == "completed" else "not_run"
