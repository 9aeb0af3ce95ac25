"""Storing a finished training, publishing it when nothing stands in the way, and telling what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.customers.serving import ROOM
from core.customers.training import Training
from core.datasets.findings import Finding
from core.security.policy import Principal
from core.storage.publishing import Stored, store_and_publish


def store(
    training: Training, *, run_id: str, principal: Principal, publish: bool, reason: str = "",
) -> Stored[Finding]:  # fmt: skip
    """Save the artifact and, when asked and nothing blocks it, publish it.

    A blocking finding leaves the artifact as a candidate and the previous champion in place, unless a person
    gives a `reason`.
    """
    return store_and_publish(
        ROOM,
        slot=training.slot,
        run_id=run_id,
        files=training.files,
        metadata=training.metadata,
        findings=training.findings,
        sample_over_real=lambda source: Finding("customers.sample_over_real", "blocking", None, (), {"source": source}),
        publish=publish,
        reason=reason,
        principal=principal,
    )


def result_of(trainings: Sequence[Training], stored: Sequence[Stored[Finding]]) -> dict[str, Any]:
    """The run's result as plain values: that of the first training, with the others under their slots."""
    results = [_result(training, place) for training, place in zip(trainings, stored, strict=True)]
    return {**results[0], **{result["slot"]: result for result in results[1:]}}


def _result(training: Training, stored: Stored[Finding]) -> dict[str, Any]:
    return {
        "slot": training.slot,
        **stored.as_dict(),
        "metrics": training.metrics,
        "clusters": training.cluster_rows(),
    }
