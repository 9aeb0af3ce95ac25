"""The pictures of a domain as files: `pictures/CLASS/FILE`, and in `unknown/` those that belong to no class.

They change at once; what serves changes only with a build. A file is named by its content, so that a picture that is
brought twice lies there once. What is removed is set aside, and can be put back for a day.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from uuid import uuid4

from core.errors import BadInput, Conflict, NotFound
from core.images.decoding import CHECK_EDGE, check_format, check_readable, shown_name
from core.images.domains import domain_folder
from core.images.ingestion import ClassPicture, Ingestion, IngestionTable
from core.images.names import class_name, nfc, unknown_class_name
from core.images.names_file import checked_names, read_names, replace_names
from core.security.policy import Permission, Principal, require
from core.storage.full_disk import told_when_full
from core.storage.whole_files import replace_file

Group = Literal["pictures", "unknown"]
GROUPS: tuple[Group, ...] = ("pictures", "unknown")
NAMED: dict[Group, Callable[[str], str]] = {"pictures": class_name, "unknown": unknown_class_name}
REMOVED, KEPT_S = ".removed", 86_400.0


@dataclass(frozen=True)
class StoredPicture:
    """One picture of a domain. group: "unknown" where it belongs to no class and only calibrates."""

    domain: str
    group: Group
    class_name: str
    file_name: str
    path: Path

    def content(self) -> bytes:
        """The file as it was brought. Raises NotFound when it was removed meanwhile."""
        try:
            return self.path.read_bytes()
        except FileNotFoundError as error:
            raise NotFound("images.no_such_picture", name=self.file_name, domain=self.domain) from error


@dataclass(frozen=True)
class Removed:
    """What was set aside: `aside` goes back to `place`."""

    domain: str
    aside: Path
    place: Path


def add_archive(
    domain: str, source: Path, *, name: str, group: Group = "pictures", principal: Principal,
    progress: Callable[[int, int], None] | None = None,
) -> IngestionTable:  # fmt: skip
    """Take over a ZIP or folder of class folders; what was taken and refused, class by class.

    Unknown pictures may lie without folders: then they are of one class, named after the file. progress is told how
    many files of how many are done. Raises UploadRejected or TooLarge when the whole cannot be used, StorageFull.
    """
    require(principal, Permission.DATASETS_WRITE)
    folder = domain_folder(domain)
    loose = unknown_class_name(Path(shown_name(name)).stem) if group == "unknown" else None
    with Ingestion(source, name=name, loose_class=loose, class_of=NAMED[group]) as ingestion:
        for picture, _ in ingestion.decoded(target_edge=CHECK_EDGE):
            _store(folder, picture, group)
            if progress is not None:
                progress(ingestion.done, ingestion.total)
        if progress is not None:
            progress(ingestion.total, ingestion.total)
        return ingestion.table()


def add_picture(
    domain: str, name_of_class: str, content: bytes, *, file_name: str, group: Group = "pictures",
    principal: Principal,
) -> StoredPicture:  # fmt: skip
    """Keep one picture. Raises BadInput or TooLarge when it cannot be read, StorageFull."""
    require(principal, Permission.DATASETS_WRITE)
    check_readable(content, name=file_name)
    name = NAMED[group](name_of_class)
    path = _store(domain_folder(domain), ClassPicture(name, file_name, content), group)
    return StoredPicture(nfc(domain), group, name, path.name, path)


def list_pictures(
    domain: str, *, group: Group = "pictures", principal: Principal
) -> dict[str, tuple[StoredPicture, ...]]:
    """Class -> its pictures, both by name; a class may be empty. Files that begin with a dot are passed over."""
    require(principal, Permission.IMAGES_READ)
    found: dict[str, tuple[StoredPicture, ...]] = {}
    for name, folder in sorted(_class_folders(domain_folder(domain) / group).items()):
        files = sorted(one.name for one in os.scandir(folder) if one.is_file() and not one.name.startswith("."))
        found[name] = tuple(StoredPicture(nfc(domain), group, name, one, folder / one) for one in files)
    return found


def find_picture(
    domain: str, name_of_class: str, file_name: str, *, group: Group = "pictures", principal: Principal
) -> StoredPicture:
    """One picture by its names. Raises NotFound, also for a name that leads out of the folder."""
    require(principal, Permission.IMAGES_READ)
    folder = _class_folders(domain_folder(domain) / group).get(nfc(name_of_class)) if group in GROUPS else None
    is_plain = bool(file_name) and file_name == Path(file_name).name and not file_name.startswith(".")
    if folder is None or not is_plain or "\0" in file_name or not (folder / file_name).is_file():
        raise NotFound("images.no_such_picture", name=shown_name(file_name), domain=nfc(domain))
    return StoredPicture(nfc(domain), group, nfc(name_of_class), file_name, folder / file_name)


def remove_picture(picture: StoredPicture, *, principal: Principal) -> Removed:
    """Set one picture aside. Raises NotFound."""
    require(principal, Permission.DATASETS_WRITE)
    if not picture.path.is_file():
        raise NotFound("images.no_such_picture", name=picture.file_name, domain=picture.domain)
    return _set_aside(picture.domain, picture.path)


def remove_class(domain: str, name_of_class: str, *, group: Group = "pictures", principal: Principal) -> Removed:
    """Set a class aside with all its pictures. Raises NotFound."""
    require(principal, Permission.DATASETS_WRITE)
    folder = _class_folders(domain_folder(domain) / group).get(nfc(name_of_class))
    if folder is None:
        raise NotFound("images.no_such_class", name=nfc(name_of_class), domain=nfc(domain))
    return _set_aside(nfc(domain), folder)


def restore(removed: Removed, *, principal: Principal) -> None:
    """Put back what was removed. Raises NotFound after a day, Conflict when something else took its place."""
    require(principal, Permission.DATASETS_WRITE)
    if not removed.aside.exists():
        raise NotFound("images.no_such_picture", name=removed.place.name, domain=removed.domain)
    if removed.place.exists():
        raise Conflict("images.place_taken", name=nfc(removed.place.name), domain=removed.domain)
    removed.place.parent.mkdir(parents=True, exist_ok=True)
    removed.aside.rename(removed.place)


def move_picture(
    picture: StoredPicture, name_of_class: str, *, group: Group = "pictures", principal: Principal
) -> StoredPicture:
    """Put a picture into another class, or among the unknown ones."""
    require(principal, Permission.DATASETS_WRITE)
    content, name = picture.content(), NAMED[group](name_of_class)
    moved = ClassPicture(name, picture.file_name, content)
    path = _store(domain_folder(picture.domain), moved, group)
    if path != picture.path:
        picture.path.unlink(missing_ok=True)
    return StoredPicture(picture.domain, group, name, path.name, path)


def names_of(domain: str, *, principal: Principal) -> dict[str, str]:
    """Korean name -> English name, as they are used from the next look on."""
    require(principal, Permission.IMAGES_READ)
    return read_names(domain_folder(domain), nfc(domain)) or {}


def save_names(domain: str, names: Mapping[str, str], *, principal: Principal) -> None:
    """Replace the English names; an empty one is left out. Raises BadInput for a name that is not text."""
    require(principal, Permission.DATASETS_WRITE)
    checked = checked_names(dict(names), file=nfc(domain))
    folder = domain_folder(domain)
    folder.mkdir(parents=True, exist_ok=True)
    replace_names(folder, nfc(domain), {korean: one.strip() for korean, one in checked.items() if one.strip()})


def _store(folder: Path, picture: ClassPicture, group: Group) -> Path:
    """A file that is whole or not there, under the first 16 digits of its checksum."""
    kind = check_format(picture.content[:512], shown_name(picture.file_name))
    base = folder / group
    into = _class_folders(base).get(picture.class_name, base / picture.class_name)
    place = into / f"{hashlib.sha256(picture.content).hexdigest()[:16]}.{kind}"
    if place.exists():
        return place
    try:
        with told_when_full():
            into.mkdir(parents=True, exist_ok=True)
            replace_file(place, picture.content)
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise BadInput("images.bad_name", name=picture.class_name, limit=80) from error
        raise
    return place


def _class_folders(base: Path) -> dict[str, Path]:
    """Name in NFC -> folder; folders copied from other systems may bear NFD names."""
    if not base.is_dir():
        return {}
    return {nfc(one.name): Path(one.path) for one in os.scandir(base) if one.is_dir() and not one.name.startswith(".")}


def _set_aside(domain: str, place: Path) -> Removed:
    heap = domain_folder(domain) / REMOVED
    if heap.is_dir():
        for old in heap.iterdir():
            if time.time() - old.stat().st_mtime > KEPT_S:
                shutil.rmtree(old, ignore_errors=True)
    aside = heap / uuid4().hex / place.name
    aside.parent.mkdir(parents=True)
    place.rename(aside)
    return Removed(domain, aside, place)
