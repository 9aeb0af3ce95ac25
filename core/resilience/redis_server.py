"""The one way to the Redis server that machines share counters and results through: short waits, one breaker."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

from core.resilience.guarded_call import guarded_call
from core.settings.current import get_settings

Result = TypeVar("Result")
NAME = "redis"
WAIT_S = 0.5  # what it is asked saves less than a longer wait costs


def is_configured() -> bool:
    """Whether the setting `redis_url` names a server."""
    return bool(get_settings().redis_url.get_secret_value())


def connection_limits() -> dict[str, Any]:
    """Options of every client: one bounded wait, and no try of its own after it."""
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    return {
        "socket_timeout": WAIT_S,
        "socket_connect_timeout": WAIT_S,
        "retry": Retry(NoBackoff(), 0),
        "health_check_interval": 0,
    }


def client() -> Any:
    """The client of this process, safe to use from many threads."""
    return _client_of(get_settings().redis_url.get_secret_value())


@cache
def _client_of(url: str) -> Any:
    import redis

    return redis.Redis.from_url(url, **connection_limits())


def asked(call: Callable[[], Result]) -> Result:
    """What `call` returns, tried once. Raises Unavailable, at once while the breaker is open."""
    import redis

    return guarded_call(NAME, lambda _: call(), failures=(redis.RedisError, OSError), timeout_s=WAIT_S, retries=0)
