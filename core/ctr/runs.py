"""The trainings of click models, looked up: their state, their report, their models and their data.

"latest" stands for the newest training that succeeded.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from core.ctr.data.schema import ROOM
from core.ctr.evaluating.scores import Floats
from core.ctr.models.baselines import ClickModel
from core.ctr.models.plain_files import from_npz
from core.ctr.run_files import AVERAGES, EXPLANATION, PREDICTIONS, document_in, files_of, model_in
from core.ctr.training.config import TrainingConfig
from core.ctr.training.rows import TrainingData, load_impressions
from core.errors import BadInput, Conflict, NotFound
from core.jobs.job import Job
from core.jobs.records import get_job, list_jobs, visible_to
from core.resilience.resident_models import resident
from core.security.policy import Principal
from core.storage.artifacts import Artifact
from core.storage.database import reading
from core.storage.tables import jobs

SLOT = "champion"
NOTEBOOK, EXPLAINING = "ctr_train", "ctr_explain"
LATEST = "latest"


@dataclass(frozen=True)
class Run:
    """A training that was asked for; config: its parameters, lists as lists."""

    id: str
    job: Job
    experiment: str
    dataset_id: str
    config: dict[str, Any]
    state: str
    created_at: datetime


@dataclass(frozen=True)
class Report:
    """document: report.json. explanation: explanation.json of the newest explanation of the run, if there is one."""

    run: Run
    document: dict[str, Any]
    explanation: dict[str, Any] | None
    artifact: Artifact


def list_runs(*, principal: Principal, limit: int = 100) -> tuple[Run, ...]:
    """Visible trainings, newest first."""
    return tuple(_run(job) for job in list_jobs(principal=principal, notebook=NOTEBOOK, limit=limit))


def get_run(run_id: str, *, principal: Principal) -> Run:
    """The training `run_id`, or the newest that succeeded for "latest". Raises NotFound."""
    if run_id == LATEST:
        found = list_jobs(principal=principal, notebook=NOTEBOOK, states=("succeeded",), limit=1)
        if not found:
            raise NotFound("ctr.no_runs")
        return _run(found[0])
    try:
        job = get_job(run_id, principal=principal)
    except NotFound as error:
        raise NotFound("ctr.no_such_run", id=run_id) from error
    if job.notebook != NOTEBOOK:
        raise NotFound("ctr.no_such_run", id=run_id)
    return _run(job)


def require_newest(run_id: str, *, principal: Principal) -> None:
    """Raises NotFound for an unknown run, and Conflict for one that is not the newest finished one."""
    newest = get_run(LATEST, principal=principal)
    if get_run(run_id, principal=principal).id != newest.id:
        raise Conflict("ctr.not_newest", id=run_id, newest=newest.id)


def report_of(run_id: str, *, principal: Principal) -> Report:
    """What a finished training says. Raises NotFound, and Conflict while it has no result."""
    run = get_run(run_id, principal=principal)
    return Report(run, document_of(run), explanation_of(run, principal=principal), _artifact(run.job))


def document_of(run: Run) -> dict[str, Any]:
    """report.json of a finished training, for those who do not ask for its explanation. Raises Conflict."""
    return document_in(_artifact(run.job), run.id)


def explanation_of(run: Run, *, principal: Principal) -> dict[str, Any] | None:
    """The newest finished explanation of `run`; None where it has none yet."""
    job = explaining_job(run, principal=principal, states=("succeeded",))
    if job is None:
        return None
    explanation: dict[str, Any] = resident(
        f"{ROOM}.explanation.{run.id}", job.id, lambda: _artifact(job).json(EXPLANATION)
    )
    return explanation


def explaining_job(run: Run, *, principal: Principal, states: tuple[str, ...] = ()) -> Job | None:
    """The newest job that explains `run`, in one of `states` (any when empty)."""
    # Asked for as "latest", it knows its training by its result alone.
    about = func.coalesce(jobs.c.result["explains"].as_string(), jobs.c.parameters["run_id"].as_string())
    query = select(jobs).where(jobs.c.notebook == EXPLAINING, about == run.id, visible_to(principal))
    if states:
        query = query.where(jobs.c.state.in_(states))
    with reading() as connection:
        newest_first = query.order_by(jobs.c.created_at.desc(), jobs.c.id)
        row = connection.execute(newest_first.limit(1)).mappings().first()
    return None if row is None else Job(**row)


def model_of(run_id: str, name: str | None = None, *, principal: Principal) -> ClickModel:
    """A candidate of a run by name, loaded once per process; left out, the chosen one. Raises NotFound."""
    run = get_run(run_id, principal=principal)
    return model_in(_artifact(run.job), run.id, name)


def test_predictions(run_id: str, *, principal: Principal) -> dict[str, Floats]:
    """labels and one array of probabilities per candidate, each of shape (test rows,)."""
    run = get_run(run_id, principal=principal)
    artifact = _artifact(run.job)
    return resident(f"{ROOM}.predictions.{run.id}", "1", lambda: from_npz(artifact.read(PREDICTIONS)))


def averages(run_id: str, *, principal: Principal) -> dict[str, Any]:
    """What explanations of single impressions are measured against, by additive candidate; empty without any."""
    artifact = _artifact(get_run(run_id, principal=principal).job)
    return artifact.json(AVERAGES) if AVERAGES in artifact.metadata["files"] else {}


def data_of(run_id: str, *, principal: Principal) -> TrainingData:
    """The rows a run was trained on, read and split again as they were. Raises NotFound when they were deleted."""
    run = get_run(run_id, principal=principal)
    return load_impressions(TrainingConfig.from_parameters(run.job.parameters), principal=principal)


def _run(job: Job) -> Run:
    config = dict(job.parameters)
    # A run that was refused for its parameters is still listed, with what was asked.
    with suppress(BadInput):
        config |= TrainingConfig.from_parameters(job.parameters).as_dict()
    return Run(
        id=job.id,
        job=job,
        experiment=str(job.parameters.get("experiment_name", "")),
        dataset_id=str(job.parameters.get("dataset_id", "")),
        config=config,
        state=job.state,
        created_at=job.created_at,
    )


def _artifact(job: Job) -> Artifact:
    """Raises Conflict while the job has no result; files are verified once per process."""
    place = (job.result or {}).get("artifact")
    if job.state != "succeeded" or place is None:
        raise Conflict("ctr.run_not_finished", id=job.id, state=job.state)
    return files_of(job.id, place["path"], place["sha256"])
