"""The customer model that is served now, loaded once per process and followed when another is published."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from core.customers.lookup import ClusterModel
from core.customers.model_files import read_model, read_vectors
from core.customers.persona_search import PersonaVectors
from core.errors import ArtifactMissing
from core.resilience.resident_models import resident
from core.settings.current import get_settings
from core.storage import champions
from core.storage.artifacts import Artifact, open_artifact

ROOM = "customers"
Loaded = TypeVar("Loaded")


def current_model(slot: str | None = None) -> ClusterModel:
    """The published model of a slot (default: the setting `customers_model`).

    Raises ArtifactMissing when nothing is published or a file is gone.
    """
    champion = current_champion(slot)
    return _resident(
        champion, "model", lambda artifact: read_model(artifact, version=champion.version, slot=champion.slot)
    )


def current_vectors() -> PersonaVectors | None:
    """The persona vectors published with the served model; None where it has none."""
    return _resident(current_champion(), "vectors", read_vectors)


def current_file(name: str, slot: str | None = None) -> Any:
    """One JSON file of the published model: segments.json, segments_en.json, evidence.json, explorer.json."""
    return _resident(current_champion(slot), name, lambda artifact: artifact.json(name))


def verify_published() -> champions.Champion:
    """Check every file of the served model on disk now; its publication. Raises ArtifactMissing naming the file."""
    champion = current_champion()
    open_artifact(champion.path, champion.sha256, room=ROOM)
    return champion


def is_published(slot: str | None = None) -> bool:
    """Whether the slot has ever been published to."""
    return champions.current(ROOM, slot or served_slot()) is not None


def served_slot() -> str:
    """The slot that pages and API answer from."""
    return get_settings().customers_model


def current_champion(slot: str | None = None) -> champions.Champion:
    """The newest publication of a slot (default: the served one). Raises ArtifactMissing when there is none."""
    champion = champions.current(ROOM, slot or served_slot())
    if champion is None:
        raise ArtifactMissing("customers.no_model")
    return champion


def _resident(champion: champions.Champion, what: str, read: Callable[[Artifact], Loaded]) -> Loaded:
    return resident(
        f"{ROOM}.{champion.slot}.{what}",
        champion.version,
        lambda: read(open_artifact(champion.path, champion.sha256, room=ROOM)),
    )
