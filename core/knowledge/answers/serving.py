"""Which refusal model answers now: one fitted on one's own cases where there is one, else the shipped one."""

from __future__ import annotations

from core.errors import ArtifactMissing
from core.knowledge.answers.refusal import RefusalModel, load_model, shipped_model
from core.resilience.resident_models import resident
from core.storage import champions
from core.storage.artifacts import open_artifact
from core.telemetry.logs import get_logger

ROOM, SLOT, MODEL = "knowledge", "refusal", "refusal.json"
log = get_logger(__name__)


def serving_model() -> RefusalModel:
    """The published model of this workbench; the shipped one where none is published, or its files are gone."""
    champion = champions.current(ROOM, SLOT)
    if champion is None:
        return shipped_model()
    try:
        return resident(f"{ROOM}.{SLOT}", champion.version, lambda: _loaded(champion.path, champion.sha256))
    except ArtifactMissing as error:
        log.warning("refusal_model_missing", run_id=champion.run_id, reason=error.code)
        return shipped_model()


def _loaded(path: str, sha256: str) -> RefusalModel:
    return load_model(open_artifact(path, sha256, room=ROOM).folder / MODEL)
