"""Finished and unfinished trainings for the tests of the CTR routes, made without a notebook kernel."""

from __future__ import annotations

import io
import json
from dataclasses import asdict
from functools import cache
from typing import Any
from uuid import uuid4

import numpy as np
import polars as pl
from sqlalchemy import insert, select, update

from core.ctr.data.datasets import store_impressions
from core.ctr.samples.impressions import make_impressions
from core.datasets.uploads import uploaded_from_frame
from core.jobs import records
from core.security.policy import LOCAL_ANALYST, Principal
from core.storage.artifacts import save_artifact
from core.storage.database import utc_now, writing
from core.storage.tables import jobs
from tests.ctr_runs import trained

ROWS = 2000
PLANTED = "l_feat_6"
EPOCH = {"train_loss": 0.31, "val_loss": 0.33, "train_accuracy": 0.91, "val_accuracy": 0.9}
TWINS = ("train_loss", "val_loss", "train_accuracy", "val_accuracy")  # in the order of the views
TEST = {"difference": 1.0, "t": 2.0, "p": 0.03, "q": 0.06, "effect": 0.3, "effect_low": 0.1, "effect_high": 0.5}
QUALITY = {"auc": 0.71, "average_precision": 0.2}


def impressions(rows: int = 1000, *, seed: int = 3) -> pl.DataFrame:
    """Rows in the 119-column schema."""
    return make_impressions(rows=rows, seed=seed).frame


def as_csv(frame: pl.DataFrame) -> bytes:
    written = io.BytesIO()
    frame.write_csv(written)
    return written.getvalue()


@cache
def planted() -> pl.DataFrame:
    """Impressions of which about a tenth are clicked, mostly by what PLANTED says."""
    frame = impressions(ROWS, seed=7)
    random = np.random.default_rng(7)
    strength = random.normal(size=ROWS)
    clicked = random.random(ROWS) < 1 / (1 + np.exp(3.2 - 2.0 * strength))
    return frame.with_columns(
        pl.Series(PLANTED, strength.astype(np.float32)), pl.Series("clicked", clicked.astype(np.int32))
    )


def store_planted(*, principal: Principal = LOCAL_ANALYST) -> str:
    """The planted file as a dataset; its id."""
    table = uploaded_from_frame(planted())
    return store_impressions(table, name="planted.csv", principal=principal).id


def submit(dataset_id: str, *, principal: Principal = LOCAL_ANALYST, **parameters: Any) -> str:
    """A queued training; its id."""
    chosen = {"models": "hashed_logistic,block_logistic", "trials": 1, "explain": False, **parameters}
    return records.submit("ctr_train", {"dataset_id": dataset_id, **chosen}, principal=principal).id


def begin(run_id: str) -> None:
    _change(run_id, "running", ("queued",), started_at=utc_now())


def tell(run_id: str, step: str = "lstm", fraction: float = 0.5, **figures: Any) -> None:
    """One progress event, as `report_progress` writes it."""
    with writing() as connection:
        values = {"step": step, "fraction": fraction}
        connection.execute(update(jobs).where(jobs.c.id == run_id).values(**values))
        owner = connection.execute(select(jobs.c.owner).where(jobs.c.id == run_id)).scalar_one()
        records.add_event(connection, run_id, owner, "progress", {**values, **figures})


def tell_epoch(run_id: str, epoch: int, epochs: int, **more: Any) -> None:
    tell(run_id, "lstm", epoch / epochs, epoch=epoch, epochs=epochs, **EPOCH, **QUALITY, **more)


def fail(run_id: str, problem: str) -> None:
    error = {"key": "jobs.cell_failed", "details": {"cell": 3, "problem": problem}}
    _change(run_id, "failed", ("queued", "running"), error=error, finished_at=utc_now())


def end(run_id: str, state: str) -> None:
    _change(run_id, state, ("queued", "running"), finished_at=utc_now())


def succeed(run_id: str, result: dict[str, Any]) -> None:
    _change(run_id, "succeeded", ("running",), result=result, fraction=1.0, finished_at=utc_now())


def latest_result() -> dict[str, Any]:
    """What the newest finished training left, artifact and all."""
    from core.ctr.runs import get_run

    return dict(get_run("latest", principal=LOCAL_ANALYST).job.result or {})


def train(dataset_id: str, *, principal: Principal = LOCAL_ANALYST, **parameters: Any) -> str:
    """A finished training in this process; its id."""
    from core.ctr.training.config import TrainingConfig
    from core.ctr.training.rows import load_impressions

    run_id = submit(dataset_id, principal=principal, **parameters)
    begin(run_id)
    config = TrainingConfig.from_parameters(records.get_job(run_id, principal=principal).parameters)
    succeed(run_id, trained(run_id, config, load_impressions(config, principal=principal), principal=principal))
    return run_id


def explain(run_id: str) -> None:
    """A real explanation on few rows."""
    from core.ctr.explaining import of_run
    from core.ctr.explaining.explanation import ExplainSettings

    settings = ExplainSettings(
        forest_rows=600, forest_trees=10, permutation_rows=150, repeats=2, surrogate_rows=600, shap_rows=50,
        lime_rows=1, lime_repeats=2, local_rows=1,
    )  # fmt: skip
    job_id = str(uuid4())
    case = of_run.open_case(run_id, principal=LOCAL_ANALYST)
    document = of_run.explain_case(case, run_id=job_id, settings=settings)
    result = of_run.result_of(document, of_run.store(document, run_id=job_id))
    queue_explanation(run_id, id=job_id, state="succeeded", result=result)


def explain_by_hand(run_id: str) -> None:
    """A later explanation with an untested feature and an interval that misses its value."""
    keep_explanation(
        run_id,
        [
            {"name": "hour", "kind": "category", "forest": {"value": 0.2, "low": 0.21, "high": 0.26}, "welch": TEST},
            {
                "name": "seq", "kind": "sequence", "forest": {"value": 0.1, "low": 0.0, "high": 0.2}, "welch": None,
                "welch_reason": "ctr.welch_constant",
            },
        ],
    )  # fmt: skip


def keep_explanation(run_id: str, features: list[dict[str, Any]]) -> None:
    """What the notebook ctr_explain leaves, with these features."""
    document = {
        "run_id": run_id, "explains": run_id, "model": "hashed_logistic", "rows": {}, "seed": 0, "local": [],
        "features": sorted(features, key=lambda one: -one["forest"]["value"]), "notes": [],
        "agreement": {"pairs": [], "disagreements": []},
    }  # fmt: skip
    job_id = str(uuid4())
    saved = save_artifact("ctr", job_id, {"explanation.json": json.dumps(document).encode()}, {}, slot="explanation")
    queue_explanation(run_id, id=job_id, state="succeeded", result={"explains": run_id, "artifact": asdict(saved)})


def queue_explanation(run_id: str, *, principal: Principal = LOCAL_ANALYST, **changed: Any) -> str:
    """A job of the notebook ctr_explain; its id."""
    values = {
        "id": str(uuid4()), "owner": principal.id, "notebook": "ctr_explain", "room": "ctr", "state": "queued",
        "parameters": {"run_id": run_id}, "attempt": 1, "created_at": utc_now(), "cancel_requested": 0, "step": "",
        "fraction": 0.0, **changed,
    }  # fmt: skip
    with writing() as connection:
        connection.execute(insert(jobs).values(**values))
    return str(values["id"])


def _change(run_id: str, state: str, expected: tuple[str, ...], **values: Any) -> None:
    job = records.get_job(run_id, principal=LOCAL_ANALYST)
    with writing() as connection:
        assert records.change_state(connection, job, state, expected=expected, **values)
