"""A small report as a training and an explanation leave it, made by the real evaluation on drawn rows."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from core.ctr.data.impressions import Category
from core.ctr.economics import Prices, weigh
from core.ctr.evaluating.bootstrap_intervals import resample
from core.ctr.evaluating.evaluation import compare, evaluate
from core.ctr.runs import Report, Run
from core.jobs.job import Job
from core.storage.artifacts import Artifact

ROWS, RATE, REPLICATES = 3000, 0.08, 40
RUN_ID = "3b8f0f3e-2f6e-4a55-9b58-0d6a3d1f7a10"
COLUMNS = ("inventory_id", "age_group", "l_feat_4", "hour", "gender", "history_a_1", "feat_c_3", "feat_c_4", "feat_c_5")
FINDINGS = (
    {
        "code": "ctr.strong_column", "severity": "warning", "column": "l_feat_4", "rows": [],
        "details": {"column": "l_feat_4", "auc": 0.874, "target": "clicked"}, "accepted_because": None,
    },
    {
        "code": "quality.constant_column", "severity": "blocking", "column": "l_feat_20", "rows": [],
        "details": {"column": "l_feat_20", "value": "1"}, "accepted_because": "known & <harmless>",
    },
)  # fmt: skip


def make_report(
    *, signal: bool = True, prices: Prices | None = Prices(120.0, 6.0, None), explained: bool = True,
    findings: tuple[dict[str, Any], ...] = FINDINGS, synthetic: bool = True,
) -> Report:  # fmt: skip
    """The example with parts switched off; a fresh copy on every call."""
    document = deepcopy(_document(signal, prices or Prices()))
    document["data"] |= {"findings": list(findings), "synthetic": synthetic}
    job = Job(
        id=RUN_ID, owner="local", notebook="ctr_train", room="ctr", parameters={}, state="succeeded",
        idempotency_key=None, active_key=None, claim=None, attempt=1, retry_of=None, created_at=None,  # type: ignore[arg-type]
        started_at=None, finished_at=None, heartbeat_at=None, host=None, pid=None, cancel_requested=0, step="",
        fraction=1.0, result={}, error=None,
    )  # fmt: skip
    run = Run(RUN_ID, job, "spring", "", document["config"], "succeeded", None)  # type: ignore[arg-type]
    return Report(run, document, deepcopy(_explanation()) if explained else None, Artifact(Path(), {}))


def with_document(report: Report, **parts: Any) -> Report:
    return replace(report, document={**report.document, **parts})


@cache
def _document(signal: bool, prices: Prices) -> dict[str, Any]:
    random = np.random.default_rng(5)
    odds = np.log(RATE / (1 - RATE)) + (1.1 if signal else 0.0) * random.standard_normal(ROWS)
    truth = 1 / (1 + np.exp(-odds))
    labels = (random.random(ROWS) < truth).astype(np.int8)
    noise = 1 / (1 + np.exp(-(np.log(RATE / (1 - RATE)) + 0.6 * random.standard_normal(ROWS))))
    predictions = {
        "order_logistic": truth if signal else noise,
        "boosted_trees": np.sqrt(truth * noise),
        "lstm": noise,
        "constant": np.full(ROWS, RATE),
    }
    levels = tuple(str(number) for number in range(1, 19))
    by = (Category("inventory_id", random.integers(-1, 18, ROWS).astype(np.int32), levels),)
    base_rate = float(labels.mean())
    evaluations = {
        name: evaluate(
            name, labels, one, base_rate=base_rate, truth=truth if signal else None,
            by=by if name == "order_logistic" else (), threshold=0.15, replicates=REPLICATES,
        )
        for name, one in predictions.items()
    }  # fmt: skip
    resampled = resample(labels, predictions, base_rate=base_rate, replicates=REPLICATES)
    gaps = {
        name: {score: asdict(gap) for score, gap in compare(resampled, name, "order_logistic").items()}
        for name in predictions
        if name != "order_logistic"
    }
    chosen = evaluations["order_logistic"]
    document = {
        "run_id": RUN_ID,
        "created_at": "2026-03-02T09:30:00+00:00",
        "experiment": "spring",
        "data": {
            "source": "synthetic_impressions.csv", "sha256": "9f" * 32, "dataset_id": "", "rows": 15000,
            "columns": 119, "column_names": list(COLUMNS), "clicks": 1210, "click_rate": 1210 / 15000,
            "synthetic": True, "target": "clicked", "positive": None, "missing_share": 0.0312, "duplicate_rows": 4,
            "findings": [],
        },
        "split": {
            "kind": "time", "basis": "position", "seed": 42, "moved": 3,
            "rows": {"train": 9600, "validation": 2400, "test": ROWS},
        },
        "config": {"models": ["order_logistic", "boosted_trees", "lstm"], "seed": 42, "mlp_hidden": [256, 128]},
        "models": [
            {
                "name": name, "chosen": name == "order_logistic", "fit_seconds": 1.25, "trials": [], "validation": {},
                "evaluation": {**one.as_dict(), "segments": []},
                "versus_chosen": gaps.get(name, {}),
            }
            for name, one in evaluations.items()
        ],
        "champion": {
            "name": "order_logistic", "why": "ctr.sequence_does_not_win",
            "details": {"model": "order_logistic", "other": "lstm", "low": -0.0312, "high": -0.0044},
        },
        "verdict": "signal" if signal else "no_usable_signal",
        "findings": [],
        "evaluation": {**chosen.as_dict(), "verdict": "signal" if signal else "no_usable_signal"},
        "threshold": {"value": 0.15, "basis": "ctr.cut_by_money"},
        "economics": weigh(predictions["order_logistic"], prices, clicked=labels).as_dict(),
        "history": {
            "lstm": [
                {
                    "epoch": number, "train_loss": 0.3 / number, "val_loss": 0.2 + 0.1 / number, "train_accuracy": 0.9,
                    "val_accuracy": 0.91, "auc": 0.6, "average_precision": 0.1, "seconds": 1.0,
                }
                for number in range(1, 7)
            ]
        },
        "correlation": {"features": ["clicked"], "matrix": [[1.0]]},
        "reference": {},
        "latency": {"rows_per_second": 81234.5, "ms_per_row": 0.0123, "ms_single": 1.42},
        "versions": {"numpy": "2.4.0", "torch": "2.13.0"},
        "seconds": {"read": 0.5, "evaluate": 1.0},
    }  # fmt: skip
    return json.loads(json.dumps(document, allow_nan=False))


@cache
def _explanation() -> dict[str, Any]:
    features = []
    for place, name in enumerate(COLUMNS):
        forest = 0.4 * 0.55**place
        idle = name.startswith("feat_c")
        features.append(
            {
                "name": name, "kind": "category" if place % 2 == 0 else "number",
                "forest": _interval(forest, 0.02), "shap": _interval(0.3 * 0.6**place, 0.01),
                "permutation": _interval(0.0 if idle else 0.006 * 0.6**place, 0.0003),
                "welch": None if name == "gender" else {
                    "difference": 0.1, "t": 3.1, "p": 0.0004 * (place + 1), "q": 0.9 if idle else 0.003, "effect": 0.21,
                    "effect_low": 0.15, "effect_high": 0.27,
                },
                "welch_reason": None,
            }
        )  # fmt: skip
    return {
        "run_id": "77777777-0000-4000-8000-000000000000", "explains": RUN_ID, "model": "order_logistic",
        "rows": {"train": 9600, "held_out": 2400, "clicks_held_out": 190},
        "seed": 0, "features": features, "surrogate": {}, "network": None,
        "correlation": {"features": [], "matrix": [], "clusters": []},
        "agreement": {
            "pairs": [
                {"first": "forest", "second": "permutation", "rank_correlation": 0.91, "overlap": 8},
                {"first": "forest", "second": "shap", "rank_correlation": 0.42, "overlap": 3},
            ],
            "disagreements": [
                {
                    "feature": "hour", "high": "forest", "high_rank": 4, "low": "welch", "low_rank": 31,
                    "reason": "ctr.disagree_alone",
                },
            ],
        },
        "local": [], "lime": None, "notes": [],
    }  # fmt: skip


def _interval(value: float, half: float) -> dict[str, float]:
    return {"value": value, "low": value - half, "high": value + half}
