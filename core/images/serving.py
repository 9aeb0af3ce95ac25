"""What a domain serves at a moment, which build made it, and putting another build in its place.

Of two builds at once the one that publishes later sees that something else serves than when it began.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

from core.errors import BadInput, NotFound
from core.images.domains import domain_folder, domains_dir
from core.images.names_file import read_names
from core.images.prototype_files import VECTORS, load_prototypes, save_prototypes
from core.images.prototypes import Prototypes
from core.images.references import FILE, References, save_references
from core.settings.current import get_settings

ROOM, SLOT, REPORT = "images", "build", "report.json"


@dataclass(frozen=True, eq=False)
class Serving:
    """version: changes with the prototypes, None where nothing serves. prototypes: None where they cannot be read.

    report: of the build that made them; None for prototypes that were imported.
    """

    version: str | None
    prototypes: Prototypes | None
    report: dict[str, Any] | None

    @property
    def built_by(self) -> str | None:
        return self.prototypes.built_by if self.prototypes else None


def serving_now(domain: str) -> Serving:
    """What the domain serves now; a domain whose files are damaged serves nothing, and a build may replace them."""
    folder = domain_folder(domain)
    version = _version(folder)
    try:
        prototypes = load_prototypes(folder, domain=domain) if version else None
    except (BadInput, NotFound):
        prototypes = None
    report = stored_report(prototypes.built_by) if prototypes and prototypes.built_by else None
    return Serving(version, prototypes, report)


def stored_report(run_id: str) -> dict[str, Any] | None:
    """The report of a build; None where there is none. The run id may come from a file that somebody brought."""
    try:
        path = get_settings().models_dir / ROOM / str(UUID(run_id)) / SLOT / REPORT
        found = json.loads(path.read_text("utf-8"))
    except (ValueError, FileNotFoundError):
        return None
    return found if isinstance(found, dict) else None


@contextmanager
def publishing(domain: str) -> Iterator[None]:
    """One process at a time changes what a domain serves; a killed one lets go."""
    import fcntl

    domains_dir().mkdir(parents=True, exist_ok=True)
    with (domains_dir() / f".{domain}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def put_in_place(prototypes: Prototypes, references: References, unknown: References | None) -> None:
    """Write what serves, each file whole; the names that people gave meanwhile stay. Call it within `publishing`.

    References go first: until the prototypes of the same build lie beside them nobody is shown any.
    """
    folder = domain_folder(prototypes.domain)
    folder.mkdir(parents=True, exist_ok=True)
    given = read_names(folder, prototypes.domain)
    save_references(folder, references)
    if unknown is not None and len(unknown.sha256s):
        (folder / "unknown").mkdir(exist_ok=True)
        save_references(folder / "unknown", unknown)
    else:
        (folder / "unknown" / FILE).unlink(missing_ok=True)
    save_prototypes(folder, prototypes if given is None else replace(prototypes, names=given))


def _version(folder: Path) -> str | None:
    try:
        return hashlib.sha256((folder / VECTORS).read_bytes()).hexdigest()
    except FileNotFoundError:
        return None
