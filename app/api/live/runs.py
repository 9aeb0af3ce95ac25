"""Listening to runs: one reader per run and process, however many sockets want to hear of it.

What is told comes from the job record alone, so sockets of several API processes hear the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool

from core.errors import NotFound, Unavailable
from core.security.policy import Principal
from core.telemetry.logs import get_logger

if TYPE_CHECKING:
    from core.jobs.job import JobEvent

LOOK_EVERY_S = 0.5
AT_ONCE = 1000  # events read at once
log = get_logger("api")


@dataclass
class _Followed:
    """A run that somebody listens to. newest: what a listener who comes now must be told first, by its name."""

    newest: dict[str, JobEvent] = field(default_factory=dict)
    last_id: int = 0
    has_caught_up: asyncio.Event = field(default_factory=asyncio.Event)
    listeners: set[asyncio.Queue[JobEvent | None]] = field(default_factory=set)
    reader: asyncio.Task[None] | None = None


class RunFollowing:
    """Hands the events of runs to any number of listeners."""

    def __init__(self, *, look_every_s: float = LOOK_EVERY_S) -> None:
        self.look_every_s = look_every_s
        self._followed: dict[str, _Followed] = {}

    async def events(self, run_id: str, *, principal: Principal) -> AsyncIterator[JobEvent]:
        """The newest step, epoch and state of the run, and from then on everything; ends with the run.

        The caller must have made sure that the principal may see the run.
        """
        followed = self._followed.get(run_id)
        if followed is None:
            followed = self._followed[run_id] = _Followed()
            followed.reader = asyncio.create_task(self._read(run_id, followed, principal))
        heard: asyncio.Queue[JobEvent | None] = asyncio.Queue()
        followed.listeners.add(heard)
        try:
            await followed.has_caught_up.wait()
            # Nothing is awaited between these lines and the queue: no event is told twice or not at all.
            known = sorted({event.id: event for event in followed.newest.values()}.items())
            while not heard.empty():
                heard.get_nowait()
            has_ended = followed.reader is None
            for _, event in known:  # one event may be the newest of two kinds
                yield event
            while not has_ended and (event_or_end := await heard.get()) is not None:
                yield event_or_end
        finally:
            followed.listeners.discard(heard)
            if not followed.listeners and followed.reader is not None:
                followed.reader.cancel()
                self._forget(run_id, followed)

    async def _read(self, run_id: str, followed: _Followed, principal: Principal) -> None:
        try:
            await self._tell(run_id, followed, principal)
        finally:  # whatever ends the reading, nobody is left waiting for it
            self._forget(run_id, followed)
            followed.has_caught_up.set()
            for heard in followed.listeners:
                heard.put_nowait(None)

    async def _tell(self, run_id: str, followed: _Followed, principal: Principal) -> None:
        from core.jobs.job import ENDED
        from core.jobs.records import events

        while True:
            look = partial(events, run_id, principal=principal, after=followed.last_id, limit=AT_ONCE)
            try:
                found = await run_in_threadpool(look)
            except Unavailable as error:
                log.warning("run_not_read", run_id=run_id, reason=error.code)
                found = ()
            except NotFound:
                return  # deleted meanwhile
            for event in found:
                _remember(followed, event)
                if followed.has_caught_up.is_set():
                    for heard in followed.listeners:
                        heard.put_nowait(event)
            if "state" in followed.newest and followed.newest["state"].payload.get("state") in ENDED:
                return
            if len(found) < AT_ONCE:
                followed.has_caught_up.set()
                await asyncio.sleep(self.look_every_s)

    def _forget(self, run_id: str, followed: _Followed) -> None:
        followed.reader = None
        if self._followed.get(run_id) is followed:
            del self._followed[run_id]


def _remember(followed: _Followed, event: JobEvent) -> None:
    from core.ctr.training.progress import epoch_of

    followed.last_id = event.id
    if event.kind == "progress" and epoch_of(event.payload) is not None:
        followed.newest["epoch"] = event
    if event.kind in ("progress", "state"):
        followed.newest[event.kind] = event
