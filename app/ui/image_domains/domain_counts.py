"""How much a domain holds right now: classes, pictures, unknown pictures and remarks that wait for a build."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from core.images.feedback import staged
from core.images.pictures import StoredPicture, list_pictures
from core.security.policy import Principal


@dataclass(frozen=True)
class Counts:
    """What lies in the folders of a domain, whatever was built from it."""

    classes: int
    pictures: int
    unknown: int
    staged: int


def count(domain: str, principal: Principal) -> Counts:
    """The counts of a domain; zeros for one that is only a name so far."""
    known = list_pictures(domain, principal=principal)
    unknown = list_pictures(domain, group="unknown", principal=principal)
    return Counts(
        classes=len(known),
        pictures=sum(len(pictures) for pictures in known.values()),
        unknown=sum(len(pictures) for pictures in unknown.values()),
        staged=len(staged(domain, principal=principal)),
    )


def first_pictures(domain: str, principal: Principal, most: int) -> list[StoredPicture]:
    """One picture of each of the first classes."""
    known = list_pictures(domain, principal=principal)
    return list(islice((pictures[0] for pictures in known.values() if pictures), most))
