"""What was published of trainings, encoder and story writer together: the newest row of a slot serves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.errors import ArtifactMissing
from core.fragrance.search import encoder_head
from core.fragrance.tuning import writer_publishing
from core.security.policy import Permission, Principal, require
from core.storage import champions
from core.storage.artifacts import open_artifact

ROOM = encoder_head.ROOM
SLOTS = (encoder_head.SLOT, writer_publishing.SLOT)


@dataclass(frozen=True)
class Published:
    """One publication. serves: nothing newer took its place. metrics, data: None where its files are gone."""

    slot: str
    version: str
    run_id: str
    serves: bool
    kind: str | None
    why: str
    published_at: datetime
    metrics: dict[str, float] | None
    data: dict[str, Any] | None

    def as_row(self) -> dict[str, Any]:
        """Flat values for a table."""
        told = {"slot": self.slot, "version": self.version, "run": self.run_id, "serves": self.serves, "why": self.why}
        return {**told, "kind": self.kind, "at": self.published_at.isoformat(), **(self.metrics or {})}


def published(*, principal: Principal) -> tuple[Published, ...]:
    """Every publication of both slots, the newest of each first."""
    require(principal, Permission.FRAGRANCE_READ)
    return tuple(
        _published(champion, serves=number == 0)
        for slot in SLOTS
        for number, champion in enumerate(champions.history(ROOM, slot))
    )


def _published(champion: champions.Champion, *, serves: bool) -> Published:
    try:
        about = open_artifact(champion.path, champion.sha256, room=ROOM).metadata
    except ArtifactMissing:
        about = {}
    return Published(
        champion.slot, champion.version, champion.run_id, serves, about.get("kind"), champion.why, champion.created_at,
        about.get("metrics"), about.get("data"),
    )  # fmt: skip
