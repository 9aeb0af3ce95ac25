"""The published story writer: a language model with the adapter of a training, which serves beside the rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.errors import ArtifactMissing
from core.fragrance.tuning.story_model import Base, open_base, written
from core.fragrance.tuning.story_pairs import Divided
from core.fragrance.tuning.writer_publishing import ROOM, SLOT
from core.resilience.resident_models import resident
from core.storage import champions
from core.storage.artifacts import open_artifact


@dataclass(frozen=True)
class StoryWriter:
    """run_id: of the training. base: what the adapter stands on. model: both together."""

    run_id: str
    base: Base
    model: Any

    def write(self, brief: str, *, max_new_tokens: int = 200) -> str:
        """A story for a brief; the same for the same brief."""
        return written(self.model, self.base, brief, max_new_tokens=max_new_tokens)


def published_writer() -> StoryWriter | None:
    """The published writer, loaded once per process; None where there is none.

    Raises ArtifactMissing where its files or its base are not the ones it was trained with; Unavailable where the base
    is not at hand.
    """
    champion = champions.current(ROOM, SLOT)
    if champion is None:
        return None
    return resident(
        f"{ROOM}.{SLOT}", champion.version, lambda: writer_of(champion.run_id, champion.path, champion.sha256),
        size_bytes=500_000_000,
    )  # fmt: skip


def writer_of(run_id: str, path: str, sha256: str) -> StoryWriter:
    """The writer of an artifact. Raises as `published_writer` does."""
    artifact = open_artifact(path, sha256, room=ROOM)
    made_on = artifact.metadata["base"]
    base = open_base(made_on["name"])
    if base.id != made_on["id"]:
        raise ArtifactMissing("artifacts.changed", file=base.id, room=ROOM)
    from peft import PeftModel

    return StoryWriter(run_id, base, PeftModel.from_pretrained(base.model, artifact.folder).eval())


def samples_of(model: Any, base: Base, data: Divided, *, most: int = 3, max_new_tokens: int = 60) -> Mapping[str, str]:
    """What a model writes for the first held-out briefs, by brief: for a person to look at."""
    prompts: Sequence[str] = list(dict.fromkeys(pair.input for pair in data.held_out))[:most]
    return {prompt: written(model, base, prompt, max_new_tokens=max_new_tokens) for prompt in prompts}
