"""Trainings whose model was not published, and publishing one all the same."""

from __future__ import annotations

from collections.abc import Iterable

from core.errors import Conflict, NotFound
from core.jobs.job import Job
from core.jobs.records import get_job
from core.security.policy import Principal
from core.storage import champions
from core.storage.artifacts import SavedArtifact


def held_back(jobs: Iterable[Job]) -> list[Job]:
    """Those that ended well, left a model, and had it published neither at their end nor since; in their order."""
    waiting = [job for job in jobs if _was_held_back(job)]
    slots = {(job.room, job.result["slot"]) for job in waiting if job.result}
    since = {row.run_id for room, slot in slots for row in champions.history(room, slot)}
    return [job for job in waiting if job.id not in since]


def publish_held_back(job_id: str, *, room: str, why: str, principal: Principal) -> champions.Champion:
    """Publish the model of a training of `room` that was held back, accepting its findings for the reason `why`.

    Raises NotFound for an unknown job or one of another room, Conflict where nothing was held back, and what
    `champions.promote` raises.
    """
    job = get_job(job_id, principal=principal)
    if job.room != room:
        raise NotFound("jobs.no_such_job", id=job_id)
    if not held_back([job]) or job.result is None:
        raise Conflict("api.nothing_to_publish", job_id=job_id)
    return champions.promote(
        room,
        run_id=job.id,
        artifact=SavedArtifact(**job.result["artifact"]),
        findings=job.result["findings"],
        why=why,
        principal=principal,
        slot=job.result["slot"],
        accept_blocking=True,
    )


def _was_held_back(job: Job) -> bool:
    result = job.result or {}
    return job.state == "succeeded" and result.get("published") is False and "artifact" in result
