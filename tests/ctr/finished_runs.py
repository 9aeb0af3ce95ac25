"""A finished training with a report of the agreed shape, made in milliseconds instead of by a notebook."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any
from uuid import uuid4

import numpy as np
import polars as pl
from sqlalchemy import insert

from core.ctr.economics import Prices, weigh
from core.ctr.evaluating.evaluation import evaluate
from core.ctr.evaluating.reference import make_reference
from core.security.policy import LOCAL_ANALYST, Principal
from core.storage.artifacts import save_artifact
from core.storage.database import utc_now, writing
from core.storage.tables import jobs

ROWS = 4000


def make_rows(rows: int = ROWS, *, seed: int = 0) -> tuple[pl.DataFrame, np.ndarray, np.ndarray]:
    """Impressions with a tenth of clicks, the true probability of each, and the clicks."""
    random = np.random.default_rng(seed)
    strength = random.normal(size=rows)
    probability = 1 / (1 + np.exp(2.6 - 1.2 * strength))
    frame = pl.DataFrame(
        {
            "gender": random.choice(["1.0", "2.0"], rows),
            "hour": random.integers(0, 24, rows),
            "l_feat_1": strength.astype(np.float32),
            "l_feat_2": random.normal(size=rows).astype(np.float32),
            "seq": [",".join(["7"] * count) for count in random.integers(1, 30, rows)],
        }
    )
    return frame, probability, (random.random(rows) < probability).astype(np.int8)


def make_report(*, prices: Prices | None = None, history: bool = True) -> dict[str, Any]:
    """report.json, as far as monitoring reads it."""
    frame, probability, labels = make_rows()
    evaluation = evaluate("order_logistic", labels, probability, base_rate=0.1, threshold=0.5, replicates=50)
    epoch = {"train_loss": 0.3, "val_loss": 0.31, "train_accuracy": 0.9, "val_accuracy": 0.89}
    epochs = [{"epoch": number, **epoch, "auc": 0.7, "average_precision": 0.3} for number in (1, 2)]
    return {
        "data": {"click_rate": float(labels.mean()), "synthetic": True, "source": "made", "sha256": "0" * 64},
        "champion": {"name": "order_logistic", "why": "", "details": {}},
        "models": [{"name": "order_logistic", "chosen": True, "validation": {"log_loss": 0.29}}],
        "evaluation": evaluation.as_dict(),
        "economics": weigh(probability, prices or Prices()).as_dict(),
        "history": {"lstm": epochs if history else []},
        "reference": make_reference(frame, probability, labels, threshold=0.5),
        "seconds": {"read": 1.0, "fit.order_logistic": 3.0},
    }


def finish_run(document: dict[str, Any] | None = None, *, principal: Principal = LOCAL_ANALYST, **changed: Any) -> str:
    """Store a succeeded training with this report; its id. changed: other values of the job row."""
    run_id, now = str(uuid4()), utc_now()
    document = {"run_id": run_id, **(document or make_report())}
    saved = save_artifact("ctr", run_id, {"report.json": json.dumps(document, allow_nan=False).encode()}, {})
    values = {
        "id": run_id,
        "owner": principal.id,
        "notebook": "ctr_train",
        "room": "ctr",
        "parameters": {"experiment_name": "first", "batch_size": 4096, "learning_rate": 0.001},
        "state": "succeeded",
        "attempt": 1,
        "created_at": now,
        "started_at": now,
        "finished_at": now,
        "cancel_requested": 0,
        "step": "",
        "fraction": 1.0,
        "result": {"artifact": asdict(saved), "metrics": {"auc": 0.8}},
    }
    with writing() as connection:
        connection.execute(insert(jobs).values(**(values | changed)))
    return run_id
