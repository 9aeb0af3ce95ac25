"""Processor and memory use, and what the API's workers counted: recorded, read back over a stretch of time.

Pages and alerts of the workbench read from here, in every process and after a restart. Whoever watches many machines
scrapes `metrics` instead: the same requests, noted once, and the machine as it is at that moment even where the
database or the process that records is away.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, insert, select

from core.settings.current import get_settings
from core.storage.database import reading, utc_now, writing
from core.storage.tables import request_windows, system_measures
from core.telemetry.request_counts import quantile

SYSTEM = "system"
KEPT = timedelta(days=30)
MOST_WINDOWS = 2000
UPTIME_OVER = timedelta(days=1)


@dataclass(frozen=True)
class SystemMeasure:
    """Shares 0..1 of one machine's processors and memory in use."""

    at: datetime
    host: str
    processor_share: float
    memory_share: float


@dataclass(frozen=True)
class Requests:
    """Requests of every worker. errors: answered with 5xx or not at all. Durations in ms; None without requests."""

    requests: int
    errors: int
    p50_ms: float | None
    p95_ms: float | None
    max_ms: float | None

    @property
    def error_rate(self) -> float | None:
        return self.errors / self.requests if self.requests else None

    @property
    def success_rate(self) -> float | None:
        return 1 - self.errors / self.requests if self.requests else None


@dataclass(frozen=True)
class RequestWindow:
    """About ten seconds of one worker."""

    started_at: datetime
    requests: int
    errors: int
    p50_ms: float
    p95_ms: float
    max_ms: float


def record_system() -> SystemMeasure:
    """Measure this machine now and keep it. The processor's share is since the last call in this process."""
    import psutil

    measure = SystemMeasure(
        utc_now(), socket.gethostname(), psutil.cpu_percent() / 100, psutil.virtual_memory().percent / 100
    )
    values = {"host": measure.host, "processor_share": measure.processor_share, "memory_share": measure.memory_share}
    with writing() as connection:
        connection.execute(insert(system_measures).values(owner=SYSTEM, at=measure.at, **values))
    return measure


def latest_system() -> SystemMeasure | None:
    """The newest measure; None when the last three checks took none."""
    oldest = utc_now() - timedelta(seconds=3 * get_settings().check_every_s)
    table = system_measures.c
    query = select(table.at, table.host, table.processor_share, table.memory_share).where(table.at >= oldest)
    with reading() as connection:
        row = connection.execute(query.order_by(table.at.desc()).limit(1)).mappings().first()
    return SystemMeasure(**row) if row else None


def uptime() -> float | None:
    """Share of the expected checks of the last day that took place, since the first ever; None before any."""
    now = utc_now()
    table = system_measures.c
    with reading() as connection:
        first = connection.execute(select(func.min(table.at))).scalar()
        if first is None:
            return None
        start = max(first, now - UPTIME_OVER)
        every = get_settings().check_every_s
        count = connection.execute(select(func.count()).where(table.at >= start)).scalar_one()
    return min(1.0, count / max(1.0, (now - start).total_seconds() / every))


def requests_since(since: datetime) -> Requests:
    """What all workers answered since then; percentiles from the summed duration bins."""
    table = request_windows.c
    query = select(table.requests, table.errors, table.max_ms, table.durations).where(table.started_at >= since)
    with reading() as connection:
        rows = connection.execute(query).all()
    bins: dict[int, int] = {}
    for row in rows:
        for place, count in row.durations.items():
            bins[int(place)] = bins.get(int(place), 0) + count
    if not bins:
        return Requests(0, 0, None, None, None)
    return Requests(
        requests=sum(row.requests for row in rows),
        errors=sum(row.errors for row in rows),
        p50_ms=quantile(bins, 0.5),
        p95_ms=quantile(bins, 0.95),
        max_ms=max(row.max_ms for row in rows),
    )


def request_windows_since(since: datetime, *, most: int | None = MOST_WINDOWS) -> tuple[RequestWindow, ...]:
    """The newest `most` windows since then, all of them for None; oldest first."""
    table = request_windows.c
    query = select(*(table[name] for name in RequestWindow.__dataclass_fields__)).where(table.started_at >= since)
    with reading() as connection:
        rows = connection.execute(query.order_by(table.started_at.desc()).limit(most)).mappings().all()
    return tuple(RequestWindow(**row) for row in reversed(rows))


def forget_old_measures() -> None:
    """Delete what is older than KEPT."""
    oldest = utc_now() - KEPT
    with writing() as connection:
        connection.execute(delete(system_measures).where(system_measures.c.at < oldest))
        connection.execute(delete(request_windows).where(request_windows.c.started_at < oldest))
