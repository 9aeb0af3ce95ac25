"""Results of repeated questions: in memory first, then on the Redis server where machines share one.

A result is found again by what it was asked for and by the version of all that it was made from, so nothing is ever
taken back; what is old goes by itself. Whatever an answer depends on belongs into the key: who may see which
documents as well. A Redis that is away costs one short wait, then its breaker answers at once.
"""

from __future__ import annotations

import hashlib
import socket
import sys
import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from core.errors import Unavailable
from core.resilience import redis_server
from core.settings.current import get_settings
from core.telemetry.logs import get_logger
from core.telemetry.metrics import count_cache

if TYPE_CHECKING:
    from pydantic import TypeAdapter

Value = TypeVar("Value")

OBJECT_TO_JSON = 4  # bytes that a frozen dataclass of texts and numbers takes in memory for each of its JSON
LARGEST_SHARE = 8  # one result may take that part of the memory at most

log = get_logger("resilience")


@dataclass(frozen=True)
class HitRate:
    """How often results of a kind were found since the process began; `share` is None before the first question."""

    kind: str
    in_memory: int
    in_redis: int
    missed: int

    @property
    def share(self) -> float | None:
        asked = self.in_memory + self.in_redis + self.missed
        return (self.in_memory + self.in_redis) / asked if asked else None


class _Cache:
    """Results of this process with their sizes, and those being made."""

    def __init__(self, budget_bytes: int, seconds: float) -> None:
        from cachetools import TTLCache

        self.budget_bytes = budget_bytes
        self.kept: Any = TTLCache(budget_bytes, seconds, getsizeof=lambda held: held[1]) if budget_bytes else {}
        self.making: dict[str, Future[Any]] = {}
        self.counts: dict[str, list[int]] = {}
        self.guard = threading.Lock()

    def count(self, kind: str, column: int) -> None:
        self.counts.setdefault(kind, [0, 0, 0])[column] += 1

    def keep(self, name: str, value: object, size_bytes: int) -> None:
        if size_bytes * LARGEST_SHARE <= self.budget_bytes:
            self.kept[name] = (value, size_bytes)


def remembered(kind: str, key: Hashable, version: str, make: Callable[[], Value], *, model: Any) -> Value:
    """What `make()` returned for the same key at the same version, or returns now; made once for all who ask at once.

    key: plain values whose `repr` tells them apart, all that the result depends on. version: of the data, the model
    and the code it comes from. model: the type of the result, frozen, for pydantic; it is what is read back from
    Redis. Nobody may change a result. Whatever `make` raises is passed on and nothing is kept.
    """
    cached = _cache()
    if not cached.budget_bytes and not redis_server.is_configured():
        return make()
    name = _name(kind, key, version)
    with cached.guard:
        held = cached.kept.get(name)
        others = None
        if held is not None:
            cached.count(kind, 0)
        elif (others := cached.making.get(name)) is None:
            mine: Future[Value] = Future()
            cached.making[name] = mine
    if held is not None:
        count_cache(kind, is_hit=True)
        found: Value = held[0]
        return found
    if others is not None:
        shared: Value = others.result()
        with cached.guard:
            cached.count(kind, 0)
        count_cache(kind, is_hit=True)
        return shared
    try:
        value = _found_or_made(cached, kind, name, make, model)
    except BaseException as error:
        mine.set_exception(error)
        raise
    else:
        mine.set_result(value)
        return value
    finally:
        with cached.guard:
            cached.making.pop(name, None)


def hit_rates() -> tuple[HitRate, ...]:
    """Of each kind asked for so far by this process, by name."""
    cached = _cache()
    with cached.guard:
        return tuple(HitRate(kind, *counts) for kind, counts in sorted(cached.counts.items()))


def size_bytes() -> int:
    """What the results in memory take, as they were measured."""
    return int(getattr(_cache().kept, "currsize", 0))


def forget() -> None:
    """Drop what this process keeps; what lies on the Redis server stays."""
    _cache_of.cache_clear()


def _found_or_made(cached: _Cache, kind: str, name: str, make: Callable[[], Value], model: Any) -> Value:
    shape: TypeAdapter[Value] = _shape(model)
    found = _from_redis(name, shape)
    if found is not None:
        value, content = found
        column = 1
    else:
        value, column = make(), 2
        content = shape.dump_json(value)
        _to_redis(name, content)
    with cached.guard:
        cached.count(kind, column)
        cached.keep(name, value, len(content) * OBJECT_TO_JSON + sys.getsizeof(name))
    count_cache(kind, is_hit=column == 1)
    return value


def _from_redis(name: str, shape: TypeAdapter[Value]) -> tuple[Value, bytes] | None:
    if not redis_server.is_configured():
        return None
    try:
        content = redis_server.asked(lambda: redis_server.client().get(name))
    except Unavailable:
        return None
    if content is None:
        return None
    try:
        return shape.validate_json(content), content
    except ValueError:  # of another version of this program, or not ours: never trusted further than its form
        log.warning("cached_result_unreadable", name=name)
        return None


def _to_redis(name: str, content: bytes) -> None:
    if not redis_server.is_configured() or len(content) > _cache().budget_bytes:
        return
    seconds = get_settings().result_cache_s
    try:
        redis_server.asked(lambda: redis_server.client().set(name, content, ex=seconds))
    except Unavailable:
        return


def _name(kind: str, key: Hashable, version: str) -> str:
    return f"workbench:{kind}:{hashlib.sha256(repr((_whose(), key, version)).encode()).hexdigest()}"


def _whose() -> str:
    """Which database the results are of: several workbenches may share a Redis, and a process may change its home."""
    url = get_settings().resolved_database_url
    return f"{socket.gethostname()} {url}" if url.startswith("sqlite") else url


@cache
def _shape(model: Any) -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(model)


def _cache() -> _Cache:
    settings = get_settings()
    return _cache_of(settings.result_cache_mb, settings.result_cache_s)


@cache
def _cache_of(megabytes: int, seconds: int) -> _Cache:
    return _Cache(megabytes * 1_000_000, seconds)
