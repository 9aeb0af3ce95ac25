"""Verdicts on pictures, away from the event loop: a few threads of their own, and a limit to how many may wait."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from core.errors import ArtifactMissing, NotFound, Unavailable
from core.security.policy import Principal, Role
from core.settings.current import get_settings

if TYPE_CHECKING:
    from core.images.matching import EverywhereAnswer, Recognition

Result = TypeVar("Result")

# More verdicts at once only share the processor; addresses mostly wait for somebody else.
VERDICTS_AT_ONCE, FETCHES_AT_ONCE, BATCHES_AT_ONCE = 2, 8, 1
VERDICTS_WAITING, FETCHES_WAITING, BATCHES_WAITING = 32, 24, 4  # a picture in the queue holds up to 10 MB
RETRY_AFTER_S = 2
API = Principal("api", Role.ANALYST, "api")


class Lane:
    """Runs blocking work in `at_once` threads of its own and refuses what would wait behind too much.

    The threads are not those of other routes: however many addresses are slow, everything else finds one free.
    """

    def __init__(self, name: str, *, at_once: int, waiting: int) -> None:
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix=name)
        self._places = threading.BoundedSemaphore(at_once + waiting)
        self._limit = at_once + waiting

    async def run(self, work: Callable[[], Result]) -> Result:
        """The result of `work`. Raises Unavailable, with the time to wait, when the lane is full."""
        if not self._places.acquire(blocking=False):
            raise Unavailable("api.busy", limit=self._limit, retry_after=RETRY_AFTER_S)
        future = self._threads.submit(copy_context().run, work)
        future.add_done_callback(lambda _: self._places.release())
        return await asyncio.wrap_future(future)

    def close(self) -> None:
        """Start nothing any more; what runs ends by itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)


@dataclass(frozen=True)
class Question:
    """What is asked about a picture. domain: None for the default one."""

    principal: Principal
    domain: str | None = None
    top_k: int = 3


class ServedImages:
    """The one place through which routes ask about pictures."""

    def __init__(self) -> None:
        self.verdicts = Lane("verdicts", at_once=VERDICTS_AT_ONCE, waiting=VERDICTS_WAITING)
        self.fetches = Lane("fetches", at_once=FETCHES_AT_ONCE, waiting=FETCHES_WAITING)
        self.batches = Lane("batches", at_once=BATCHES_AT_ONCE, waiting=BATCHES_WAITING)

    async def recognise(self, read: Callable[[], bytes], name: str, asked: Question) -> Recognition:
        """The verdict on the content that `read` gives. Raises as core.images.matching.recognise does."""
        return await self.verdicts.run(partial(_recognised, read, name, asked))

    async def recognise_address(self, url: str, asked: Question) -> Recognition:
        """The same for what is behind a web address, fetched in a lane where waiting holds nobody else up."""
        from core.images.matching import fetch_picture

        content, name = await self.fetches.run(partial(fetch_picture, url))
        return await self.recognise(lambda: content, name, asked)

    async def recognise_everywhere(self, read: Callable[[], bytes], name: str, asked: Question) -> EverywhereAnswer:
        """Asks every domain that is built."""
        return await self.verdicts.run(partial(_recognised_everywhere, read, name, asked))

    def close(self) -> None:
        """Let go of the threads."""
        for lane in (self.verdicts, self.fetches, self.batches):
            lane.close()


def load_default() -> None:
    """Load the default domain and the encoder that built it; costs next to nothing once they are loaded.

    Raises ArtifactMissing while no domain is built, and whatever keeps the two from being used.
    """
    from core.images.domains import open_domain
    from core.images.matching import encoder_of

    with default_may_be_missing(None):
        encoder_of(open_domain(principal=API))


@contextmanager
def default_may_be_missing(domain: str | None) -> Iterator[None]:
    """Says that nothing is there to answer (503) where nobody named a domain; a named one stays not found."""
    try:
        yield
    except NotFound as missing:
        if domain is not None:
            raise
        if get_settings().image_domain:  # the sentence names the domain of the setting
            raise ArtifactMissing(missing.key, **missing.details) from missing
        raise ArtifactMissing("images.nothing_built") from missing


def _recognised(read: Callable[[], bytes], name: str, asked: Question) -> Recognition:
    from core.images.matching import recognise

    with default_may_be_missing(asked.domain):
        return recognise(read(), name=name, domain=asked.domain, top_k=asked.top_k, principal=asked.principal)


def _recognised_everywhere(read: Callable[[], bytes], name: str, asked: Question) -> EverywhereAnswer:
    from core.images.matching import recognise_everywhere

    with default_may_be_missing(asked.domain):
        return recognise_everywhere(read(), name=name, top_k=asked.top_k, principal=asked.principal)
