"""What a training put behind the text encoder of the search: a head on its vectors, or a model of its own.

Loads what is published; `core.fragrance.tuning` makes it.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.embeddings.checked_vectors import CheckedTextModel, Purpose
from core.embeddings.text_models import SENTENCE_TRANSFORMERS, TextModel, text_model
from core.errors import ArtifactMissing
from core.resilience.resident_models import resident
from core.storage import champions
from core.storage.artifacts import Artifact, open_artifact

ROOM, SLOT = "fragrance", "encoder"
HEAD = "head.npz"
ID_LENGTH = 200  # what a text model's id may be at most

Kind = Literal["head", "model"]
Rows = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Head:
    """A residual linear map on the vectors of one encoder: x + x W + b, brought back to length 1.

    base_encoder_id: whose vectors it was trained on; others it cannot read. weight: shape (dim, dim). bias: (dim,).
    """

    base_encoder_id: str
    weight: Rows
    bias: Rows

    @property
    def dim(self) -> int:
        return len(self.bias)

    @property
    def id(self) -> str:
        """Changes whenever a vector would."""
        digest = hashlib.sha256(self.base_encoder_id.encode())
        digest.update(np.ascontiguousarray(self.weight).tobytes())
        digest.update(np.ascontiguousarray(self.bias).tobytes())
        return f"head-{digest.hexdigest()[:16]}"

    def apply(self, vectors: Rows) -> Rows:
        """Unit rows of unit rows, shape (n, dim) or (dim,); a row that would vanish stays as it was."""
        rows = np.atleast_2d(vectors).astype(np.float32)
        moved = rows + rows @ self.weight + self.bias
        lengths = np.linalg.norm(moved, axis=1, keepdims=True)
        units = np.where(lengths > 0, moved / np.maximum(lengths, np.finfo(np.float32).tiny), rows)
        found: Rows = units.reshape(vectors.shape).astype(np.float32)
        return found


def identity(base_encoder_id: str, dim: int) -> Head:
    """The head that changes nothing: where training begins."""
    return Head(base_encoder_id, np.zeros((dim, dim), np.float32), np.zeros(dim, np.float32))


def head_bytes(head: Head) -> bytes:
    """The file `head.npz`: plain arrays, nothing that runs."""
    buffer = io.BytesIO()
    np.savez(buffer, weight=head.weight, bias=head.bias, base_encoder_id=np.array(head.base_encoder_id))
    return buffer.getvalue()


def read_head(content: bytes) -> Head:
    with np.load(io.BytesIO(content), allow_pickle=False) as found:
        return Head(str(found["base_encoder_id"]), found["weight"], found["bias"])


def published_head() -> Head | None:
    """The published head; None where nothing is published, or a whole model is.

    Raises ArtifactMissing where what is published is not whole.
    """
    champion = champions.current(ROOM, SLOT)
    if champion is None:
        return None
    return resident(f"{ROOM}.{SLOT}.head", champion.version, lambda: _head_of(_artifact(champion)))


def tuned_encoder() -> TextModel:
    """The text model of the search: the one of the settings, behind it what was published for it.

    A head of another encoder is left aside: vectors of two encoders do not mix.
    Raises Unavailable where the model of the settings cannot be loaded; ArtifactMissing where the published is broken.
    """
    champion = champions.current(ROOM, SLOT)
    if champion is None:
        return text_model()
    artifact = resident(f"{ROOM}.{SLOT}.artifact", champion.version, lambda: _artifact(champion), size_bytes=1000)
    if artifact.metadata["kind"] == "model":
        if not artifact.folder.is_dir():
            raise ArtifactMissing("artifacts.missing", file=str(champion.path), room=ROOM)
        return text_model(f"{SENTENCE_TRANSFORMERS}{artifact.folder}")
    base, head = text_model(), published_head()
    return base if head is None or head.base_encoder_id != base.id else with_head(base, head)


def with_head(base: TextModel, head: Head) -> TextModel:
    """The model `base` with `head` on its vectors, under an id of its own."""

    def vectors_of(texts: Sequence[str], purpose: Purpose) -> Rows:
        rows = base.embed_query(texts[0])[None] if purpose == "query" else base.embed_passages(texts)
        return head.apply(rows)

    own = f":{head.id}"
    return CheckedTextModel(f"{base.id[: ID_LENGTH - len(own)]}{own}", base.dim, vectors_of)


def _artifact(champion: champions.Champion) -> Artifact:
    return open_artifact(champion.path, champion.sha256, room=ROOM)


def _head_of(artifact: Artifact) -> Head | None:
    return read_head(artifact.read(HEAD)) if artifact.metadata["kind"] == "head" else None
