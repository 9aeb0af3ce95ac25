"""How many requests of one caller a group of routes answers in a window that begins with the first of them.

Counted by the library `limits`: in a file that all processes of this machine share, or on the Redis server of
`WORKBENCH_REDIS_URL` for several machines. Whoever counts may fail: then requests pass, health says so, and it is
logged once. The chat's questions a minute are counted elsewhere, with the questions themselves.
"""

from __future__ import annotations

import math
import threading
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import TooManyRequests
from core.resilience.redis_server import is_configured
from core.security.forwarding import is_within
from core.settings.current import get_settings
from core.telemetry.logs import get_logger

if TYPE_CHECKING:
    from limits import RateLimitItem

# The contract of the perfume routes counts addresses, and whoever signs in is nobody yet.
BY_ADDRESS = frozenset({"fragrance", "sign_in"})

log = get_logger("resilience")


@dataclass(frozen=True)
class Admitted:
    """One admitted request. limit: requests in a window; remaining: of it now; reset_s: until the next window [s]."""

    limit: int
    remaining: int
    reset_s: float


class _Outage:
    """Whether counting works, so that its end and its beginning are told once each."""

    def __init__(self) -> None:
        self.is_on = False
        self.reason = ""
        self._guard = threading.Lock()

    def note(self, error: Exception | None) -> None:
        if error is None and not self.is_on:
            return
        with self._guard:
            was_on, self.is_on = self.is_on, error is not None
            self.reason = type(error).__name__ if error is not None else ""
        if self.is_on and not was_on:
            log.error("rate_limits_not_counted", reason=self.reason)
        elif was_on and not self.is_on:
            log.warning("rate_limits_counted_again")


_outage = _Outage()


def has_limit(group: str) -> bool:
    """Whether the setting `rate_limits` names the group; a dictionary's lookup, asked for every request."""
    return group in _rates()


def is_free(address: str) -> bool:
    """Whether an address is never counted (setting `rate_limit_free`)."""
    return is_within(address, get_settings().rate_limit_free)


def check(group: str, key: str) -> Admitted:
    """Count a request of `key`, a caller's id or address, to `group`.

    Raises TooManyRequests with `limit`, `window_s` and `retry_after` [s]. A group without a limit, and a count that
    cannot be kept, admit: the second is told by `failing`.
    """
    rate = _rates().get(group)
    if rate is None:
        return Admitted(0, 0, 0.0)
    try:
        count, ends_at = _counted(rate, f"{group}/{key}")
    except Exception as error:  # noqa: BLE001 - whatever a storage fails with, nobody is refused for it
        _outage.note(error)
        return Admitted(rate.amount, rate.amount, float(rate.get_expiry()))
    _outage.note(None)
    reset_s = max(0.0, ends_at - time.time())
    if count > rate.amount:
        wait_s = max(1, math.ceil(reset_s))
        raise TooManyRequests(
            "network.too_many_requests", limit=rate.amount, window_s=rate.get_expiry(), retry_after=wait_s
        )
    return Admitted(rate.amount, rate.amount - count, reset_s)


def failing() -> str:
    """Why requests pass uncounted right now; "" where they are counted."""
    return _outage.reason


def waits_for_network() -> bool:
    """Whether counting asks another machine: then it does not belong on an event loop."""
    return is_configured()


def _counted(rate: RateLimitItem, key: str) -> tuple[int, float]:
    """How many requests the window has now, and when it ends (epoch seconds)."""
    full, expiry = rate.key_for(key), rate.get_expiry()
    if is_configured():
        from core.resilience.redis_server import asked

        return asked(lambda: _hit(full, expiry))
    return _hit(full, expiry)


def _hit(key: str, expiry: int) -> tuple[int, float]:
    storage = _storage()
    return storage.incr(key, expiry), storage.get_expiry(key)


def _rates() -> dict[str, RateLimitItem]:
    return _read(tuple(get_settings().rate_limits))


@cache
def _read(rates: tuple[str, ...]) -> dict[str, RateLimitItem]:
    from limits import parse

    pairs = (one.split("=", 1) for one in rates)
    return {group.strip(): parse(rate) for group, rate in pairs}


def _storage() -> Any:
    settings = get_settings()
    return _opened(settings.redis_url.get_secret_value(), settings.data_dir)


@cache
def _opened(redis_url: str, data_dir: Path) -> Any:
    if redis_url:
        from limits.storage import storage_from_string

        from core.resilience.redis_server import connection_limits

        return storage_from_string(redis_url, key_prefix="workbench:rates", **connection_limits())
    from core.resilience.counter_file import CounterFile

    return CounterFile(data_dir / "cache" / "rates.db")
