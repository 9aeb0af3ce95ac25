"""report.json: everything that is ever told about a run, computed once, so that page, PDF, API and chat agree."""

from __future__ import annotations

import time
from dataclasses import asdict
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from core.ctr.data.datasets import count_impressions
from core.ctr.data.impressions import Impressions
from core.ctr.evaluating.evaluation import Evaluation
from core.ctr.evaluating.reference import make_reference
from core.ctr.evaluating.scores import Floats, score
from core.ctr.training.rows import TrainingData
from core.ctr.training.train import Candidate, Training
from core.intervals import Interval
from core.storage.database import utc_now

if TYPE_CHECKING:
    import polars as pl

CORRELATED = 30  # columns of the correlation matrix: those nearest to the clicks
ROWS_AT_ONCE = 8192  # of the correlations, so that the numbers are never copied whole
EXAMPLES = 200  # test rows kept for a look at single impressions
VERSIONS = ("numpy", "polars", "scikit-learn", "torch", "shap", "reportlab")
PROBABILITY = "__probability"


def report_document(training: Training, *, run_id: str) -> dict[str, Any]:
    """The document of a training, plain values for strict JSON."""
    data, chosen = training.data, training.chosen
    test_rows = data.split.test
    return {
        "run_id": run_id,
        "created_at": utc_now().isoformat(),
        "experiment": training.config.experiment_name,
        "data": _data(data),
        "split": {
            "kind": data.split.kind,
            "basis": data.split.basis,
            "seed": data.split.seed,
            "rows": {name: len(rows) for name, rows in (data.long or data).split.parts.items()},
            "sampled": None if data.long is None else {name: len(rows) for name, rows in data.split.parts.items()},
            "moved": data.split.moved,
        },
        "config": training.config.as_dict(),
        "models": [_model(training, one) for one in training.candidates.values()],
        "champion": {"name": training.choice.name, "why": training.choice.why, "details": training.choice.details},
        "verdict": chosen.evaluation.verdict,
        "every_test_row": None if training.every_test_row is None else asdict(training.every_test_row),
        "findings": [finding.as_dict() for finding in training.findings],
        "evaluation": chosen.evaluation.as_dict(),
        "threshold": {"value": training.threshold, "basis": training.threshold_basis},
        "economics": training.economics.as_dict(),
        "history": {"lstm": [asdict(epoch) for epoch in training.history]},
        "correlation": correlation_with_clicks(data.rows),
        "reference": make_reference(
            data.frame[test_rows],
            chosen.probability,
            data.part("test").labels,
            threshold=training.threshold,
            target=data.target,
        ),
        "latency": _latency(chosen, data.part("test")),
        "versions": {name: version(name) for name in VERSIONS},
        "seconds": dict(training.seconds),
    }


def examples(training: Training) -> pl.DataFrame:
    """Test rows over the whole range of probabilities, as they stood in the file, with PROBABILITY."""
    import polars as pl

    test, probability = training.data.split.test, training.chosen.probability
    order = np.argsort(-probability, kind="stable")
    places = np.unique(np.linspace(0, len(order) - 1, min(EXAMPLES, len(order))).round().astype(int))
    rows = order[places]
    return training.data.frame[test[rows]].with_columns(pl.Series(PROBABILITY, probability[rows]))


def correlation_with_clicks(rows: Impressions) -> dict[str, Any]:
    """Pearson correlation of the clicks and the CORRELATED columns nearest to them; a missing cell counts as the mean.

    Finite everywhere: a constant column correlates 0 with all others and 1 with itself.
    """
    clicks = rows.labels - rows.labels.mean()
    clicks = clicks / max(float(np.sqrt((clicks**2).sum())), 1e-12)
    mean, scale, products = _moments(rows.numbers, clicks)
    with_clicks = np.divide(products, scale, out=np.zeros_like(products), where=scale > 1e-9)
    nearest = np.argsort(-np.abs(with_clicks), kind="stable")[:CORRELATED]
    matrix = np.zeros((len(nearest) + 1, len(nearest) + 1))
    for part in _slices(len(clicks)):
        values = rows.numbers[part][:, nearest].astype(np.float64)
        centred = np.where(np.isfinite(values), values - mean[nearest], 0)
        standard = np.divide(centred, scale[nearest], out=np.zeros_like(centred), where=scale[nearest] > 1e-9)
        columns = np.column_stack([clicks[part], standard])
        matrix += columns.T @ columns
    matrix = np.clip(matrix, -1, 1)
    np.fill_diagonal(matrix, 1.0)
    return {
        "features": ["clicked", *(rows.number_names[place] for place in nearest)],
        "matrix": [[round(float(cell), 6) for cell in row] for row in (matrix + matrix.T) / 2],
    }


