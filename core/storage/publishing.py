"""What every room decides alike when a training ends: it is published unless a finding blocks it.

A synthetic sample never takes the place of real data.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Generic, Protocol, TypeVar

from core.errors import ArtifactMissing
from core.security.policy import Principal
from core.storage import champions
from core.storage.artifacts import SavedArtifact, open_artifact, save_artifact


class AsDict(Protocol):
    """What is asked of a finding; the type itself belongs to the tables, which stand beside this room."""

    def as_dict(self) -> dict[str, Any]: ...


Finding = TypeVar("Finding", bound=AsDict)


@dataclass(frozen=True)
class Stored(Generic[Finding]):
    """Where a training went: always an artifact, and a champion version if it was published.

    findings: of the training, and of what it would replace.
    """

    artifact: SavedArtifact
    findings: tuple[Finding, ...]
    version: str | None

    @property
    def published(self) -> bool:
        return self.version is not None

    def as_dict(self) -> dict[str, Any]:
        """Plain values for the result of the run."""
        return {
            "published": self.published,
            "version": self.version,
            "artifact": asdict(self.artifact),
            "findings": [finding.as_dict() for finding in self.findings],
        }


def store_and_publish(
    room: str, *, slot: str, run_id: str, files: Mapping[str, bytes], metadata: Mapping[str, Any],
    findings: Sequence[Finding], sample_over_real: Callable[[str], Finding], publish: bool, reason: str,
    principal: Principal,
) -> Stored[Finding]:  # fmt: skip
    """Save the artifact and, when asked and nothing blocks it, publish it.

    metadata: with the "data" it was trained on. sample_over_real: the finding for a synthetic sample that would push
    out a model of real data, given that data's source. A blocking finding leaves the artifact as a candidate and the
    previous champion in place, unless a person gives a `reason`.
    """
    artifact = save_artifact(room, run_id, files, metadata, slot=slot)
    source = real_data_behind(room, slot) if metadata["data"]["synthetic"] else None
    every = tuple(findings) if source is None else (*findings, sample_over_real(source))
    champion = publish_unless_blocked(
        room,
        slot=slot,
        run_id=run_id,
        artifact=artifact,
        findings=[finding.as_dict() for finding in every],
        publish=publish,
        reason=reason,
        principal=principal,
    )
    return Stored(artifact, every, champion.version if champion else None)


def publish_unless_blocked(
    room: str, *, slot: str, run_id: str, artifact: SavedArtifact, findings: Sequence[Mapping[str, Any]],
    publish: bool, reason: str, principal: Principal,
) -> champions.Champion | None:  # fmt: skip
    """The new champion; None when publishing was not asked for, or a finding blocks it and no `reason` overrules it.

    Raises NotAllowed when a reason overrules a blocking finding for a role that may not publish.
    """
    is_blocked = any(finding["severity"] == "blocking" for finding in findings)
    if not publish or (is_blocked and not reason.strip()):
        return None
    return champions.promote(
        room,
        run_id=run_id,
        artifact=artifact,
        findings=findings,
        why=reason.strip() or f"Trained by run {run_id}",
        principal=principal,
        slot=slot,
        accept_blocking=bool(reason.strip()),
    )


def real_data_behind(room: str, slot: str) -> str | None:
    """The source that the published model was trained on, where it is real; None for a synthetic one or none at all."""
    champion = champions.current(room, slot)
    if champion is None:
        return None
    try:
        data = open_artifact(champion.path, champion.sha256, room=room).metadata["data"]
    except ArtifactMissing:
        return None  # what cannot be loaded serves nobody; a sample may take its place
    return None if data["synthetic"] else str(data["source"])
