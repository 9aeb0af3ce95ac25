"""A small finished training of click models, made in-process the way the notebook makes it."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.jobs.job import Job
from core.jobs.records import submit
from core.jobs.states import change_state
from core.security.policy import LOCAL_ANALYST, Principal
from core.storage.database import utc_now, writing
from tests.workers import made_once

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    from core.ctr.training.config import TrainingConfig
    from core.ctr.training.rows import TrainingData

PRICES = {"value_per_click": 2.0, "cost_per_impression": 0.1}
MODELS = "hashed_logistic,block_logistic"


@cache
def impressions(rows: int = 3000, seed: int = 5) -> tuple[pl.DataFrame, np.ndarray]:
    """Rows of the generator with every click and fewer others, so that few rows suffice; and a probability for each.

    The probability is the true one with the odds raised as the click rate was by leaving others out.
    """
    import numpy as np

    from core.ctr.samples.impressions import make_impressions

    sample = make_impressions(rows=5 * rows, seed=seed)
    clicked = sample.frame["clicked"].to_numpy() == 1
    others = np.flatnonzero(~clicked)
    kept_others = np.random.default_rng(seed).choice(others, rows - int(clicked.sum()), replace=False)
    kept = np.sort(np.concatenate([np.flatnonzero(clicked), kept_others]))
    odds = sample.probability[kept] / (1 - sample.probability[kept]) * len(others) / len(kept_others)
    return sample.frame[kept], odds / (1 + odds)


def make_finished_run(rows: int = 3000, *, synthetic: bool = True, explain: bool = False, **parameters: object) -> str:
    """Store a dataset, train on it, store and publish the result under a succeeded job; its run id.

    synthetic: treat the rows as the sample whose true probability is known. explain: queue the explanation too.
    """
    from core.ctr.data.datasets import store_impressions
    from core.ctr.training.config import TrainingConfig
    from core.ctr.training.rows import load_impressions
    from core.datasets.uploads import uploaded_from_frame

    frame, truth = impressions(rows)
    dataset = store_impressions(uploaded_from_frame(frame), name="small_impressions", principal=LOCAL_ANALYST)
    asked = {"models": MODELS, "trials": 1, "split": "stratified", "experiment_name": "small", **PRICES, **parameters}
    job = submit("ctr_train", {"dataset_id": dataset.id, "explain": False, **asked}, principal=LOCAL_ANALYST)
    config = TrainingConfig.from_parameters(job.parameters)
    data = load_impressions(config, principal=LOCAL_ANALYST)
    if synthetic:
        data = replace(data, truth=truth, synthetic=True)
    reason, publish = "a test of what reads runs", bool(parameters.get("publish", True))
    succeed(job, trained(job.id, config, data, reason=reason, publish=publish))
    if explain:
        submit("ctr_explain", {"run_id": job.id}, principal=LOCAL_ANALYST)
    return job.id


def trained(
    run_id: str, config: TrainingConfig, data: TrainingData, *, principal: Principal = LOCAL_ANALYST, reason: str = "",
    publish: bool = True,
) -> dict[str, Any]:  # fmt: skip
    """Train, write the report, store and publish under `run_id`, as the notebook does; the result of the run.

    reason: publishes it whatever stands against it.
    """
    from core.ctr.publishing import result_of, store
    from core.ctr.reporting.report_document import report_document
    from core.ctr.training.train import train_candidates

    training = train_candidates(config, data)
    document = report_document(training, run_id=run_id)
    stored = store(training, document, run_id=run_id, principal=principal, publish=publish, reason=reason)
    return result_of(training, stored)


def succeed(job: Job, result: dict[str, Any]) -> None:
    """Take a queued job through its states to the end, as runner and notebook do."""
    with writing() as connection:
        change_state(connection, job, "running", expected=("queued",), started_at=utc_now())
        change_state(connection, job, "succeeded", expected=("running",), fraction=1.0, result=result)


def finished_run_in(home: Path, **options: object) -> str:
    """A copy of `make_finished_run`, which is made once for each choice of options, put into `home`; the run's id."""
    name = "-".join(["ctr-run", *(f"{key}={value}" for key, value in sorted(options.items()))])
    kept = made_once(name, lambda folder: _keep_run(home, folder, options))
    if not (home / "made_run").exists():
        from tests.conftest import bring_home  # importing it leaves the home that a process was given

        bring_home(kept, home)
    return (home / "made_run").read_text("utf-8")


def _keep_run(home: Path, folder: Path, options: dict[str, Any]) -> None:
    """Make the run in `home`; the folder becomes a copy of it."""
    (home / "made_run").write_text(make_finished_run(**options), "utf-8")
    from tests.conftest import keep_home

    keep_home(home, folder)
