"""Storing a finished training as plain files, publishing it when nothing stands in the way, and telling the result."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np

from core.ctr.explaining.averages import averages_of
from core.ctr.models.plain_files import as_npz, with_prefix
from core.ctr.reporting.report_document import examples
from core.ctr.run_files import AVERAGES, EXAMPLES, PREDICTIONS, REPORT
from core.ctr.runs import ROOM, SLOT
from core.ctr.training.train import Training
from core.datasets.findings import Finding
from core.security.policy import Principal
from core.storage.publishing import Stored, store_and_publish


def store(
    training: Training, document: dict[str, Any], *, run_id: str, principal: Principal, publish: bool, reason: str = "",
) -> Stored[Finding]:  # fmt: skip
    """Save report, predictions, examples and every candidate; publish when asked and nothing blocks it.

    A blocking finding leaves the artifact as a candidate and the previous champion in place, unless a person
    gives a `reason`.
    """
    return store_and_publish(
        ROOM,
        slot=SLOT,
        run_id=run_id,
        files=_files(training, document),
        metadata=_metadata(training),
        findings=training.findings,
        sample_over_real=lambda source: Finding("ctr.sample_over_real", "blocking", None, (), {"source": source}),
        publish=publish,
        reason=reason,
        principal=principal,
    )


def result_of(training: Training, stored: Stored[Finding]) -> dict[str, Any]:
    """The run's result as plain values: what lists and the status of a run show without opening the artifact."""
    evaluation = training.chosen.evaluation
    cut = evaluation.at_threshold
    return {
        "slot": SLOT,
        **stored.as_dict(),
        "model": training.choice.name,
        "verdict": evaluation.verdict,
        "metrics": {
            **{name: interval.value for name, interval in evaluation.scores.items()},
            "accuracy": cut.accuracy,
            "precision": cut.precision,
            "recall": cut.recall,
            "f1": cut.f1,
            "threshold": training.threshold,
        },
        "profit": training.economics.profit,
        "synthetic": training.data.synthetic,
    }


def metrics_of(training: Training) -> dict[str, float]:
    """Every candidate's scores for the run history, named model.score."""
    return {
        f"{name}.{score}": interval.value
        for name, one in training.candidates.items()
        for score, interval in one.evaluation.scores.items()
    }


def _files(training: Training, document: dict[str, Any]) -> dict[str, bytes]:
    table = io.BytesIO()
    examples(training).write_parquet(table)
    test = training.data.part("test")
    models = {name: one.model for name, one in training.candidates.items()}
    probabilities = {name: one.probability.astype(np.float32) for name, one in training.candidates.items()}
    files = {
        REPORT: json.dumps(document, ensure_ascii=False, allow_nan=False).encode(),
        PREDICTIONS: as_npz(labels=test.labels, **probabilities),
        AVERAGES: averages_of(models, test),
        EXAMPLES: table.getvalue(),
    }
    for name, one in training.candidates.items():
        files |= with_prefix(name, one.model.save())
    return files


def _metadata(training: Training) -> dict[str, Any]:
    data = training.data
    return {
        "parameters": training.config.as_dict(),
        "seed": training.config.seed,
        "data": {
            "source": data.source, "sha256": data.sha256, "rows": data.row_count, "synthetic": data.synthetic,
        },
        "encoder": None,
        "models": list(training.candidates),
        "chosen": training.choice.name,
        "metrics": metrics_of(training),
    }  # fmt: skip
