"""Following answers that are being made: one thread per answer, however many requests and sockets wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from anyio import CapacityLimiter
from anyio.to_thread import run_sync

from core.errors import WorkbenchError
from core.security.policy import Principal

if TYPE_CHECKING:
    from core.chat.answering import Update
    from core.chat.messages import Message

AT_ONCE = 64  # answers that are followed at the same time in one process; others wait for their turn


@dataclass
class _Followed:
    """An answer that somebody waits for. newest: what was told last; changed: set, and replaced, with each change."""

    newest: Update | None = None
    is_over: bool = False
    error: BaseException | None = None
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self) -> None:
        self.changed.set()
        self.changed = asyncio.Event()


class AnswerFollowing:
    """Tells how answers come along. Lives as long as the application, within one event loop at a time."""

    def __init__(self) -> None:
        self._followed: dict[tuple[asyncio.AbstractEventLoop, str, str], _Followed] = {}
        self._places: tuple[asyncio.AbstractEventLoop, CapacityLimiter] | None = None
        self._readers: set[asyncio.Task[None]] = set()

    async def updates(
        self, answer_id: str, *, principal: Principal, silence_s: float = 3600.0
    ) -> AsyncIterator[Update | None]:
        """What happens to one's own answer, from where it is now to its end; None after each silence.

        The text of an update is all that is written so far, so a slow listener may skip some. Raises NotFound.
        """
        key = (asyncio.get_running_loop(), principal.id, answer_id)
        followed = self._followed.get(key)
        if followed is None:
            followed = self._followed[key] = _Followed()
            reader = asyncio.create_task(self._read(key, followed, principal))
            self._readers.add(reader)
            reader.add_done_callback(self._readers.discard)
        told: Update | None = None
        while True:
            changed, now, is_over = followed.changed, followed.newest, followed.is_over
            if now is not None and now is not told:
                told = now
                yield now
            elif is_over:
                break
            else:
                try:
                    await asyncio.wait_for(changed.wait(), silence_s)
                except TimeoutError:
                    yield None
        if followed.error is not None:
            raise followed.error

    async def until_done(
        self, answer_id: str, *, principal: Principal, wait_s: float | None,
        told: Callable[[Update], Awaitable[None]] | None = None,
    ) -> Message | None:  # fmt: skip
        """The answer at its end; None when that takes longer than `wait_s`. told: hears of each step on the way."""
        try:
            async with asyncio.timeout(wait_s):
                async for update in self.updates(answer_id, principal=principal):
                    if update is not None and told is not None:
                        await told(update)
                    if update is not None and update.message is not None:
                        return update.message
        except TimeoutError:
            pass
        return None

    async def _read(
        self, key: tuple[asyncio.AbstractEventLoop, str, str], followed: _Followed, principal: Principal
    ) -> None:
        """Reads to the end, whoever leaves: an answer that is being made comes to one."""
        from core.chat.answering import follow

        told = follow(key[2], principal=principal)
        try:
            while True:
                # Left alone when the server ends: its thread ends with the next thing that happens.
                update = await run_sync(partial(next, told, None), limiter=self._limiter(), abandon_on_cancel=True)
                if update is None:
                    break
                followed.newest = update
                followed.tell()
        except WorkbenchError as error:
            followed.error = error
        except BaseException as error:
            followed.error = error
            raise
        finally:
            self._followed.pop(key, None)
            followed.is_over = True
            followed.tell()

    def _limiter(self) -> CapacityLimiter:
        loop = asyncio.get_running_loop()
        if self._places is None or self._places[0] is not loop:
            self._places = loop, CapacityLimiter(AT_ONCE)
        return self._places[1]
