"""The files that a run leaves, also where another machine ran it: pushed at its end, fetched when somebody looks."""

from __future__ import annotations

from pathlib import Path
from threading import Lock

from cachetools import TTLCache

from core.errors import Unavailable
from core.jobs.process_groups import run_folder
from core.storage import shared_files
from core.telemetry.logs import get_logger

FILES = ("notebook.ipynb", "notebook.html", "runner.log")  # of every run; two runs differ in them by their times
ABSENT_S = 3.0  # what was not there is not asked for again so long: pages look on every rerun

_absent: TTLCache[Path, bool] = TTLCache(4096, ABSENT_S)
_guard = Lock()

log = get_logger("run_files")


def fetched(job_id: str, name: str) -> Path:
    """Where a file of a run lies in this home, after fetching it; who reads it sees whether there is one.

    Raises Unavailable where machines share files and the place for it is away.
    """
    path = run_folder(job_id) / name
    if path.exists() or not shared_files.is_shared():
        return path
    with _guard:
        if path in _absent:
            return path
    if not shared_files.here(path):
        with _guard:
            _absent[path] = True
    return path


def share(job_id: str) -> None:
    """Push what a run left. A place that is away costs the copies, which are for reading, and not the run."""
    if not shared_files.is_shared():
        return
    folder = run_folder(job_id)
    try:
        shared_files.keep(*(folder / name for name in FILES if (folder / name).is_file()))
    except Unavailable as error:
        log.warning("run_files_not_shared", job_id=job_id, reason=error.code)
