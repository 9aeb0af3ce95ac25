"""What a process serves searches from: the newest snapshot, and a newer one when the database is ahead.

An index that is small is brought up to date at once; a large one by a thread of its own, while the earlier serves.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Generic, TypeVar

from core.errors import Unavailable, WorkbenchError
from core.knowledge.retrieval.snapshot_building import Facts, facts_of, is_whole
from core.knowledge.retrieval.snapshots import Snapshot, Snapshots
from core.storage.generations import Mark
from core.telemetry.logs import get_logger

LOOK_EVERY_S = 1.0
AT_ONCE_S = 0.5  # a build that took less is not worth an answer that lacks what was just brought in
REST = 4  # times as long as the last build took before the next one begins
REST_AFTER_FAILURE_S = 10.0


@dataclass(frozen=True, eq=False)
class ServedIndex:
    """What every index tells of itself; what is searched stands beside it.

    is_whole: whether all of it can be read. is_behind: the database has changed since. failure: why it could not be
    brought up to date.
    """

    generation: int
    facts: Facts
    is_whole: bool = field(default=True, kw_only=True)
    is_behind: bool = field(default=False, kw_only=True)
    failure: WorkbenchError | None = field(default=None, kw_only=True)

    @property
    def encoder_id(self) -> str:
        """Whose vectors it holds, "" for none."""
        return self.facts.encoder_id


Index = TypeVar("Index", bound=ServedIndex)


class ServedSnapshots(Generic[Index]):
    """The index of one folder in this process.

    mark: of the database. raised: goes up whenever this process changes what is indexed. build: writes the snapshot of
    now, see `snapshot_building.build`. opened: the index in a snapshot, None where nothing of use can be read.
    """

    def __init__(
        self, folder: Path, *, name: str, mark: Callable[[], Mark], raised: Callable[[], int],
        build: Callable[[], None], opened: Callable[[Snapshot, Facts], Index | None],
    ) -> None:  # fmt: skip
        self.folder, self.name = folder, name
        self._mark_now, self._raised, self._write, self._opened = mark, raised, build, opened
        self.log = get_logger(name)
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
        """The index at hand, which may be behind; built at once where there is none yet. None before there is anything.

        Whether the database is ahead is looked up once a second, and at once after a change by this process.
        """
        with self._guard:
            self._look()
            if self._mark.generation and self._index is None:
                self._build()
                self._look(again=True)
            elif self._index is not None and self._is_to_be_built() and time.monotonic() >= self._rest_until:
                if self._index.facts.seconds < AT_ONCE_S and self._failure is None:
                    self._try_to_build()
                    self._look(again=True)
                else:
                    self._builder = threading.Thread(target=self._build_beside, name=self.name, daemon=True)
                    self._builder.start()
            return self._told()

    def brought_up_to_date(self) -> Index | None:
        """The index of what the database holds now, built here and now unless another process has."""
        self._build()
        with self._guard:
            self._look(again=True)
            return self._told()

    def _told(self) -> Index | None:
        """The same object as long as it tells the same, so that what was found out about it need not be again."""
        if self._index is None:
            return None
        is_behind = self._is_behind()
        failure = self._failure if is_behind else None
        if (self._index.is_behind, self._index.failure) != (is_behind, failure):
            self._index = replace(self._index, is_behind=is_behind, failure=failure)
        return self._index

    def _is_to_be_built(self) -> bool:
        is_good = self._index is not None and self._index.is_whole and not self._is_behind() and not self._is_gone
        return not is_good and self._builder is None

    def _is_behind(self) -> bool:
        return self._index is not None and self._index.generation < self._mark.generation

    def _look(self, *, again: bool = False) -> None:
        """Compare with the database and open what is newer; what was built of another database is let go."""
        now, raised = time.monotonic(), self._raised()
        if not again and self._looked_at is not None:
            last, before = self._looked_at
            if now - last < LOOK_EVERY_S and raised == before:
                return
        self._looked_at = now, raised
        self._mark = self._mark_now()
        newest = self._snapshots.newest()
        self._is_gone = newest is None  # what is mapped serves on
        if newest is not None and newest is not self._seen:
            self._seen = newest
            self._index = self._index_in(newest) or self._index
        if self._index is not None and not self._index.facts.fits(self._index.generation, self._mark):
            self._index = None

    def _index_in(self, snapshot: Snapshot) -> Index | None:
        facts = facts_of(snapshot)
        found = self._opened(snapshot, facts) if facts is not None else None
        return None if found is None else replace(found, is_whole=is_whole(snapshot))

    def _build(self) -> None:
        self._write()
        self._failure, self._snapshots = None, Snapshots(self.folder)

    def _try_to_build(self) -> None:
        began = time.monotonic()
        try:
            self._build()
        except WorkbenchError as error:
            self._failure = error
            self.log.warning("index_not_built", reason=error.code)
        except Exception as error:  # one bad build must not end all later ones unseen
            self._failure = Unavailable("knowledge.index_not_built", reason=type(error).__name__)
            self.log.error("index_not_built", exc_info=error)
        ended = time.monotonic()
        rest_s = REST * (ended - began) if ended - began > AT_ONCE_S else 0.0
        self._rest_until = ended + (REST_AFTER_FAILURE_S if self._failure else rest_s)

    def _build_beside(self) -> None:
        self._try_to_build()
        with self._guard:
            self._builder, self._looked_at = None, None
