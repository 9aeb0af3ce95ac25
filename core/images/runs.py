"""The builds and calibrations of a domain, looked up: their state, their reports, and putting an earlier one back."""

from __future__ import annotations

from typing import Any

from core.errors import Conflict, NotFound
from core.images.building import publishing
from core.images.names import nfc
from core.images.samples.drawing import SAMPLE_DOMAIN
from core.images.serving import REPORT, ROOM
from core.jobs.job import Job
from core.jobs.records import get_job, list_jobs
from core.resilience.resident_models import resident
from core.security.policy import Permission, Principal, require
from core.storage.artifacts import Artifact, open_artifact

BUILDING, CALIBRATING = "images_build_prototypes", "images_calibrate"
PAGE = 200  # jobs looked through at once
MOST = 50  # runs listed


def list_builds(domain: str, *, principal: Principal, limit: int = MOST) -> tuple[Job, ...]:
    """Visible builds of a domain, newest first, in whatever state."""
    return _of_domain(domain, BUILDING, principal, limit)


def list_calibrations(domain: str, *, principal: Principal) -> tuple[Job, ...]:
    """Visible calibrations of a domain that were asked for on their own, newest first."""
    return _of_domain(domain, CALIBRATING, principal, MOST)


def build_report(run_id: str, *, principal: Principal) -> dict[str, Any]:
    """What a finished build says. Raises NotFound, and Conflict while it has no result."""
    return _report(_run(run_id, (BUILDING,), principal))


def calibration_report(run_id: str, *, principal: Principal) -> dict[str, Any]:
    """What a finished calibration says, also one that was part of a build. Raises NotFound, and Conflict likewise."""
    job = _run(run_id, (CALIBRATING, BUILDING), principal)
    report = _report(job)
    found = report if job.notebook == CALIBRATING else report["calibration"]
    if found is None:
        raise NotFound("images.build_without_calibration", id=run_id)
    told: dict[str, Any] = found
    return told


def restore_build(run_id: str, *, principal: Principal) -> None:
    """Let an earlier build serve again, with its thresholds; the pictures stay. Raises as build_report does.

    One that a blocking finding kept back needs the permission to publish, as overruling the finding does.
    """
    require(principal, Permission.DATASETS_WRITE)
    job = _run(run_id, (BUILDING,), principal)
    report = _report(job)
    if not report["published"] and any(one["severity"] == "blocking" for one in report["findings"]):
        require(principal, Permission.CHAMPIONS_PUBLISH)
    publishing.restore(_artifact(job), domain_of(job), principal=principal)


def domain_of(job: Job) -> str:
    """The domain a run is about; a notebook opened in JupyterLab tells it only with its result."""
    return nfc(str((job.result or {}).get("domain") or job.parameters.get("domain") or SAMPLE_DOMAIN)).strip()


def _of_domain(domain: str, notebook: str, principal: Principal, limit: int) -> tuple[Job, ...]:
    require(principal, Permission.IMAGES_READ)
    found: list[Job] = []
    wanted, offset = nfc(domain).strip(), 0
    while len(found) < limit:
        page = list_jobs(principal=principal, notebook=notebook, limit=PAGE, offset=offset)
        found += [job for job in page if domain_of(job) == wanted]
        if len(page) < PAGE:
            break
        offset += PAGE
    return tuple(found[:limit])


def _run(run_id: str, notebooks: tuple[str, ...], principal: Principal) -> Job:
    require(principal, Permission.IMAGES_READ)
    try:
        job = get_job(run_id, principal=principal)
    except NotFound as error:
        raise NotFound("images.no_such_run", id=run_id) from error
    if job.notebook not in notebooks:
        raise NotFound("images.no_such_run", id=run_id)
    return job


def _report(job: Job) -> dict[str, Any]:
    artifact = _artifact(job)
    report: dict[str, Any] = resident(f"images.report.{job.id}", artifact.folder.name, lambda: artifact.json(REPORT))
    return report


def _artifact(job: Job) -> Artifact:
    """Raises Conflict while the job has no result; files are verified once per process."""
    place = (job.result or {}).get("artifact")
    if job.state != "succeeded" or place is None:
        raise Conflict("images.run_not_finished", id=job.id, state=job.state)
    return resident(
        f"images.artifact.{job.id}", place["sha256"], lambda: open_artifact(place["path"], place["sha256"], room=ROOM)
    )
