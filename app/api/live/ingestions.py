"""Listening to ingestions: each is looked at once for everybody of this process who wants to hear of it.

What is told comes from the database alone, so streams of several API processes hear the same.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool

from core.errors import NotFound, Unavailable
from core.telemetry.logs import get_logger

if TYPE_CHECKING:
    from core.knowledge.ingestion.progress import IngestionProgress

LOOK_EVERY_S = 0.5
MOST_TOLD = 10_000  # ends that are remembered
log = get_logger("api")


@dataclass
class _Followed:
    """An ingestion that somebody listens to. numbers: how often something new was seen."""

    newest: IngestionProgress | None = None
    number: int = 0
    is_over: bool = False
    listeners: int = 0
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    reader: asyncio.Task[None] | None = None


class ProgressFollowing:
    """Hands the progress of ingestions to any number of listeners, and remembers who was told an end."""

    def __init__(self) -> None:
        self._followed: dict[str, _Followed] = {}
        self._told: OrderedDict[tuple[str, str], None] = OrderedDict()

    async def changes(
        self, ingestion_id: str, look: Callable[[], IngestionProgress], *, silence_s: float
    ) -> AsyncGenerator[IngestionProgress | None, None]:
        """How far it is now, then each change, and None where nothing changed for `silence_s`; ends with the run.

        look: the caller must have made sure that the listener may hear what it gives.
        """
        followed = self._followed.get(ingestion_id)
        if followed is None:
            followed = self._followed[ingestion_id] = _Followed()
            followed.reader = asyncio.create_task(self._read(ingestion_id, followed, look))
        followed.listeners += 1
        heard = 0
        try:
            while True:
                await _until_news(followed, heard, silence_s)
                has_news, heard = followed.number > heard, followed.number
                newest, is_over = followed.newest, followed.is_over
                if has_news:
                    yield newest
                if is_over:
                    return
                if not has_news:
                    yield None
        finally:
            followed.listeners -= 1
            if not followed.listeners:
                self._forget(ingestion_id, followed)
                if followed.reader is not None:
                    followed.reader.cancel()

    def note_told(self, ingestion_id: str, listener: str) -> None:
        """Somebody heard the end."""
        self._told[ingestion_id, listener] = None
        while len(self._told) > MOST_TOLD:
            self._told.popitem(last=False)

    def forget_told(self, ingestion_id: str, listener: str) -> None:
        """It goes on again, and will have another end."""
        self._told.pop((ingestion_id, listener), None)

    def was_told(self, ingestion_id: str, listener: str) -> bool:
        return (ingestion_id, listener) in self._told

    async def _read(self, ingestion_id: str, followed: _Followed, look: Callable[[], IngestionProgress]) -> None:
        try:
            while not followed.is_over:
                try:
                    found = await run_in_threadpool(look)
                except Unavailable as error:
                    log.warning("progress_not_read", ingestion_id=ingestion_id, reason=error.code)
                    await asyncio.sleep(LOOK_EVERY_S)
                    continue
                await self._tell(followed, found)
                if not found.is_over:
                    await asyncio.sleep(LOOK_EVERY_S)
        except NotFound:
            pass  # removed meanwhile
        finally:
            followed.is_over = True
            self._forget(ingestion_id, followed)
            async with followed.changed:
                followed.changed.notify_all()

    async def _tell(self, followed: _Followed, found: IngestionProgress) -> None:
        async with followed.changed:
            if followed.newest is None or _what_counts(found) != _what_counts(followed.newest):
                followed.newest, followed.number = found, followed.number + 1
            followed.is_over = found.is_over
            followed.changed.notify_all()

    def _forget(self, ingestion_id: str, followed: _Followed) -> None:
        if self._followed.get(ingestion_id) is followed:
            del self._followed[ingestion_id]


async def _until_news(followed: _Followed, heard: int, silence_s: float) -> None:
    def is_news() -> bool:
        return followed.number > heard or followed.is_over

    async with followed.changed:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(followed.changed.wait_for(is_news), silence_s)


def _what_counts(one: IngestionProgress) -> IngestionProgress:
    """The forecast moves with every look; it is told anew when something else did."""
    return replace(one, expected_end=None, updated_at=one.created_at)
