"""Answering with a click model: the published one, or one of a run; every answer goes into the prediction log."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from core.ctr.data.schema import CTR_SCHEMA
from core.ctr.evaluating.reference import codes_of
from core.ctr.evaluating.scores import Floats
from core.ctr.models.baselines import ClickModel
from core.ctr.monitoring.prediction_log import record_predictions
from core.ctr.run_files import document_in, files_of, model_in
from core.ctr.runs import LATEST, ROOM, SLOT, document_of, get_run, model_of
from core.ctr.scoring import rows_of
from core.datasets.coercion import coerce_column
from core.errors import BadInput
from core.resilience.resident_models import resident
from core.security.policy import Permission, Principal, require
from core.storage import champions
from core.telemetry.metrics import observe_inference

if TYPE_CHECKING:
    import polars as pl

    from core.ctr.data.impressions import Impressions


@dataclass(frozen=True)
class Served:
    """A loaded model and the report of the run it comes from."""

    model: ClickModel
    document: dict[str, Any]


@dataclass(frozen=True)
class Predictions:
    """probabilities: shape (rows,); ids name them in the log; threshold: the cut of the run; latency of the answer."""

    run_id: str
    model: str
    probabilities: Floats
    ids: tuple[str, ...]
    threshold: float
    latency_ms: float
    ignored: tuple[str, ...]  # columns given that the model does not read


def served_model(run_id: str | None, name: str | None, *, principal: Principal) -> Served:
    """A candidate of a visible run by name; without a run the published one, else the newest.

    Raises NotFound for an unknown run or model, Conflict while the run has no result.
    """
    champion = None if run_id else champions.current(ROOM, SLOT)
    if champion is None:
        run = get_run(run_id or LATEST, principal=principal)
        return Served(model_of(run.id, name, principal=principal), document_of(run))
    files = files_of(champion.run_id, champion.path, champion.sha256)
    return Served(model_in(files, champion.run_id, name), document_in(files, champion.run_id))


def warm_up(served: Served) -> None:
    """Answer one empty row, once per process: compiled code is read from disk then, not while somebody waits."""
    key = f"{ROOM}.warm.{served.document['run_id']}.{served.model.name}"
    resident(key, "1", lambda: served.model.predict_proba(_empty_row(served.document)), size_bytes=0)


def predict(
    rows: Sequence[Mapping[str, Any]], *, principal: Principal, run_id: str | None = None, name: str | None = None
) -> Predictions:
    """Click probabilities of rows as they stand in a file; a column that is left out counts as missing.

    Raises BadInput for no rows and for rows without a single column the model knows.
    """
    require(principal, Permission.CTR_PREDICT)
    served = served_model(run_id, name, principal=principal)
    warm_up(served)
    started = time.perf_counter()
    frame, ignored = _frame(rows, served.document)
    impressions = rows_of(frame, target=served.document["data"]["target"])
    probabilities = np.asarray(served.model.predict_proba(impressions), np.float64)
    latency_ms = 1000 * (time.perf_counter() - started)
    observe_inference("ctr", latency_ms / 1000)
    ids = record_predictions(
        run_id=served.document["run_id"],
        model=served.model.name,
        probabilities=probabilities,
        latency_ms=latency_ms,
        principal=principal,
        segments=codes_of(impressions, served.document["reference"]),
    )
    return Predictions(
        run_id=served.document["run_id"],
        model=served.model.name,
        probabilities=probabilities,
        ids=tuple(ids),
        threshold=float(served.document["threshold"]["value"]),
        latency_ms=latency_ms,
        ignored=ignored,
    )


def _empty_row(document: Mapping[str, Any]) -> Impressions:
    target = document["data"]["target"]
    frame, _ = _frame([dict.fromkeys(document["data"]["column_names"])], document)
    return rows_of(frame, target=target)


def _frame(rows: Sequence[Mapping[str, Any]], document: Mapping[str, Any]) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """The rows with every column the run was trained on, in its order, in the kinds of the schema."""
    import polars as pl

    if not rows:
        raise BadInput("ctr.no_rows")
    names = [name for name in document["data"]["column_names"] if name != document["data"]["target"]]
    given = {name for row in rows for name in row}
    if not given & set(names):
        raise BadInput("ctr.no_known_column", known=", ".join(names[:5]))
    columns = []
    for name in names:
        series = _series(name, [row.get(name) for row in rows])
        expected = CTR_SCHEMA.column(name)
        columns.append(series if expected is None else coerce_column(series, expected)[0])
    return pl.DataFrame(columns), tuple(sorted(given - set(names)))


def _series(name: str, values: list[Any]) -> pl.Series:
    """JSON cells as a column: numbers where all are, else text. Raises BadInput for nested values."""
    import polars as pl

    for value in values:
        if isinstance(value, dict | list):
            raise BadInput("ctr.nested_cell", column=name)
    known = [value for value in values if value is not None]
    if all(isinstance(value, int | float) for value in known):
        return pl.Series(name, [None if value is None else float(value) for value in values], dtype=pl.Float64)
    return pl.Series(name, [None if value is None else str(value) for value in values], dtype=pl.String)
