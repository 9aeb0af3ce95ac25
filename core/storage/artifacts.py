"""Trained results as folders of plain files with a checksummed manifest.

A folder appears whole or not at all: it is written beside its place and moved there.
Nothing here is pickled. The manifest's SHA-256 is what the champion table keeps.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import ArtifactMissing, Unavailable
from core.settings.current import get_settings
from core.storage import shared_files
from core.storage.database import utc_now
from core.storage.full_disk import told_when_full

MANIFEST = "metadata.json"


@dataclass(frozen=True)
class SavedArtifact:
    """Where an artifact lies (relative to the home folder) and the SHA-256 of its manifest."""

    path: str
    sha256: str


@dataclass(frozen=True)
class Artifact:
    """A verified artifact on disk."""

    folder: Path
    metadata: dict[str, Any]

    def read(self, file: str) -> bytes:
        return (self.folder / file).read_bytes()

    def json(self, file: str) -> Any:
        return json.loads(self.read(file))


def save_artifact(
    room: str, run_id: str, files: Mapping[str, bytes], metadata: Mapping[str, Any], *, slot: str = "champion"
) -> SavedArtifact:
    """Write `files` and the manifest to models/<room>/<run_id>/<slot>, replacing an earlier try of the same run.

    `metadata` should tell parameters, seed, data checksum, encoder and metrics; room, run and time are added.
    Raises StorageFull when the disk takes no more, and Unavailable where machines share files and the place for it is
    away; then nothing is left behind.
    """
    home = get_settings().home
    place = get_settings().models_dir / room / run_id / slot
    place.parent.mkdir(parents=True, exist_ok=True)
    manifest = {
        **metadata,
        "room": room,
        "run_id": run_id,
        "saved_at": utc_now().isoformat(),
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
    }
    manifest_bytes = json.dumps(manifest, ensure_ascii=False, indent=1).encode()
    unfinished = Path(tempfile.mkdtemp(prefix=".writing-", dir=place.parent))
    try:
        with told_when_full():
            for name, content in {**files, MANIFEST: manifest_bytes}.items():
                with (unfinished / name).open("wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
            if place.exists():
                shutil.rmtree(place)
            unfinished.replace(place)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    try:
        shared_files.keep(*(place / name for name in (*files, MANIFEST)))  # who finds the manifest finds all of it
    except Unavailable:
        shutil.rmtree(place, ignore_errors=True)
        raise
    return SavedArtifact(place.relative_to(home).as_posix(), hashlib.sha256(manifest_bytes).hexdigest())


def open_artifact(path: str, sha256: str, *, room: str) -> Artifact:
    """Verify every file of the artifact at `path` (relative to home) against its manifest.

    What another machine saved is fetched first. Raises ArtifactMissing naming the file that is gone or is not the
    published one, and Unavailable where it cannot be fetched.
    """
    folder = get_settings().home / path
    manifest_bytes = _verified(folder, MANIFEST, sha256, room)
    metadata = json.loads(manifest_bytes)
    for name, checksum in metadata["files"].items():
        _verified(folder, name, checksum, room)
    return Artifact(folder, metadata)


def _verified(folder: Path, name: str, checksum: str, room: str) -> bytes:
    try:
        shared_files.here(folder / name, sha256=checksum)
        content = (folder / name).read_bytes()
    except OSError as error:
        raise ArtifactMissing("artifacts.missing", file=name, room=room) from error
    if hashlib.sha256(content).hexdigest() != checksum:
        raise ArtifactMissing("artifacts.changed", file=name, room=room)
    return content