def _moments(numbers: NDArray[np.float32], clicks: Floats) -> tuple[Floats, Floats, Floats]:
    """Of each column: mean of the known cells, length of what is left of it, and its product with the clicks."""
    width = numbers.shape[1]
    known, mean, squares, products = (np.zeros(width) for _ in range(4))
    for part in _slices(len(clicks)):
        is_known = np.isfinite(numbers[part])
        known += is_known.sum(axis=0)
        mean += np.where(is_known, numbers[part], 0).sum(axis=0, dtype=np.float64)
    mean /= np.maximum(known, 1)
    for part in _slices(len(clicks)):
        values = numbers[part].astype(np.float64)
        centred = np.where(np.isfinite(values), values - mean, 0)
        squares += np.einsum("rc,rc->c", centred, centred)
        products += clicks[part] @ centred
    return mean, np.sqrt(squares), products


def _slices(rows: int) -> list[slice]:
    return [slice(start, start + ROWS_AT_ONCE) for start in range(0, rows, ROWS_AT_ONCE)]


def _data(data: TrainingData) -> dict[str, Any]:
    frame = data.frame
    # As the upload was counted; of a table that was sampled, the whole of it.
    counts = data.long.counts if data.long else count_impressions(frame, target=data.target, positive=data.positive)
    return {
        "source": data.source,
        "sha256": data.sha256,
        "dataset_id": data.dataset_id,
        "rows": counts.rows,
        "columns": counts.columns,
        "column_names": frame.columns,
        "clicks": counts.clicked,
        "click_rate": counts.click_rate,
        "synthetic": data.synthetic,
        "target": data.target,
        "positive": data.positive,
        "missing_share": counts.missing_share,
        "duplicate_rows": counts.duplicate_rows,
        "findings": [
            {**one.as_dict(), "accepted_because": data.accepted.get((one.code, one.column))} for one in data.findings
        ],
    }


def _model(training: Training, one: Candidate) -> dict[str, Any]:
    rows = training.data.part("validation")
    return {
        "name": one.name,
        "chosen": one.name == training.choice.name,
        "rows_seen": training.rows_seen[one.name],
        "fit_seconds": one.fit_seconds,
        "predict_seconds": one.predict_seconds,
        "trials": [asdict(trial) for trial in one.trained.trials],
        "settings": one.trained.settings,
        "validation": score(rows.labels, one.trained.validation, base_rate=float(rows.labels.mean())),
        "evaluation": _without_segments(one.evaluation),
        "versus_chosen": _intervals(training.differences.get(one.name, {})),
    }


def _without_segments(evaluation: Evaluation) -> dict[str, Any]:
    return {name: value for name, value in evaluation.as_dict().items() if name != "segments"}


def _intervals(intervals: dict[str, Interval]) -> dict[str, Any]:
    return {name: asdict(interval) for name, interval in intervals.items()}


def _latency(chosen: Candidate, test: Impressions) -> dict[str, float]:
    """Measured on this machine: the test rows at once, and one row at a time (median)."""
    singles = []
    for place in range(min(15, len(test))):
        one = test.take(np.array([place]))
        started = time.perf_counter()
        chosen.model.predict_proba(one)
        singles.append(1000 * (time.perf_counter() - started))
    return {
        "rows_per_second": len(test) / max(chosen.predict_seconds, 1e-9),
        "ms_per_row": 1000 * chosen.predict_seconds / len(test),
        "ms_single": float(np.median(singles)),
    }
