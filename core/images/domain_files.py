"""The files that a domain serves from, with their checksums, so that a person can tell two installations apart."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from core.images.domains import domain_folder
from core.images.names import nfc
from core.security.policy import Permission, Principal, require


@dataclass(frozen=True)
class DomainFile:
    """One file of a domain; size in bytes, sha256 hexadecimal."""

    name: str
    size: int
    sha256: str


def list_files(domain: str, *, principal: Principal) -> tuple[DomainFile, ...]:
    """Prototypes, their meta and names files and references, by name; pictures are not among them."""
    require(principal, Permission.IMAGES_READ)
    folder = domain_folder(domain)
    if not folder.is_dir():
        return ()
    found = []
    for path in sorted(folder.iterdir()):
        if path.is_file() and not path.name.startswith("."):
            content = path.read_bytes()
            found.append(DomainFile(nfc(path.name), len(content), hashlib.sha256(content).hexdigest()))
    return tuple(found)
