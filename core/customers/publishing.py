"""Storing a finished training, publishing it when nothing stands in the way, and telling what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from core.customers.serving import ROOM
from core.customers.training import Training
from core.datasets.quality import Finding
from core.security.policy import Principal
from core.storage.artifacts import SavedArtifact, save_artifact
from core.storage.publishing import publish_unless_blocked, real_data_behind


@dataclass(frozen=True)
class Stored:
    """Where a training went: always an artifact, and a champion version if it was published."""

    artifact: SavedArtifact
    findings: tuple[Finding, ...]  # of the training, and of what it would replace
    published: bool
    version: str | None


def store(
    training: Training, *, run_id: str, principal: Principal, publish: bool, reason: str = "",
) -> Stored:  # fmt: skip
    """Save the artifact and, when asked and nothing blocks it, publish it.

    A blocking finding leaves the artifact as a candidate and the previous champion in place, unless a person
    gives a `reason`.
    """
    artifact = save_artifact(ROOM, run_id, training.files, training.metadata, slot=training.slot)
    findings = (*training.findings, *_against_published(training))
    champion = publish_unless_blocked(
        ROOM,
        slot=training.slot,
        run_id=run_id,
        artifact=artifact,
        findings=[finding.as_dict() for finding in findings],
        publish=publish,
        reason=reason,
        principal=principal,
    )
    return Stored(artifact, findings, champion is not None, champion.version if champion else None)


def _against_published(training: Training) -> tuple[Finding, ...]:
    """Synthetic samples never push out a model that was trained on real customers."""
    source = real_data_behind(ROOM, training.slot) if training.metadata["data"]["synthetic"] else None
    return () if source is None else (Finding("customers.sample_over_real", "blocking", None, (), {"source": source}),)


def result_of(trainings: Sequence[Training], stored: Sequence[Stored]) -> dict[str, Any]:
    """The run's result as plain values: that of the first training, with the others under their slots."""
    results = [_result(training, place) for training, place in zip(trainings, stored, strict=True)]
    return {**results[0], **{result["slot"]: result for result in results[1:]}}


def _result(training: Training, stored: Stored) -> dict[str, Any]:
    return {
        "slot": training.slot,
        "published": stored.published,
        "version": stored.version,
        "artifact": asdict(stored.artifact),
        "findings": [finding.as_dict() for finding in stored.findings],
        "metrics": training.metrics,
        "clusters": training.cluster_rows(),
    }
