"""An earlier result in place of a step: the newest run of the same fingerprint whose files are all there and whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import select

from core.errors import ArtifactMissing
from core.jobs.chains.records import GOOD
from core.jobs.job import Job
from core.jobs.run_files import fetched
from core.storage.artifacts import open_artifact
from core.storage.database import reading
from core.storage.job_tables import chain_steps
from core.storage.tables import jobs

MOST_LOOKED_AT = 20  # earlier runs of the same fingerprint; what is gone of so many is gone of all


def find_reusable(fingerprint: str, parameters: Mapping[str, Any], *, owner: str) -> Job | None:
    """The newest whole run of this owner's steps with the fingerprint and these very parameters; None without one.

    The parameters name runs that a fingerprint only describes: what explains one run is not reused beside another.
    """
    known = select(chain_steps.c.job_id).where(
        chain_steps.c.fingerprint == fingerprint, chain_steps.c.state.in_(GOOD), chain_steps.c.owner == owner
    )
    query = select(jobs).where(jobs.c.id.in_(known), jobs.c.owner == owner, jobs.c.state == "succeeded")
    newest_first = query.order_by(jobs.c.finished_at.desc(), jobs.c.id).limit(MOST_LOOKED_AT)
    with reading() as connection:
        found = [Job(**row) for row in connection.execute(newest_first).mappings()]
    return next((job for job in found if job.parameters == parameters and is_whole(job)), None)


def is_whole(job: Job) -> bool:
    """Whether the executed notebook is there, and every artifact that the result names is as it was saved."""
    notebook = fetched(job.id, "notebook.ipynb")
    if not notebook.is_file() or not notebook.stat().st_size:
        return False
    try:
        for path, sha256 in _artifacts(job.result):
            open_artifact(path, sha256, room=job.room)
    except ArtifactMissing:
        return False
    return True


def _artifacts(value: Any) -> Iterator[tuple[str, str]]:
    """Every place of an artifact within a result: a table with `path` and `sha256`."""
    if isinstance(value, Mapping):
        if isinstance(value.get("path"), str) and isinstance(value.get("sha256"), str):
            yield value["path"], value["sha256"]
        for one in value.values():
            yield from _artifacts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _artifacts(one)
