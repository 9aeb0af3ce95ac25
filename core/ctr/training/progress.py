"""How far a training has come, from its story: the newest epoch of the sequence model and its figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from core.jobs.records import get_job
from core.security.policy import Principal
from core.storage.database import reading
from core.storage.tables import job_events

FIGURES = ("train_loss", "val_loss", "train_accuracy", "val_accuracy")
MORE_FIGURES = ("auc", "average_precision")


@dataclass(frozen=True)
class EpochProgress:
    """One finished epoch, counted over all settings that are tried one after the other, so that it never falls.

    epochs: planned ones, counted alike; figures hold at least FIGURES, accuracies as shares.
    """

    epoch: int
    epochs: int
    figures: dict[str, float]


def epoch_of(payload: Mapping[str, Any]) -> EpochProgress | None:
    """The epoch a progress event tells of; None for a step, a batch, or an epoch without all its figures."""
    if any(not isinstance(payload.get(name), int | float) for name in ("epoch", "epochs", *FIGURES)):
        return None
    names = [name for name in (*FIGURES, *MORE_FIGURES) if isinstance(payload.get(name), int | float)]
    each, trial = int(payload["epochs"]), int(payload.get("trial", 1))
    return EpochProgress(
        epoch=(trial - 1) * each + int(payload["epoch"]),
        epochs=int(payload.get("trials", 1)) * each,
        figures={name: float(payload[name]) for name in names},
    )


def newest_epoch(run_id: str, *, principal: Principal) -> EpochProgress | None:
    """The last finished epoch of a run. Raises NotFound for a run that is not visible."""
    get_job(run_id, principal=principal)
    payload = job_events.c.payload
    query = (
        select(payload)
        .where(
            job_events.c.job_id == run_id,
            job_events.c.kind == "progress",
            payload["val_accuracy"].as_float().is_not(None),
        )
        .order_by(job_events.c.id.desc())
        .limit(1)
    )
    with reading() as connection:
        found = connection.execute(query).scalar()
    return None if found is None else epoch_of(found)
