"""What a process says of its installation, so that a worker with another one is found before it computes."""

from __future__ import annotations

import hashlib
import platform
from functools import cache
from importlib import metadata

from core.settings.paths import PROJECT

SHOWN = 12  # characters of a checksum in a sentence


def own_facts() -> dict[str, str]:
    """Versions, and a checksum over the code of `core` as it was when this process first asked."""
    return {
        "version": _version("analyst-workbench"),
        "code": code(),
        "python": platform.python_version(),
        "distributed": _version("distributed"),
    }


def facts() -> dict[str, str]:
    """The same, as a worker is asked for it."""
    return own_facts()


@cache
def code() -> str:
    """A checksum over every module of `core`."""
    digest = hashlib.sha256()
    for path in sorted((PROJECT / "core").rglob("*.py")):
        digest.update(path.relative_to(PROJECT).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:SHOWN]


@cache
def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "?"
