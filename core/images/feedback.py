"""What reviewers say about verdicts: accepted, corrected or added pictures, staged until a build takes them up.

A row of image_feedback per remark, the picture itself as a file beside the data; nothing changes a domain here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

from sqlalchemy import insert, select, update

from core.errors import BadInput, Conflict, NotFound
from core.images.names import UNKNOWN, class_name, domain_name
from core.images.pictures import Group
from core.images.verdict import Match
from core.security.policy import Permission, Principal, may_see, require
from core.settings.current import get_settings
from core.storage import tables
from core.storage.database import reading, utc_now, writing
from core.storage.whole_files import replace_file

Kind = Literal["accept", "correct", "add"]
State = Literal["staged", "applied", "withdrawn"]
REMARKS = tables.image_feedback
FOLDER = "staged_pictures"
REVIEWED = "reviewed"  # the class, among unknown pictures, of those that reviewers said belong to none


@dataclass(frozen=True)
class Remark:
    """One reviewer's word on one picture. class_name: where it belongs; `unknown` when to none of the domain's.

    verdict, s1 and margin are what the reviewer saw; None for a picture added without asking first.
    """

    id: str
    owner: str
    domain: str
    kind: Kind
    class_name: str
    picture_sha256: str
    file_name: str
    verdict: str | None
    s1: float | None
    margin: float | None
    note: str
    state: State
    run_id: str | None  # the build that took it up
    created_at: datetime

    @property
    def picture(self) -> Path:
        """Where its file is kept until a build takes it up."""
        return _kept_at(self.picture_sha256)

    @property
    def place(self) -> tuple[Group, str]:
        """The group and class it puts its picture into."""
        return ("unknown", REVIEWED) if self.class_name == UNKNOWN else ("pictures", self.class_name)


def stage(
    content: bytes, *, file_name: str, domain: str, kind: Kind, belongs_to: str, match: Match | None = None,
    note: str = "", principal: Principal,
) -> Remark:  # fmt: skip
    """Keep a remark and its picture for the next build; a later one on the same picture takes the earlier's place.

    content: the picture's file as decoded and accepted before. Raises BadInput when an acceptance names another
    class than the verdict, or a correction the very same.
    """
    require(principal, Permission.DATASETS_WRITE)
    name = UNKNOWN if belongs_to.strip().casefold() == UNKNOWN else class_name(belongs_to)
    if match is not None and kind == "accept" and match.verdict != name:
        raise BadInput("images.accept_disagrees", verdict=match.verdict, name=name)
    if match is not None and kind == "correct" and match.verdict == name:
        raise BadInput("images.correction_agrees", name=name)
    checksum = hashlib.sha256(content).hexdigest()
    place = _kept_at(checksum)
    place.parent.mkdir(parents=True, exist_ok=True)
    replace_file(place, content)
    row: dict[str, Any] = {
        "id": str(uuid4()), "owner": principal.id, "domain": domain_name(domain), "kind": kind, "class_name": name,
        "picture_sha256": checksum, "file_name": file_name[-200:], "verdict": match.verdict if match else None,
        "s1": match.s1 if match else None, "margin": match.margin if match else None, "note": note,
        "state": "staged", "run_id": None, "created_at": utc_now(),
    }  # fmt: skip
    with writing() as connection:
        connection.execute(
            update(REMARKS)
            .where(
                REMARKS.c.domain == row["domain"],
                REMARKS.c.picture_sha256 == checksum,
                REMARKS.c.state == "staged",
            )
            .values(state="withdrawn")
        )
        connection.execute(insert(REMARKS).values(**row))
    return Remark(**row)


def staged(domain: str, *, principal: Principal) -> tuple[Remark, ...]:
    """What waits for the next build of a domain, oldest first."""
    require(principal, Permission.IMAGES_READ)
    query = select(REMARKS).where(REMARKS.c.domain == domain_name(domain), REMARKS.c.state == "staged")
    with reading() as connection:
        rows = connection.execute(query.order_by(REMARKS.c.created_at, REMARKS.c.id)).mappings().all()
    return tuple(Remark(**row) for row in rows)


def withdraw(remark_id: str, *, principal: Principal) -> None:
    """Take a staged remark back: one's own, or anybody's as an admin. Raises NotFound, or Conflict once it is used."""
    require(principal, Permission.DATASETS_WRITE)
    with writing() as connection:
        row = connection.execute(select(REMARKS).where(REMARKS.c.id == remark_id)).mappings().first()
        if row is None or not may_see(principal, row["owner"]):
            raise NotFound("images.no_such_remark", id=remark_id)
        if row["state"] != "staged":
            raise Conflict("images.remark_settled", id=remark_id)
        connection.execute(update(REMARKS).where(REMARKS.c.id == remark_id).values(state="withdrawn"))


def mark_applied(remarks: Sequence[Remark], *, run_id: str, principal: Principal) -> None:
    """Say that a build took these up; those withdrawn meanwhile stay withdrawn."""
    require(principal, Permission.DATASETS_WRITE)
    chosen = REMARKS.c.id.in_([one.id for one in remarks])
    with writing() as connection:
        connection.execute(
            update(REMARKS).where(chosen, REMARKS.c.state == "staged").values(state="applied", run_id=run_id)
        )


def _kept_at(checksum: str) -> Path:
    return get_settings().data_dir / FOLDER / checksum[:2] / checksum
