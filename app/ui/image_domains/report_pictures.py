"""The pictures that a report speaks of, as far as they are still there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.ui.image_domains.picture_changes import Place
from core.errors import NotFound
from core.images.pictures import GROUPS, Group, StoredPicture, find_picture, list_pictures
from core.security.policy import Principal


def find(
    domain: str, told: Mapping[str, Any], principal: Principal, *, groups: Sequence[Group] = GROUPS
) -> StoredPicture | None:
    """The picture of an entry with class_name and file_name; None once it was removed or moved."""
    for group in groups:
        try:
            return find_picture(domain, told["class_name"], told["file_name"] or "", group=group, principal=principal)
        except NotFound:
            continue
    return None


def by_checksum(domain: str, principal: Principal) -> dict[str, StoredPicture]:
    """The first 16 digits of the checksum -> the picture, of everything that lies in the domain."""
    return {
        picture.file_name.partition(".")[0]: picture
        for group in GROUPS
        for pictures in list_pictures(domain, group=group, principal=principal).values()
        for picture in pictures
    }


def places(domain: str, principal: Principal, *, unknown_as: str) -> list[Place]:
    """Where a picture may be moved: every class, and among the unknown ones under `unknown_as`."""
    known = list_pictures(domain, principal=principal)
    return [*(Place("pictures", name) for name in known), Place("unknown", unknown_as)]


def examples(domain: str, principal: Principal, most: int) -> dict[str, tuple[StoredPicture, ...]]:
    """Class -> some of its pictures."""
    return {name: pictures[:most] for name, pictures in list_pictures(domain, principal=principal).items()}
