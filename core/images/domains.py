"""Domains under data/domains: one folder each, with its prototypes. Adding one needs no code and no restart."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

from core.errors import BadInput, Conflict, NotFound, WorkbenchError
from core.images.names import domain_name, nfc
from core.images.names_file import NAMES
from core.images.prototype_files import EXTRA, META, VECTORS, load_prototypes, save_prototypes
from core.images.prototypes import Prototypes
from core.resilience.resident_models import resident
from core.security.policy import Permission, Principal, require
from core.settings.current import get_settings
from core.storage.audit import note_now

FOLDER = "domains"
PARTS = (VECTORS, "pictures", "unknown")  # a folder with one of them is a domain
SIZE_BYTES = 4_000_000  # of a resident domain, where its file is not larger


@dataclass(frozen=True)
class DomainCard:
    """What a list of domains shows. problem: what keeps it from being used, with the way out; else None."""

    name: str
    classes: int
    pictures: int | None
    encoder: str | None
    is_calibrated: bool
    created_at: str | None
    is_built: bool = True
    problem: WorkbenchError | None = None


def domains_dir() -> Path:
    return get_settings().data_dir / FOLDER


def domain_folder(name: str) -> Path:
    """Where a domain lies, or would lie. Raises BadInput for a name that no folder may have."""
    return _folders().get(nfc(name).strip()) or domains_dir() / domain_name(name)


def list_domains(*, principal: Principal) -> tuple[DomainCard, ...]:
    """Every domain by name; one that cannot be read is listed with its problem instead of hiding the others."""
    require(principal, Permission.IMAGES_READ)
    return tuple(_card(name, folder) for name, folder in sorted(_folders().items()))


def open_domain(name: str | None = None, *, principal: Principal) -> Prototypes:
    """The prototypes of a domain, kept loaded until its files change; None is the default domain.

    The default is WORKBENCH_IMAGE_DOMAIN, else the first by name. Raises NotFound naming the domains there are,
    BadInput for files that cannot be used.
    """
    require(principal, Permission.IMAGES_READ)
    folders = _folders()
    built = [one for one, folder in folders.items() if _is_built(folder)]
    wanted = nfc(name or get_settings().image_domain)
    if not wanted and built:
        wanted = min(built)
    if wanted not in folders:
        raise NotFound("images.no_such_domain", domain=wanted or "-", known=", ".join(sorted(built)) or "-")
    folder = folders[wanted]
    if wanted not in built:
        raise NotFound("images.not_built", domain=wanted)
    return _loaded(wanted, folder)


def add_domain(prototypes: Prototypes, *, principal: Principal, replaces: bool = False) -> None:
    """Store a domain. Raises Conflict when the name is taken and `replaces` is not said."""
    require(principal, Permission.DATASETS_WRITE)
    name = domain_name(prototypes.domain)
    folders = _folders()
    built = {one.casefold(): one for one, folder in folders.items() if _is_built(folder)}
    taken = built.get(name.casefold())
    if taken is not None and not (replaces and taken == name):
        raise Conflict("images.domain_exists", domain=taken)
    save_prototypes(folders.get(name, domains_dir() / name), replace(prototypes, domain=name))
    note_now(principal, "image_domain.added", name, replaces=taken is not None)


def import_domain(source: Path, name: str, *, principal: Principal, replaces: bool = False) -> Prototypes:
    """Take over a folder with prototype files of the old or new format. Raises as load_prototypes and add_domain do."""
    read = load_prototypes(source, domain=domain_name(name))
    # Which runs made it is known only where it was made, and so is the encoder's name there.
    read = replace(read, built_by=None, calibrated_by=None, image_model=None)
    add_domain(read, principal=principal, replaces=replaces)
    return read


def remove_domain(name: str, *, principal: Principal) -> None:
    """Delete a domain with everything in its folder; it is gone at once, whole. Raises NotFound."""
    require(principal, Permission.DATASETS_WRITE)
    folders = _folders()
    if nfc(name) not in folders:
        raise NotFound("images.no_such_domain", domain=nfc(name), known=", ".join(sorted(folders)) or "-")
    leaving = domains_dir() / f".removed-{uuid4().hex}"
    folders[nfc(name)].rename(leaving)
    shutil.rmtree(leaving)
    note_now(principal, "image_domain.removed", nfc(name))


def _folders() -> dict[str, Path]:
    """Name in NFC -> folder; folders copied from other systems may bear NFD names."""
    place = domains_dir()
    if not place.is_dir():
        return {}
    found = (one for one in place.iterdir() if one.is_dir() and not one.name.startswith("."))
    return {nfc(one.name): one for one in found if any((one / part).exists() for part in PARTS)}


def _is_built(folder: Path) -> bool:
    return (folder / VECTORS).is_file()


def _card(name: str, folder: Path) -> DomainCard:
    if not _is_built(folder):
        return DomainCard(name, 0, None, None, False, None, is_built=False)
    try:
        read = _loaded(name, folder)
    except (BadInput, NotFound) as problem:
        return DomainCard(name, 0, None, None, False, None, problem=problem)
    counts = [one for one in read.counts if one is not None]
    rule = read.thresholds
    return DomainCard(
        name=name,
        classes=len(read.classes),
        pictures=sum(counts) if len(counts) == len(read.classes) else None,
        encoder=read.encoder_id or read.model,
        is_calibrated=rule is not None and rule.is_calibrated,
        created_at=read.created_at,
    )


def _loaded(name: str, folder: Path) -> Prototypes:
    """The prototypes, read once per process until their files change."""
    files = (folder / one for one in (VECTORS, EXTRA))
    size = max(SIZE_BYTES, 2 * sum(one.stat().st_size for one in files if one.exists()))
    key = f"image_domain:{folder}"
    return resident(key, _version(folder), lambda: load_prototypes(folder, domain=name), size_bytes=size)


def _version(folder: Path) -> str:
    """Changes whenever one of the files does."""
    files = sorted(one for one in folder.iterdir() if one.name in {VECTORS, META, EXTRA} or one.name.endswith(NAMES))
    return "-".join(f"{one.stat().st_mtime_ns}.{one.stat().st_size}" for one in files)
