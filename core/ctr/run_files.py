"""The files a training or an explanation leaves, verified and read once per process, whoever asks for them."""

from __future__ import annotations

from typing import Any

from core.ctr.data.schema import ROOM
from core.ctr.models.baselines import ClickModel, load_model
from core.ctr.models.plain_files import without_prefix
from core.errors import NotFound
from core.resilience.resident_models import resident
from core.storage.artifacts import Artifact, open_artifact

REPORT, PREDICTIONS, EXAMPLES = "report.json", "test_predictions.npz", "examples.parquet"
AVERAGES = "averages.json"
EXPLANATION = "explanation.json"
MODEL_BYTES = 20_000_000


def files_of(run_id: str, path: str, sha256: str) -> Artifact:
    """What a run left at `path`. Raises ArtifactMissing when it is gone or not what was saved."""
    return resident(f"{ROOM}.artifact.{run_id}", sha256, lambda: open_artifact(path, sha256, room=ROOM))


def document_in(files: Artifact, run_id: str) -> dict[str, Any]:
    """report.json of a training."""
    document: dict[str, Any] = resident(f"{ROOM}.report.{run_id}", files.folder.name, lambda: files.json(REPORT))
    return document


def model_in(files: Artifact, run_id: str, name: str | None = None) -> ClickModel:
    """A candidate of a training; left out, the chosen one. Raises NotFound naming the candidates there are."""
    names, wanted = files.metadata["models"], name or files.metadata["chosen"]
    if wanted not in names:
        raise NotFound("ctr.no_such_model", name=wanted, known=", ".join(names))

    def load() -> ClickModel:
        own = {file: files.read(file) for file in files.metadata["files"] if file.startswith(f"{wanted}.")}
        return load_model(wanted, without_prefix(wanted, own))

    return resident(f"{ROOM}.model.{run_id}.{wanted}", "1", load, size_bytes=MODEL_BYTES)
