"""Collections that come with the product: made once, kept up with the texts shipped; removed, they stay removed.

Everybody may read them. What is in each is told by whoever ships it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from core.errors import NotFound
from core.knowledge.ingestion.plans import Ingestion, discard_plan, list_ingestions, plan
from core.knowledge.ingestion.sources import Listed, SourceItem
from core.knowledge.ingestion.timed import CarriedOut, carry_out
from core.knowledge.passages.vectors import PassageEncoder
from core.messages import LANGUAGES
from core.security.policy import LOCAL_ANALYST, Permission, Principal, require
from core.storage import knowledge_tables
from core.storage.database import insert_new, reading, utc_now, writing

UNFINISHED = ("planned", "running", "failed")
COLLECTIONS = knowledge_tables.collections


@dataclass(frozen=True)
class Together:
    """Two sources planned as one. name: as lists of ingestions show it."""

    name: str
    parts: tuple[Listed, ...]
    is_whole: bool = True

    def items(self) -> Iterator[SourceItem]:
        for part in self.parts:
            yield from part.items()

    def covers(self, origin: str, key: str) -> bool:
        return any(part.covers(origin, key) for part in self.parts)


@dataclass(frozen=True)
class ShippedCollection:
    """id: known beforehand, so that it is made once, also by two processes. source: what it holds, as shipped now."""

    id: str
    name: str
    description: str
    source: Callable[[], Together]


def bring_in(
    shipped: ShippedCollection, *, load_encoder: Callable[[], PassageEncoder], principal: Principal,
    job_id: str | None = None, tell: Callable[[str, float], None] = lambda step, fraction: None,
) -> list[CarriedOut]:  # fmt: skip
    """Go on with what an earlier run left, then bring the collection up to what is shipped. Raises as carry_out."""

    def done(ingestion_id: str) -> CarriedOut:
        return carry_out(ingestion_id, load_encoder=load_encoder, principal=principal, job_id=job_id, tell=tell)

    ended = [done(one) for one in left_over(shipped, principal=principal)]
    planned = plan_shipped(shipped, principal=principal)
    return [*ended, done(planned.id)] if planned is not None else ended


def keep(shipped: ShippedCollection, *, principal: Principal) -> bool:
    """Make the collection where there is none; False where somebody removed it."""
    require(principal, Permission.KNOWLEDGE_WRITE)
    now = utc_now()
    row = {
        "id": shipped.id, "owner": LOCAL_ANALYST.id, "name": shipped.name, "description": shipped.description,
        "organisation_id": None, "is_open": True, "created_at": now, "updated_at": now,
    }  # fmt: skip
    with writing() as connection:
        insert_new(connection, COLLECTIONS, [row])
    with reading() as connection:
        mine = select(COLLECTIONS.c.removed_at).where(COLLECTIONS.c.id == shipped.id)
        return connection.execute(mine).scalar_one() is None


def left_over(shipped: ShippedCollection, *, principal: Principal) -> tuple[str, ...]:
    """Ingestions of it that were begun and have not ended, oldest first: they are gone on with before a new plan."""
    source = shipped.source().name
    known = list_ingestions(collection_id=shipped.id, owner=principal.id, principal=principal)
    mine = [one for one in reversed(known) if one.source == source]  # others were brought by people, who decide
    return tuple(one.id for one in mine if one.state in UNFINISHED and one.states.keys() & {"waiting", "running"})


def plan_shipped(shipped: ShippedCollection, *, principal: Principal) -> Ingestion | None:
    """What has to be done for the collection to hold what is shipped; None where it does, or was removed."""
    if not keep(shipped, principal=principal):
        return None
    planned = plan(shipped.id, shipped.source(), principal=principal)
    if planned.changes_something:
        return planned
    discard_plan(planned.id, principal=principal)
    return None


def texts_in(folder: Path, name: str) -> Listed:
    """The Markdown files of `folder/<language>`, one document for each. name: begins their keys, and origin."""

    def listed() -> Iterator[SourceItem]:
        for language in LANGUAGES:
            for path in sorted((folder / language).glob("*.md")):
                yield SourceItem(
                    f"{name}/{language}/{path.name}", path.name, "file", _reading(path), metadata={"language": language}
                )

    return Listed(name, listed, is_whole=True, prefix=f"{name}/")


def _reading(path: Path) -> Callable[[], bytes]:
    def read() -> bytes:
        try:
            return path.read_bytes()
        except FileNotFoundError as error:
            raise NotFound("knowledge.unreadable", name=path.name) from error

    return read
