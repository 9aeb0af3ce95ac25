"""The collection that a first start brings along: a guide to this workbench, and made-up aptitude results.

Everybody may read it. Its documents follow the texts that are shipped; removed, it stays removed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from core.errors import NotFound
from core.knowledge.aptitude.documents import aptitude_mapping
from core.knowledge.aptitude.samples import sample_records
from core.knowledge.index_generations import insert_new
from core.knowledge.ingestion.plans import Ingestion, discard_plan, list_ingestions, plan
from core.knowledge.ingestion.sources import Listed, SourceItem
from core.knowledge.ingestion.timed import CarriedOut, carry_out
from core.knowledge.ingestion.typed_documents import records
from core.knowledge.passages.vectors import PassageEncoder
from core.messages import LANGUAGES
from core.security.policy import LOCAL_ANALYST, Permission, Principal, require
from core.storage import tables
from core.storage.database import reading, utc_now, writing

SAMPLE_COLLECTION = "5a3b1c0e-0000-4000-8000-00000000005a"  # known beforehand: it is made once, also by two processes
NAME = "안내서와 예제 · Workbench guide and samples"
DESCRIPTION = (
    "워크벤치 안내서(한국어, 영어)와 생성한 적성 검사 표본입니다. 실존 인물의 정보가 아닙니다.\n\n"
    "A guide to this workbench in Korean and English, and generated aptitude results that describe nobody."
)
GUIDE = Path(__file__).with_name("guide")
SAMPLE_RECORDS = 3
SOURCE = NAME  # as lists of ingestions show it
UNFINISHED = ("planned", "running", "failed")
COLLECTIONS = tables.collections


@dataclass(frozen=True)
class Together:
    """Two sources planned as one."""

    name: str
    parts: tuple[Listed, ...]
    is_whole: bool = True

    def items(self) -> Iterator[SourceItem]:
        for part in self.parts:
            yield from part.items()

    def covers(self, origin: str, key: str) -> bool:
        return any(part.covers(origin, key) for part in self.parts)


def bring_in(
    *, load_encoder: Callable[[], PassageEncoder], principal: Principal, job_id: str | None = None,
    tell: Callable[[str, float], None] = lambda step, fraction: None,
) -> list[CarriedOut]:  # fmt: skip
    """Go on with what an earlier run left, then bring the collection up to what is shipped. Raises as carry_out."""

    def done(ingestion_id: str) -> CarriedOut:
        return carry_out(ingestion_id, load_encoder=load_encoder, principal=principal, job_id=job_id, tell=tell)

    ended = [done(one) for one in left_samples(principal=principal)]
    planned = plan_samples(principal=principal)
    return [*ended, done(planned.id)] if planned is not None else ended


def keep_sample_collection(*, principal: Principal) -> bool:
    """Make the collection where there is none; False where somebody removed it."""
    require(principal, Permission.KNOWLEDGE_WRITE)
    now = utc_now()
    row = {
        "id": SAMPLE_COLLECTION, "owner": LOCAL_ANALYST.id, "name": NAME, "description": DESCRIPTION,
        "organisation_id": None, "is_open": True, "created_at": now, "updated_at": now,
    }  # fmt: skip
    with writing() as connection:
        insert_new(connection, COLLECTIONS, [row])
    with reading() as connection:
        mine = select(COLLECTIONS.c.removed_at).where(COLLECTIONS.c.id == SAMPLE_COLLECTION)
        return connection.execute(mine).scalar_one() is None


def sample_source() -> Together:
    """The guide and the records, as they are shipped."""
    return Together(
        SOURCE, (guide(), records(sample_records(count=SAMPLE_RECORDS), aptitude_mapping(), name="samples"))
    )


def guide() -> Listed:
    """The texts of the guide, one document for each and language."""

    def listed() -> Iterator[SourceItem]:
        for language in LANGUAGES:
            for path in sorted((GUIDE / language).glob("*.md")):
                yield SourceItem(
                    f"guide/{language}/{path.name}", path.name, "file", _reading(path), metadata={"language": language}
                )

    return Listed("guide", listed, is_whole=True, prefix="guide/")


def left_samples(*, principal: Principal) -> tuple[str, ...]:
    """Sample ingestions that were begun and have not ended, oldest first: they are gone on with before a new plan."""
    known = list_ingestions(collection_id=SAMPLE_COLLECTION, owner=principal.id, principal=principal)
    mine = [one for one in reversed(known) if one.source == SOURCE]  # others were brought by people, who decide
    return tuple(one.id for one in mine if one.state in UNFINISHED and one.states.keys() & {"waiting", "running"})


def plan_samples(*, principal: Principal) -> Ingestion | None:
    """What has to be done for the collection to hold what is shipped; None where it does, or was removed."""
    if not keep_sample_collection(principal=principal):
        return None
    planned = plan(SAMPLE_COLLECTION, sample_source(), principal=principal)
    if planned.changes_something:
        return planned
    discard_plan(planned.id, principal=principal)
    return None


def _reading(path: Path) -> Callable[[], bytes]:
    def read() -> bytes:
        try:
            return path.read_bytes()
        except FileNotFoundError as error:
            raise NotFound("knowledge.unreadable", name=path.name) from error

    return read
