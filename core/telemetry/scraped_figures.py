"""What is read only when somebody scrapes: the database's own counts and the machine's load.

Reading has a time limit. What could not be read is left out, and `scrape_source_up` says so; a scrape never fails.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import WorkbenchError
from core.settings.current import get_settings
from core.telemetry.metric_list import BY_NAME, OTHER

if TYPE_CHECKING:
    from prometheus_client.core import GaugeMetricFamily

LIMIT_S = 2.0
OVERDUE_PERIODS = 3
BREAKER_STATES = {"closed": 0.0, "half-open": 1.0, "open": 2.0}
SAYS_NOTHING_AFTER = timedelta(minutes=15)  # a process that has not called since then
Figures = dict[str, dict[str, float]]  # metric to label to value; "" where it has no label


class ScrapedFigures:
    """A collector of prometheus_client."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        up: dict[str, float] = {}
        for source, read in (("database", _of_database), ("machine", _of_machine)):
            found = within(LIMIT_S, source, read)
            up[source] = float(found is not None)
            for name, values in (found or {}).items():
                yield family(name, values)
        yield family("scrape_source_up", up)


def family(name: str, values: dict[str, float]) -> GaugeMetricFamily:
    """One gauge with its values by the word of its label; words that are not in its list add up as "other"."""
    from prometheus_client.core import GaugeMetricFamily

    metric = BY_NAME[name]
    found = GaugeMetricFamily(name, metric.help, labels=[label for label, _ in metric.labels])
    known: dict[str, float] = {}
    for word, value in values.items():
        words = metric.labels[0][1] if metric.labels else None
        kept = word if words is None or word in words else OTHER
        known[kept] = known.get(kept, 0.0) + value
    for word, value in known.items():
        found.add_metric([word] if metric.labels else [], value)
    return found


def within(limit_s: float, name: str, read: Callable[[], Figures]) -> Figures | None:
    """What `read` returned within the limit; None where it failed, took longer, or still hangs since a scrape before.

    A reading that hangs keeps its one thread; none is started beside it.
    """
    if (before := _reading.get(name)) is not None and before.is_alive():
        return None
    answer: list[Figures] = []

    def work() -> None:
        from sqlalchemy.exc import SQLAlchemyError

        try:
            answer.append(read())
        except (WorkbenchError, SQLAlchemyError, OSError):  # left out of this scrape
            return

    thread = threading.Thread(target=work, name=f"scrape-{name}", daemon=True)
    _reading[name] = thread
    thread.start()
    thread.join(limit_s)
    return answer[0] if answer else None


def _of_database() -> Figures:
    from sqlalchemy import func, select

    from core.storage.database import reading, utc_now
    from core.storage.operator_tables import dependency_states, periodic_rounds
    from core.storage.tables import alerts, jobs, sessions

    now = utc_now()
    with reading() as connection:
        by_state = connection.execute(select(jobs.c.state, func.count()).group_by(jobs.c.state)).all()
        oldest = connection.execute(select(func.min(jobs.c.created_at)).where(jobs.c.state == "queued")).scalar()
        live = sessions.c.ended_at.is_(None) & (sessions.c.expires_at > now)
        signed_in = connection.execute(select(func.count()).where(live)).scalar_one()
        is_open = alerts.c.opened_at.is_not(None) & alerts.c.closed_at.is_(None)
        opened = connection.execute(select(alerts.c.severity, func.count()).where(is_open).group_by(alerts.c.severity))
        by_severity = {row[0]: float(row[1]) for row in opened}
        rounds = connection.execute(select(periodic_rounds.c.started_at, periodic_rounds.c.every_s)).all()
        calls = select(dependency_states.c.name, dependency_states.c.state, dependency_states.c.updated_at)
        called = connection.execute(calls.order_by(dependency_states.c.updated_at)).all()
    late = [row for row in rounds if now - row[0] > timedelta(seconds=OVERDUE_PERIODS * row[1])]
    return {
        "jobs": {row[0]: float(row[1]) for row in by_state},
        "jobs_oldest_queued_seconds": {"": (now - oldest).total_seconds() if oldest else 0.0},
        "circuit_breaker_state": _worst(called, now - SAYS_NOTHING_AFTER),
        "user_sessions_active": {"": float(signed_in)},
        "alerts_open": {"critical": 0.0, "warning": 0.0} | by_severity,
        "periodic_rounds_overdue": {"": float(len(late))},
    }


def _worst(called: Sequence[Any], since: datetime) -> dict[str, float]:
    """By dependency, among the processes that called it lately; else as the last one left it. called: oldest first."""
    known = BY_NAME["circuit_breaker_state"].labels[0][1] or frozenset()
    lately: dict[str, float] = {}
    before: dict[str, float] = {}
    for name, state, at in called:
        kept = name if name in known else OTHER
        value = BREAKER_STATES.get(state, 0.0)
        if at > since:
            lately[kept] = max(value, lately.get(kept, 0.0))
        else:
            before[kept] = value
    return before | lately


def _of_machine() -> Figures:
    import psutil

    settings = get_settings()
    disk = psutil.disk_usage(str(settings.home))
    return {
        "system_memory_percent": {"": psutil.virtual_memory().percent},
        "system_disk_percent": {"": disk.percent},
        "system_disk_free_bytes": {"": float(disk.free)},
        **_processor(psutil),
        **_backups(Path(settings.backup_dir) if settings.backup_dir else settings.data_dir / "backups"),
    }


def _processor(psutil: Any) -> Figures:
    """Absent in a process's first scrape: use is measured from one to the next."""
    is_first = not _looked
    _looked.append(True)
    percent = psutil.cpu_percent()
    del _looked[1:]
    return {} if is_first else {"system_cpu_percent": {"": percent}}


def _backups(folder: Path) -> Figures:
    import time

    times = [one.stat().st_mtime for one in folder.iterdir() if one.is_file()] if folder.is_dir() else []
    age: Figures = {"backup_age_seconds": {"": max(0.0, time.time() - max(times))}} if times else {}
    return {"backups_kept": {"": float(len(times))}, **age}


_reading: dict[str, threading.Thread] = {}
_looked: list[bool] = []
