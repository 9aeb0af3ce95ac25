"""The search index over passages that this process serves from, kept up to date with the database."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sqlalchemy import select

from core.errors import Unavailable
from core.knowledge.index_generations import index_mark, raised_here
from core.knowledge.retrieval import vector_server
from core.knowledge.retrieval.dense import DenseIndex
from core.knowledge.retrieval.index_building import FORMAT, build
from core.knowledge.retrieval.lexical import LexicalIndex
from core.knowledge.retrieval.passage_columns import PassageColumns
from core.knowledge.retrieval.served_snapshots import ServedIndex, ServedSnapshots
from core.knowledge.retrieval.snapshot_building import Facts, facts_of
from core.knowledge.retrieval.snapshots import Snapshot, open_snapshot, written_generations
from core.settings.current import get_settings
from core.storage import knowledge_tables
from core.storage.database import reading
from core.telemetry.logs import get_logger

FOLDER = "knowledge_index"  # in data/cache

VERSIONS = knowledge_tables.document_versions

log = get_logger(FOLDER)


@dataclass(frozen=True, eq=False)
class Index(ServedIndex):
    """What is searched. A part that cannot be read is None."""

    columns: PassageColumns
    lexical: LexicalIndex | None
    dense: DenseIndex | None

    @property
    def size(self) -> int:
        return self.columns.size


def bring_up_to_date(*, encoder_id: str = "") -> Index | None:
    """The index of what the database holds now, built here and now unless another process has; None without passages.

    Raises Unavailable or StorageFull; an earlier index goes on serving then.
    """
    index = _serving(_folder(encoder_id), encoder_id).brought_up_to_date()
    if encoder_id and vector_server.is_used():
        try:
            vector_server.fill(encoder_id)
        except Unavailable as error:  # every question is told so, and the next round of upkeep fills it
            log.warning("vector_server_not_filled", reason=error.code)
    return index


def current_index(encoder_id: str = "") -> Index | None:
    """The index at hand, which may be behind; built at once where there is none yet. None before anything is published.

    Whether the database is ahead is looked up once a second, and at once after a change by this process.
    """
    return _serving(_folder(encoder_id), encoder_id).current()


def newest_encoder() -> str:
    """The one whose index is newest, or the last one used; "" without any.

    For searching by words while the encoder itself, and thereby its id, is away.
    """
    newest = (0, "")
    for folder in index_folder().glob("*"):
        for generation in written_generations(folder)[-1:]:
            found = open_snapshot(folder, generation)
            facts = facts_of(found) if found is not None else None
            newest = max(newest, (generation, facts.encoder_id if facts is not None else ""))
    return newest[1] or _last_used()


def _last_used() -> str:
    """The encoder of the document that was brought in last."""
    with reading() as connection:
        last = select(VERSIONS.c.encoder_id).order_by(VERSIONS.c.generation.desc()).limit(1)
        return str(connection.execute(last).scalar() or "")


def index_folder() -> Path:
    """Where the snapshots of every encoder lie; all of it can be deleted."""
    return get_settings().data_dir / "cache" / FOLDER


def _folder(encoder_id: str) -> Path:
    kept = "served" if vector_server.is_used() else "here"
    return index_folder() / hashlib.sha256(f"{FORMAT}\n{kept}\n{encoder_id}".encode()).hexdigest()[:16]


@cache
def _serving(folder: Path, encoder_id: str) -> ServedSnapshots[Index]:
    return ServedSnapshots(
        folder, name=FOLDER, mark=index_mark, raised=raised_here, build=lambda: build(folder, encoder_id),
        opened=_opened,
    )  # fmt: skip


def _opened(snapshot: Snapshot, facts: Facts) -> Index | None:
    """The parts that can be read; None where even the passages' ids cannot."""
    columns, lexical, dense = (snapshot.part(name) for name in ("columns", "lexical", "dense"))
    if set(columns) != set(PassageColumns.__dataclass_fields__):
        return None
    return Index(
        snapshot.generation,
        facts,
        PassageColumns(**columns),
        LexicalIndex(**lexical) if set(lexical) == set(LexicalIndex.__dataclass_fields__) else None,
        DenseIndex(**dense) if set(dense) == set(DenseIndex.__dataclass_fields__) else None,
    )
