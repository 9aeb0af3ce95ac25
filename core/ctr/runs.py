"""The trainings of click models, looked up: their state, their report, their models and their data.

"latest" stands for the newest training that succeeded.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.ctr.evaluating.scores import Floats
from core.ctr.models.baselines import ClickModel, load_model
from core.ctr.models.plain_files import from_npz, without_prefix
from core.ctr.training.config import TrainingConfig
from core.ctr.training.rows import TrainingData, load_impressions
from core.errors import BadInput, Conflict, NotFound
from core.jobs.records import Job, get_job, list_jobs
from core.resilience.resident_models import resident
from core.security.policy import Principal
from core.storage.artifacts import Artifact, open_artifact

ROOM, SLOT = "ctr", "champion"
NOTEBOOK, EXPLAINING = "ctr_train", "ctr_explain"
LATEST = "latest"
REPORT, PREDICTIONS, EXAMPLES = "report.json", "test_predictions.npz", "examples.parquet"
AVERAGES = "averages.json"
EXPLANATION = "explanation.json"
MODEL_BYTES = 20_000_000


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
    artifact = _artifact(run.job)
    document = resident(f"{ROOM}.report.{run.id}", artifact.folder.name, lambda: artifact.json(REPORT))
    return Report(run, document, explanation_of(run, principal=principal), artifact)


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
    for job in list_jobs(principal=principal, notebook=EXPLAINING, states=states, limit=500):
        if ((job.result or {}).get("explains") or job.parameters.get("run_id")) == run.id:
            return job
    return None


def model_of(run_id: str, name: str | None = None, *, principal: Principal) -> ClickModel:
    """A candidate of a run by name, loaded once per process; left out, the chosen one. Raises NotFound."""
    run = get_run(run_id, principal=principal)
    artifact = _artifact(run.job)
    names = artifact.metadata["models"]
    wanted = name or artifact.metadata["chosen"]
    if wanted not in names:
        raise NotFound("ctr.no_such_model", name=wanted, known=", ".join(names))

    def load() -> ClickModel:
        prefix = f"{wanted}."
        files = {file: artifact.read(file) for file in artifact.metadata["files"] if file.startswith(prefix)}
        return load_model(wanted, without_prefix(wanted, files))

    return resident(f"{ROOM}.model.{run.id}.{wanted}", "1", load, size_bytes=MODEL_BYTES)


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
    return resident(
        f"{ROOM}.artifact.{job.id}", place["sha256"], lambda: open_artifact(place["path"], place["sha256"], room=ROOM)
    )
