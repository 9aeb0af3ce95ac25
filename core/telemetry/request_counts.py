"""Requests of this worker: noted once, and told to both who want to know, on a thread of its own.

Prometheus's counters hear of them every second, see `metrics`; `request_windows` about every ten seconds, the one place
that pages, alerts and API answer from. Noting a request costs an append.
"""

from __future__ import annotations

import math
import os
import socket
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from core.errors import WorkbenchError
from core.telemetry.logs import get_logger

TELL_S = 1.0
FLUSH_S = 10.0
QUIET = frozenset({"/health", "/readyz", "/livez", "/healthz", "/api/health", "/version", "/metrics"})
STEPS = 20  # bins per factor ten of the duration scale: percentiles are right to 12 %
SHORTEST_MS = 0.01

log = get_logger("requests")


class RequestCounts:
    """Collects answered requests until both have heard of them; appending needs no lock."""

    def __init__(self) -> None:
        self.worker = f"{socket.gethostname()}:{os.getpid()}"
        self.noted: list[tuple[int, float]] = []  # for the next window
        self.untold: deque[tuple[Any, str, int, float]] = deque()  # for Prometheus
        self.open_requests = 0
        self.open_sockets = 0
        self.since = time.time()
        self.telling = threading.Lock()
        self.stopping = threading.Event()
        self.thread: threading.Thread | None = None

    def note(self, path: str, status: int, seconds: float, *, route: Any = None, method: str = "") -> None:
        """One answered request; probes do not count. status 0: the connection broke before an answer."""
        if path not in QUIET and self.thread is not None:
            self.noted.append((status, seconds))
            self.untold.append((route, method, status, seconds))

    @contextmanager
    def socket(self) -> Iterator[None]:
        """While a WebSocket is open."""
        self.open_sockets += 1
        try:
            yield
        finally:
            self.open_sockets -= 1

    def start(self) -> None:
        """Tell and flush until `stop`."""
        from core.telemetry.metric_registry import before_scrape

        self.stopping.clear()
        self.since = time.time()
        before_scrape.append(self.tell)
        self.thread = threading.Thread(target=self._serve, name="request-counts", daemon=True)
        self.thread.start()

    def stop(self) -> None:
        """Write what is left and end the thread."""
        from core.telemetry.metric_registry import before_scrape

        self.stopping.set()
        if self.thread is not None:
            self.thread.join(5)
            self.thread = None
            before_scrape.remove(self.tell)

    def tell(self) -> None:
        """Count for Prometheus what was noted since the last time."""
        from core.telemetry.metrics import count_requests, set_connections

        with self.telling:
            count_requests([self.untold.popleft() for _ in range(len(self.untold))])
            set_connections(self.open_requests, self.open_sockets)

    def _serve(self) -> None:
        next_flush = time.monotonic() + FLUSH_S
        while not self.stopping.wait(TELL_S):
            self.tell()
            if time.monotonic() >= next_flush:
                self._flush_or_say()
                next_flush = time.monotonic() + FLUSH_S
        self.tell()
        self._flush_or_say()

    def _flush_or_say(self) -> None:
        try:
            self.flush()
        except WorkbenchError as error:  # the database may be away; these requests are lost to the record
            log.warning("requests_not_recorded", reason=error.code)

    def flush(self) -> None:
        """Store one window of what was noted since the last one; nothing when there was nothing."""
        noted, self.noted = self.noted, []
        since, self.since = self.since, time.time()
        if not noted:
            return
        from sqlalchemy import insert

        from core.storage.database import utc_now, writing
        from core.storage.tables import request_windows

        durations = [1000 * seconds for _, seconds in noted]
        bins = binned(durations)
        now, length = utc_now(), self.since - since
        with writing() as connection:
            connection.execute(
                insert(request_windows).values(
                    owner="system",
                    worker=self.worker,
                    started_at=now - timedelta(seconds=length),
                    seconds=length,
                    requests=len(noted),
                    errors=sum(status >= 500 or status == 0 for status, _ in noted),
                    p50_ms=quantile(bins, 0.5),
                    p95_ms=quantile(bins, 0.95),
                    max_ms=max(durations),
                    durations={str(place): count for place, count in bins.items()},
                )
            )


def binned(durations_ms: list[float]) -> dict[int, int]:
    """Requests per bin of a logarithmic scale."""
    found: dict[int, int] = {}
    for one in durations_ms:
        place = math.floor(STEPS * math.log10(max(one, SHORTEST_MS) / SHORTEST_MS))
        found[place] = found.get(place, 0) + 1
    return found


def quantile(bins: dict[int, int], share: float) -> float:
    """The duration [ms] that `share` of the binned requests did not exceed: the middle of its bin."""
    wanted, seen = share * sum(bins.values()), 0
    for place in sorted(bins):
        seen += bins[place]
        if seen >= wanted:
            return float(SHORTEST_MS * 10 ** ((place + 0.5) / STEPS))
    return 0.0
