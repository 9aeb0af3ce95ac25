"""The index that this process serves from: the newest snapshot, and a newer one when the database is ahead.

An index that is small is brought up to date at once; a large one by a thread of its own, while the earlier serves.
"""

from __future__ import annotations

import hashlib
import threading
import time
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from core.errors import Unavailable, WorkbenchError
from core.fragrance.search.concepts import concepts_sha256
from core.fragrance.search.index_building import FORMAT, Facts, Mark, build, current_mark, facts_of
from core.fragrance.search.item_columns import ItemColumns
from core.knowledge.retrieval.dense import DenseIndex
from core.knowledge.retrieval.lexical import LexicalIndex
from core.knowledge.retrieval.snapshots import Snapshot, Snapshots
from core.settings.current import get_settings
from core.telemetry.logs import get_logger

FOLDER = "fragrance_index"  # in data/cache; all of it can be deleted
LOOK_EVERY_S = 1.0
AT_ONCE_S = 1.0  # a build that took less is not worth an answer that lacks what was just stored
REST_S = 10.0  # between builds beside the serving

log = get_logger("fragrance_index")


@dataclass(frozen=True, eq=False)
class Index:
    """What is searched. dense: None where nothing has a vector of the encoder.

    is_behind: the database has changed since. failure: why it could not be brought up to date.
    """

    generation: int
    encoder_id: str
    columns: ItemColumns
    lexical: LexicalIndex
    dense: DenseIndex | None
    facts: Facts
    is_behind: bool = False
    failure: WorkbenchError | None = None

    @property
    def size(self) -> int:
        return self.columns.size


def current_index(encoder_id: str = "", dim: int = 0) -> Index:
    """The index at hand, which may be behind; built at once where there is none yet.

    Whether the database is ahead is looked up once a second. Raises StorageFull or Unavailable where there is none.
    """
    return _serving(_folder(encoder_id), encoder_id, dim).current()


def bring_up_to_date(encoder_id: str = "", dim: int = 0) -> Index:
    """The index of what the database holds now, built here and now unless another process has."""
    return _serving(_folder(encoder_id), encoder_id, dim).brought_up_to_date()


def _folder(encoder_id: str) -> Path:
    """One for each encoder and vocabulary: what was built with other words is of no use."""
    name = hashlib.sha256(f"{FORMAT}\n{concepts_sha256()}\n{encoder_id}".encode()).hexdigest()[:16]
    return get_settings().data_dir / "cache" / FOLDER / name


@cache
def _serving(folder: Path, encoder_id: str, dim: int) -> _Serving:
    return _Serving(folder, encoder_id, dim)


class _Serving:
    """The index of one encoder in this process."""

    def __init__(self, folder: Path, encoder_id: str, dim: int) -> None:
        self.folder, self.encoder_id, self.dim = folder, encoder_id, dim
        self._snapshots = Snapshots(folder)
        self._guard = threading.RLock()
        self._seen: Snapshot | None = None
        self._index: Index | None = None
        self._mark = Mark(0, "")
        self._looked_at: float | None = None
        self._builder: threading.Thread | None = None
        self._failure: WorkbenchError | None = None
        self._rest_until = 0.0

    def current(self) -> Index:
        with self._guard:
            self._look()
            if self._index is None:
                self._build()
            elif self._is_behind() and self._builder is None and time.monotonic() >= self._rest_until:
                if self._index.facts.seconds < AT_ONCE_S and self._failure is None:
                    self._try_to_build()
                else:
                    self._builder = threading.Thread(target=self._build_beside, name="fragrance-index", daemon=True)
                    self._builder.start()
            return self._told()

    def brought_up_to_date(self) -> Index:
        with self._guard:
            self._build()
            return self._told()

    def _told(self) -> Index:
        if self._index is None:
            raise Unavailable("fragrance_search.index_not_built", reason="facts.json")
        is_behind = self._is_behind()
        return replace(self._index, is_behind=is_behind, failure=self._failure if is_behind else None)

    def _is_behind(self) -> bool:
        return self._index is not None and self._index.generation < self._mark.generation

    def _look(self, *, again: bool = False) -> None:
        """Compare with the database and open what is newer; what was built of another database is let go."""
        now = time.monotonic()
        if not again and self._looked_at is not None and now - self._looked_at < LOOK_EVERY_S:
            return
        self._looked_at = now
        self._mark = current_mark()
        newest = self._snapshots.newest()
        if newest is not None and newest is not self._seen:
            self._seen = newest
            self._index = _opened(newest, self.encoder_id) or self._index
        if self._index is not None and not self._index.facts.fits(self._index.generation, self._mark):
            self._index = None

    def _build(self) -> None:
        build(self.folder, self.encoder_id, self.dim)
        self._failure, self._snapshots = None, Snapshots(self.folder)
        self._look(again=True)

    def _try_to_build(self) -> None:
        try:
            build(self.folder, self.encoder_id, self.dim)
        except WorkbenchError as error:
            self._failure = error
        except Exception as error:  # one bad build must not end all later ones unseen
            self._failure = Unavailable("fragrance_search.index_not_built", reason=type(error).__name__)
            log.error("index_not_built", exc_info=error)
        else:
            self._failure = None
            with self._guard:
                self._snapshots = Snapshots(self.folder)
                self._look(again=True)
            return
        self._rest_until = time.monotonic() + REST_S
        log.warning("index_not_built", reason=self._failure.code)

    def _build_beside(self) -> None:
        try:
            self._try_to_build()
        finally:
            with self._guard:
                self._builder = None
                self._rest_until = time.monotonic() + REST_S


def _opened(snapshot: Snapshot, encoder_id: str) -> Index | None:
    """None where a part cannot be read."""
    facts = facts_of(snapshot)
    if facts is None:
        return None
    dense = snapshot.part("dense")
    return Index(
        snapshot.generation, encoder_id, ItemColumns(**snapshot.part("columns")),
        LexicalIndex(**snapshot.part("lexical")), DenseIndex(**dense) if dense else None, facts,
    )  # fmt: skip
