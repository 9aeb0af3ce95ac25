"""A small finished training of click models, made in-process the way the notebook makes it."""

from __future__ import annotations

import shutil
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from core.jobs.records import Job, change_state, submit
from core.security.policy import LOCAL_ANALYST
from core.storage.database import engine, utc_now, writing

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

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
    from core.ctr.publishing import result_of, store
    from core.ctr.reporting.report_document import report_document
    from core.ctr.training.config import TrainingConfig
    from core.ctr.training.rows import load_impressions
    from core.ctr.training.train import train_candidates
    from core.datasets.uploads import uploaded_from_frame

    frame, truth = impressions(rows)
    dataset = store_impressions(uploaded_from_frame(frame), name="small_impressions", principal=LOCAL_ANALYST)
    asked = {"models": MODELS, "trials": 1, "split": "stratified", "experiment_name": "small", **PRICES, **parameters}
    job = submit("ctr_train", {"dataset_id": dataset.id, "explain": False, **asked}, principal=LOCAL_ANALYST)
    config = TrainingConfig.from_parameters(job.parameters)
    data = load_impressions(config, principal=LOCAL_ANALYST)
    if synthetic:
        data = replace(data, truth=truth, synthetic=True)
    training = train_candidates(config, data)
    document = report_document(training, run_id=job.id, figures={})
    reason = "a test of what reads runs"
    stored = store(training, document, run_id=job.id, principal=LOCAL_ANALYST, publish=True, reason=reason)
    succeed(job, result_of(training, stored))
    if explain:
        submit("ctr_explain", {"run_id": job.id}, principal=LOCAL_ANALYST)
    return job.id


def succeed(job: Job, result: dict[str, object]) -> None:
    """Take a queued job through its states to the end, as runner and notebook do."""
    with writing() as connection:
        change_state(connection, job, "running", expected=("queued",), started_at=utc_now())
        change_state(connection, job, "succeeded", expected=("running",), fraction=1.0, result=result)


def finished_run_in(home: Path, kept: Path, **options: object) -> str:
    """`make_finished_run` once: the first test's home is copied to `kept`, later tests get that copy."""
    if not kept.exists():
        run_id = make_finished_run(**options)  # type: ignore[arg-type]
        engine().dispose()
        shutil.copytree(home, kept)
        (kept / "run_id").write_text(run_id, "utf-8")
    else:
        engine().dispose()
        shutil.copytree(kept, home, dirs_exist_ok=True)
    return (kept / "run_id").read_text("utf-8")
