"""The files as they were brought, one for each content, under `data/documents/`."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Collection
from pathlib import Path
from uuid import uuid4

from core.errors import NotFound, Unavailable
from core.settings.current import get_settings
from core.storage import shared_files
from core.storage.full_disk import told_when_full

FOLDER = "documents"
UNFINISHED = "."


def keep_original(content: bytes) -> str:
    """Store the content; its SHA-256, hexadecimal, is its name. Raises StorageFull, and Unavailable where machines
    share files and the place for it is away."""
    checksum = hashlib.sha256(content).hexdigest()
    place = _place(checksum)
    if place.exists():
        place.touch()  # named again soon: see `originals_older_than`
        return checksum
    unfinished = place.with_name(f"{UNFINISHED}{checksum}.{uuid4().hex}")
    try:
        with told_when_full():
            place.parent.mkdir(parents=True, exist_ok=True)
            with unfinished.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(place)
    finally:
        unfinished.unlink(missing_ok=True)
    try:
        shared_files.keep(place)
    except Unavailable:  # nobody names it here, or others would look for it in vain
        place.unlink(missing_ok=True)
        raise
    return checksum


def read_original(checksum: str, *, name: str) -> bytes:
    """The content with that checksum, looked at again: a file that changed on disk is not it. Raises NotFound."""
    try:
        shared_files.here(_place(checksum), sha256=checksum)
        content = _place(checksum).read_bytes()
    except FileNotFoundError as error:
        raise NotFound("knowledge.no_original", name=name) from error
    if hashlib.sha256(content).hexdigest() != checksum:
        raise NotFound("knowledge.no_original", name=name)
    return content


def drop_originals(checksums: Collection[str]) -> None:
    """Take these off the disk; who calls knows that nothing names them any more."""
    for checksum in checksums:
        _place(checksum).unlink(missing_ok=True)
        shared_files.drop(_place(checksum))


def originals_older_than(seconds: float) -> frozenset[str]:
    """The names of what was last brought longer ago, files that were never finished among them."""
    folder = get_settings().data_dir / FOLDER
    before = time.time() - seconds
    return frozenset(one.name for one in folder.glob("*") if one.is_file() and one.stat().st_mtime < before)


def _place(checksum: str) -> Path:
    return get_settings().data_dir / FOLDER / checksum
