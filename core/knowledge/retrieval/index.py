"""The search index that this process serves from: the newest snapshot, and a newer one when the database is ahead.

An index that is small is brought up to date at once; a large one by a thread of its own, while the earlier serves.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from sqlalchemy import select

from core.errors import Unavailable, WorkbenchError
from core.knowledge.index_generations import Mark, index_mark, raised_here
from core.knowledge.retrieval import vector_server
from core.knowledge.retrieval.dense import DenseIndex
from core.knowledge.retrieval.index_building import FORMAT, Facts, build, facts_of, is_whole
from core.knowledge.retrieval.lexical import LexicalIndex
from core.knowledge.retrieval.passage_columns import PassageColumns
from core.knowledge.retrieval.snapshots import Snapshot, Snapshots, open_snapshot, written_generations
from core.settings.current import get_settings
from core.storage import tables
from core.storage.database import reading
from core.telemetry.logs import get_logger

FOLDER = "knowledge_index"  # in data/cache
LOOK_EVERY_S = 1.0
AT_ONCE_S = 0.5  # a build that took less is not worth an answer that lacks what was just brought in
REST = 4  # times as long as the last build took before the next one begins
REST_AFTER_FAILURE_S = 10.0

VERSIONS = tables.document_versions

log = get_logger("knowledge_index")


@dataclass(frozen=True, eq=False)
class Index:
    """What is searched. encoder_id: whose vectors it holds, "" for none. A part that cannot be read is None.

    is_behind: the database has changed since. failure: why it could not be brought up to date.
    """

    generation: int
    encoder_id: str
    columns: PassageColumns
    lexical: LexicalIndex | None
    dense: DenseIndex | None
    facts: Facts
    is_whole: bool = True
    is_behind: bool = False
    failure: WorkbenchError | None = None

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
def _serving(folder: Path, encoder_id: str) -> _Serving:
    return _Serving(folder, encoder_id)


class _Serving:
    """The index of one encoder in this process."""

    def __init__(self, folder: Path, encoder_id: str) -> None:
        self.folder, self.encoder_id = folder, encoder_id
        self._snapshots = Snapshots(folder)
        self._guard = threading.RLock()
        self._seen: Snapshot | None = None
        self._index: Index | None = None
        self._mark = Mark(0, "")
        self._looked_at: tuple[float, int] | None = None
        self._builder: threading.Thread | None = None
        self._failure: WorkbenchError | None = None
        self._is_gone = False
        self._rest_until = 0.0

    def current(self) -> Index | None:
        with self._guard:
            self._look()
            if self._mark.generation and self._index is None:
                self._build()
                self._look(again=True)
            elif self._index is not None and self._is_to_be_built() and time.monotonic() >= self._rest_until:
                if self._index.facts.seconds < AT_ONCE_S and self._failure is None:
                    self._try(self._build)
                    self._look(again=True)
                else:
                    self._builder = threading.Thread(target=self._build_beside, name="knowledge-index", daemon=True)
                    self._builder.start()
            return self._told()

    def brought_up_to_date(self) -> Index | None:
        self._build()
        with self._guard:
            self._look(again=True)
            return self._told()

    def _told(self) -> Index | None:
        if self._index is None:
            return None
        return replace(self._index, is_behind=self._is_behind(), failure=self._failure if self._is_behind() else None)

    def _is_to_be_built(self) -> bool:
        is_good = self._index is not None and self._index.is_whole and not self._is_behind() and not self._is_gone
        return not is_good and self._builder is None

    def _is_behind(self) -> bool:
        return self._index is not None and self._index.generation < self._mark.generation

    def _look(self, *, again: bool = False) -> None:
        """Compare with the database and open what is newer; what was built of another database is let go."""
        now, raised = time.monotonic(), raised_here()
        if not again and self._looked_at is not None:
            last, before = self._looked_at
            if now - last < LOOK_EVERY_S and raised == before:
                return
        self._looked_at = now, raised
        self._mark = index_mark()
        newest = self._snapshots.newest()
        self._is_gone = newest is None  # what is mapped serves on
        if newest is not None and newest is not self._seen:
            self._seen = newest
            self._index = _opened(newest, self.encoder_id) or self._index
        if self._index is not None and not self._index.facts.fits(self._index.generation, self._mark):
            self._index = None

    def _build(self) -> None:
        build(self.folder, self.encoder_id)
        self._failure, self._snapshots = None, Snapshots(self.folder)

    def _try(self, work: Callable[[], None]) -> None:
        began = time.monotonic()
        try:
            work()
        except WorkbenchError as error:
            self._failure = error
            log.warning("index_not_built", reason=error.code)
        except Exception as error:  # one bad build must not end all later ones unseen
            self._failure = Unavailable("knowledge.index_not_built", reason=type(error).__name__)
            log.error("index_not_built", exc_info=error)
        ended = time.monotonic()
        rest_s = REST * (ended - began) if ended - began > AT_ONCE_S else 0.0
        self._rest_until = ended + (REST_AFTER_FAILURE_S if self._failure else rest_s)

    def _build_beside(self) -> None:
        self._try(self._build)
        with self._guard:
            self._builder, self._looked_at = None, None


def _opened(snapshot: Snapshot, encoder_id: str) -> Index | None:
    """The parts that can be read; None where even the passages' ids cannot."""
    facts = facts_of(snapshot)
    columns = snapshot.part("columns")
    if facts is None or set(columns) != set(PassageColumns.__dataclass_fields__):
        return None
    lexical, dense = snapshot.part("lexical"), snapshot.part("dense")
    return Index(
        snapshot.generation,
        encoder_id,
        PassageColumns(**columns),
        LexicalIndex(**lexical) if set(lexical) == set(LexicalIndex.__dataclass_fields__) else None,
        DenseIndex(**dense) if set(dense) == set(DenseIndex.__dataclass_fields__) else None,
        facts,
        is_whole(snapshot),
    )
