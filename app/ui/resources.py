"""Built once and kept, within bounds: slow imports, files of runs, and what pages reuse between reruns."""

from __future__ import annotations

from pathlib import Path

from core.jobs.processes import run_folder
from core.telemetry.logs import get_logger

log = get_logger("ui")


def warm_imports() -> None:
    """Import what the first pages need, so that the first visitor does not wait for it."""
    import importlib

    for name in (
        "sqlalchemy.dialects.sqlite",
        "core.jobs.records",
        "core.storage.champions",
        "pandas",
        "pyarrow",
        "polars",
        "plotly.graph_objects",
        "plotly.io",
    ):
        importlib.import_module(name)
    log.info("imports_warm")


def run_file(job_id: str, name: str) -> bytes | None:
    """A file that a run left (`notebook.ipynb`, `notebook.html`, `runner.log`), or None."""
    path: Path = run_folder(job_id) / name
    return path.read_bytes() if path.is_file() else None
