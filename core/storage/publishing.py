"""What every room decides alike when a training ends: it is published unless a finding blocks it.

A synthetic sample never takes the place of real data.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.errors import ArtifactMissing
from core.security.policy import Principal
from core.storage import champions
from core.storage.artifacts import SavedArtifact, open_artifact


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
