"""How far each cell of a run is, from the events of the run and its notebook; what a cell printed; what it used."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import select

from core.errors import BadInput, NotFound, Unavailable
from core.jobs.job import Job, JobEvent
from core.jobs.notebooks.catalogue import describe
from core.jobs.records import get_job
from core.jobs.runs.executed_notebook import INJECTED, PARAMETERS, Cell, cells_in, read_executed
from core.security.policy import Principal
from core.storage.database import reading
from core.storage.tables import job_events

MOST_EVENTS = 5000
MOST_PIECES = 400  # of what a cell printed
MOST_PRINTED = 12_000  # characters
MOST_POINTS = 300  # of a curve

CellState = Literal["waiting", "running", "done", "failed", "stopped", "not_run"]


@dataclass(frozen=True)
class CellProgress:
    """One code cell. position: from 0, in the executed notebook. seconds: None until it ended, or where nobody told."""

    position: int
    heading: str
    first_line: str
    state: CellState
    started_at: datetime | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class ResourcePoint:
    """What all processes of a run used at a moment. processors: used at once since the point before, 1 is one core."""

    at: datetime
    memory_mb: float
    processors: float | None


def cells_of(job_id: str, *, principal: Principal) -> tuple[CellProgress, ...]:
    """The code cells of a run, in order. Raises NotFound; empty where its notebook is known no more."""
    job = get_job(job_id, principal=principal)
    cells = [cell for cell in _known_cells(job, principal) if cell.kind == "code"]
    started: dict[int, datetime] = {}
    ended: dict[int, dict[str, Any]] = {}
    for event in _events(job.id, ("state", "cell", "cell_end")):
        if event.kind == "state" and event.payload.get("state") in ("queued", "running"):
            started, ended = {}, {}  # it was handed back and begins anew
        elif event.kind == "cell":
            started[event.payload["cell"]] = event.at
        elif event.kind == "cell_end":
            ended[event.payload["cell"]] = event.payload
    return tuple(_progress(job, cell, started, ended) for cell in cells)


def printed_by(job_id: str, cell: int, *, principal: Principal) -> str:
    """The end of what a cell of a run has printed so far."""
    get_job(job_id, principal=principal)
    told = _events(job_id, ("log",), newest=MOST_PIECES)
    text = "".join(str(one.payload.get("text", "")) for one in told if one.payload.get("cell") == cell)
    return text[-MOST_PRINTED:]


def resource_use(job_id: str, *, principal: Principal) -> tuple[ResourcePoint, ...]:
    """Memory and processors of a run over time, oldest first, thinned to a readable curve."""
    get_job(job_id, principal=principal)
    told = _events(job_id, ("resources",))
    told = told[:: max(1, -(-len(told) // MOST_POINTS))]
    points: list[ResourcePoint] = []
    before: JobEvent | None = None
    for one in told:
        processors = None
        if before is not None and (passed := (one.at - before.at).total_seconds()) > 0:
            used = one.payload.get("processor_s", 0.0) - before.payload.get("processor_s", 0.0)
            processors = max(used, 0.0) / passed
        points.append(ResourcePoint(one.at, float(one.payload.get("memory_mb", 0.0)), processors))
        before = one
    return tuple(points)


def failing_cell(job: Job) -> int | None:
    """Position of the cell that ended a run with an error; None where it was no cell, or nobody knows."""
    position = (job.error or {}).get("cell")
    return position if isinstance(position, int) else None


def _progress(job: Job, cell: Cell, started: dict[int, datetime], ended: dict[int, dict[str, Any]]) -> CellProgress:
    place = cell.position
    is_last = place == max(started, default=-1)
    seconds = ended[place].get("seconds") if place in ended else cell.seconds
    state: CellState
    if place in ended:
        state = "done" if ended[place].get("ok", True) else "failed"
    elif place not in started:
        state = cell.ending if cell.ending != "not_run" else "not_run" if job.has_ended else "waiting"
    elif not is_last or job.state == "succeeded":
        state = "done"
    elif not job.has_ended:
        state, seconds = "running", None
    else:
        state = "failed" if job.state == "failed" else "stopped"
    line = next((one.strip() for one in cell.source.splitlines() if one.strip()), "")
    return CellProgress(place, cell.heading, line[:120], state, started.get(place), seconds)


def _known_cells(job: Job, principal: Principal) -> Sequence[Cell]:
    """As the run has them; while it lives, as they will be: its notebook is written anew with every cell."""
    if not job.has_ended:
        try:
            path = describe(job.notebook).path
            return _planned(path, path.stat().st_mtime_ns)
        except (NotFound, BadInput, OSError):  # it was changed or removed since
            pass
    try:
        executed = read_executed(job.id, principal=principal)
    except (BadInput, Unavailable):  # too large, or out of reach
        return ()
    return executed.cells if executed else ()


@lru_cache(maxsize=32)
def _planned(path: Path, _changed_at: int) -> tuple[Cell, ...]:
    """The cells of a notebook with the one that papermill puts behind the parameters."""
    raw = json.loads(path.read_text("utf-8"))["cells"]
    for place, one in enumerate(raw):
        if PARAMETERS in one.get("metadata", {}).get("tags", ()):
            injected = {"cell_type": "code", "source": "# Parameters", "metadata": {"tags": [INJECTED]}}
            raw = [*raw[: place + 1], injected, *raw[place + 1 :]]
            break
    return tuple(cells_in(raw))


def _events(job_id: str, kinds: tuple[str, ...], newest: int | None = None) -> list[JobEvent]:
    """Events of some kinds, oldest first; the newest of them alone where asked for."""
    columns = [job_events.c[name] for name in ("id", "job_id", "at", "kind", "payload")]
    query = select(*columns).where(job_events.c.job_id == job_id, job_events.c.kind.in_(kinds))
    order = job_events.c.id.desc() if newest else job_events.c.id
    with reading() as connection:
        rows = connection.execute(query.order_by(order).limit(newest or MOST_EVENTS)).mappings()
        found = [JobEvent(**row) for row in rows]
    return found[::-1] if newest else found
