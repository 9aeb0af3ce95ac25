"""One function over many parts: on the cluster where one is set up, else here, with the same results in the same order.

Only a bounded number of parts is on its way at once. A worker that dies loses nothing: its parts are done again by
others, and each part's result is handed on once. A part that ends every worker that takes it is named.
"""

from __future__ import annotations

import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

from core.cluster.connection import client, is_configured, require_fitting, require_same_code, workers
from core.cluster.worker_facts import own_facts
from core.errors import Unavailable

if TYPE_CHECKING:
    from distributed import Client, Future

Part = TypeVar("Part")
Result = TypeVar("Result")

POLL_S = 0.2
NO_WORKERS_S = 60.0  # a cluster without any worker is waited for so long

_thread = threading.local()  # set in the thread of a task: work within work stays there, or it would wait for itself


class Stopped(Exception):
    """Somebody asked for the end; what was on its way was taken back."""


@dataclass
class _Sent:
    number: int
    part: Any
    future: Future[Any]
    ended: threading.Event


def spread(
    function: Callable[[Part], Result],
    parts: Iterable[Part],
    *,
    name: str,
    most_waiting: int | None = None,
    progress: Callable[[int], None] = lambda done: None,
    stopping: Callable[[], bool] = lambda: False,
) -> Iterator[Result]:
    """`function(part)` of every part, in their order.

    function: at the top of a module of `core`, because workers import it by name. name: told in sentences and on the
    cluster's own pages. most_waiting: parts sent or done but not yet handed on; left out, twice what the workers do at
    once. progress: told how many were handed on. stopping: asked between parts, and while waiting.
    Raises Unavailable where the cluster is away, a worker's code differs or a part ends its workers; Stopped; and
    whatever `function` raises.
    """
    results = _on_cluster(function, parts, name, most_waiting, stopping) if _is_spread() else _here(function, parts)
    done = 0
    with closing(results):  # which takes back what is on its way
        while True:
            if stopping():
                raise Stopped(name)
            try:
                result = next(results)
            except StopIteration:
                return
            done += 1
            progress(done)
            yield result


def _here(function: Callable[[Part], Result], parts: Iterable[Part]) -> Generator[Result, None, None]:
    for part in parts:
        yield function(part)


def _is_spread() -> bool:
    return is_configured() and not getattr(_thread, "is_task", False)


def _on_cluster(
    function: Callable[[Part], Result], parts: Iterable[Part], name: str, most_waiting: int | None,
    stopping: Callable[[], bool],
) -> Generator[Result, None, None]:  # fmt: skip
    require_same_code()
    cluster, ours, run = client(), own_facts(), f"{name}-{uuid4().hex[:12]}"
    most = most_waiting or 2 * max(1, sum(one["nthreads"] for one in workers().values()))
    coming = enumerate(parts, start=1)
    waiting: deque[_Sent] = deque()

    def send(number: int, part: Part, attempt: str = "") -> _Sent:
        key = f"{run}-{number}{attempt}"
        future = cluster.submit(_done_there, function, part, ours, key=key, pure=False)
        sent = _Sent(number, part, future, threading.Event())
        future.add_done_callback(lambda _: sent.ended.set())
        return sent

    try:
        while True:
            waiting.extend(send(number, part) for number, part in islice(coming, most - len(waiting)))
            if not waiting:
                return
            first = waiting[0]
            if not _has_ended(first, name, stopping):
                # Dask blames everything that a dead worker was about to do. Alone, it can only be the part itself.
                for other in list(waiting)[1:]:
                    _has_ended(other, name, stopping)
                first = send(first.number, first.part, "-alone")
                waiting[0] = first
                if not _has_ended(first, name, stopping):
                    raise Unavailable("cluster.part_kills", name=name, part=first.number, workers=_tried(first))
            result = _result(first, name)
            waiting.popleft()
            yield result
    finally:
        if waiting:
            _take_back(cluster, waiting)


def _done_there(function: Callable[[Part], Result], part: Part, ours: dict[str, str]) -> Result:
    """One part, on a worker: one that came after the others were looked at is held against our code here."""
    require_fitting(socket.gethostname(), own_facts(), ours)
    _thread.is_task = True
    return function(part)


def _has_ended(sent: _Sent, name: str, stopping: Callable[[], bool]) -> bool:
    """Wait for it; False where the workers that took it died. Raises Unavailable without any worker, and Stopped."""
    from distributed.scheduler import KilledWorker

    alone_since: float | None = None
    looked = time.monotonic()
    while not sent.future.done():
        if stopping():
            raise Stopped(name)
        sent.ended.wait(POLL_S)
        if time.monotonic() - looked > 1.0:
            looked = time.monotonic()
            alone_since = None if workers() else alone_since or looked
            if alone_since is not None and looked - alone_since > NO_WORKERS_S:
                raise Unavailable("cluster.no_workers", name=name, seconds=f"{NO_WORKERS_S:g}")
    return not (sent.future.status == "error" and isinstance(sent.future.exception(), KilledWorker))


def _result(sent: _Sent, name: str) -> Any:
    from concurrent.futures import CancelledError

    if sent.future.status in ("cancelled", "lost"):
        raise Unavailable("cluster.lost_scheduler", name=name)
    try:
        return sent.future.result()
    except (CancelledError, TimeoutError) as error:
        raise Unavailable("cluster.lost_scheduler", name=name) from error


def _tried(sent: _Sent) -> int:
    return int(getattr(sent.future.exception(), "allowed_failures", 0)) + 1


def _take_back(cluster: Client, waiting: Iterable[_Sent]) -> None:
    futures = [one.future for one in waiting]
    if cluster.status == "running":
        cluster.cancel(futures, asynchronous=False)
