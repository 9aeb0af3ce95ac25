"""Queues what schedules have due: `submit_due` is called by every dispatcher at each sweep, also by several at once.

A time of a schedule is one row, and that row and its job are written in one transaction that holds the schedule, so
no time is run twice: not by two dispatchers, not after a crash, not when a clock is set back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from core.errors import BadInput, Conflict, NotAllowed, NotFound
from core.jobs.schedules import runs as schedule_runs
from core.jobs.schedules.cron_times import next_time, times_after
from core.jobs.schedules.history import MANY_MISSED
from core.jobs.schedules.notices import tell_missed
from core.jobs.schedules.schedules import Schedule
from core.storage.database import reading, utc_now, writing
from core.storage.job_tables import schedule_times, schedules
from core.telemetry.logs import get_logger

TOLERANCE = timedelta(minutes=2)  # a time that is found later than this was missed
MOST_CAUGHT_UP = 50  # of the times missed, the newest, where a schedule runs all of them
MOST_MISSED_ROWS = 1000  # older ones share one row that tells how many they were
MOST_AT_ONCE = 20_000  # times looked at in one sweep; the next one goes on
MOST_WAITING = 100
MISSED = "schedules.missed"
SKIPPED = "schedules.skipped"

log = get_logger("schedules")


@dataclass(frozen=True)
class _Due:
    """The times that have come since the last look. late: missed ones; on_time: the others. following: the next."""

    late: tuple[datetime, ...]
    on_time: tuple[datetime, ...]
    following: datetime | None

    @property
    def is_cut(self) -> bool:
        return len(self.late) >= MOST_AT_ONCE


def submit_due(now: datetime | None = None) -> int:
    """Queue every run that is due; how many were queued. A schedule that cannot be read keeps no other one waiting.

    now: moment to judge by, the present one unless a test gives another. Raises Unavailable, StorageFull.
    """
    now, queued = now or utc_now(), 0
    for schedule in _active(now):
        try:
            if schedule.next_at is not None and schedule.next_at <= now:
                queued += _take(schedule, now)
            elif schedule.next_at is not None:
                _put_right(schedule, now)
        except (BadInput, NotFound, NotAllowed, Conflict) as error:
            log.warning("schedule_unreadable", schedule_id=schedule.id, reason=error.code)
        except IntegrityError:  # another dispatcher was there first
            log.info("schedule_taken", schedule_id=schedule.id)
    return queued + schedule_runs.start_waiting()


def _active(now: datetime) -> list[Schedule]:
    query = select(schedules).where(schedules.c.removed_at.is_(None), schedules.c.paused_at.is_(None))
    with reading() as connection:
        rows = connection.execute(query.where(schedules.c.next_at.is_not(None)).order_by(schedules.c.next_at))
        return [Schedule(**row) for row in rows.mappings()]


def _put_right(schedule: Schedule, now: datetime) -> None:
    """After a clock that ran ahead was set back, what comes next lies too far away; times that were run stay run."""
    expected = next_time(schedule.cron, schedule.time_zone, now)
    if expected is not None and schedule.next_at is not None and expected < schedule.next_at:
        with writing() as connection:
            _advance(connection, schedule, expected)


def _take(schedule: Schedule, now: datetime) -> int:
    """Write down what is due of one schedule and queue the first run of it; how many were queued."""
    due = _due(schedule, now)
    with writing() as connection:
        if not _advance(connection, schedule, due.following):
            return 0
        known = _known(connection, schedule, due)
        late = [at for at in due.late if at not in known]
        on_time = [at for at in due.on_time if at not in known]
        caught_up = [] if due.is_cut else _caught_up(schedule, late, on_time)
        missed = [at for at in late if at not in set(caught_up)]
        _write_missed(connection, schedule, missed, now)
        _write(connection, schedule, caught_up, "waiting", now)
        for at in on_time:
            _arrive(connection, schedule, at, now)
        if missed:
            tell_missed(connection, schedule, len(missed), missed[0], missed[-1])
        queued = schedule_runs.start_next(connection, schedule)
    schedule_runs.start_chains(schedule.id)
    log.info("schedule_due", schedule_id=schedule.id, on_time=len(on_time), missed=len(missed), queued=queued)
    return queued


def _due(schedule: Schedule, now: datetime) -> _Due:
    assert schedule.next_at is not None
    late: list[datetime] = []
    on_time: list[datetime] = []
    following = None
    for at in times_after(schedule.cron, schedule.time_zone, schedule.next_at - timedelta(seconds=1)):
        if at > now or len(late) >= MOST_AT_ONCE:
            following = at
            break
        (late if now - at > TOLERANCE else on_time).append(at)
    return _Due(tuple(late), tuple(on_time), following)


def _advance(connection: Connection, schedule: Schedule, following: datetime | None) -> bool:
    """Take the schedule as it was seen; False where somebody else did, or changed it meanwhile."""
    row = schedules.c
    seen = row.id == schedule.id, row.next_at == schedule.next_at, row.updated_at == schedule.updated_at
    active = row.paused_at.is_(None), row.removed_at.is_(None)
    taken = connection.execute(update(schedules).where(*seen, *active).values(next_at=following))
    return taken.rowcount == 1


def _known(connection: Connection, schedule: Schedule, due: _Due) -> set[datetime]:
    """Those that have a row: a clock was set back, or the schedule was changed."""
    every = due.late + due.on_time
    if not every:
        return set()
    row = schedule_times.c
    query = select(row.logical_at).where(row.schedule_id == schedule.id, row.logical_at.between(every[0], every[-1]))
    return set(connection.execute(query).scalars())


def _caught_up(schedule: Schedule, late: list[datetime], on_time: list[datetime]) -> list[datetime]:
    """Which of the times missed are run after all. A run on time makes up for the last one as well."""
    if schedule.catch_up == "all":
        return late[-MOST_CAUGHT_UP:]
    return late[-1:] if schedule.catch_up == "last" and not on_time else []


def _arrive(connection: Connection, schedule: Schedule, at: datetime, now: datetime) -> None:
    """A time that has come: it waits for its turn, which is at once where nothing of the schedule goes on."""
    waiting = schedule_runs.waiting(connection, schedule.id)
    is_busy = bool(waiting) or schedule_runs.goes_on(connection, schedule.id)
    if is_busy and (schedule.overlap == "skip" or len(waiting) >= MOST_WAITING):
        _write(connection, schedule, [at], "skipped", now, SKIPPED)
        return
    if is_busy and schedule.overlap == "replace":
        schedule_runs.stop(connection, schedule.id)
    _write(connection, schedule, [at], "waiting", now)


def _write_missed(connection: Connection, schedule: Schedule, missed: list[datetime], now: datetime) -> None:
    told = [] if len(missed) >= MOST_AT_ONCE else missed[-MOST_MISSED_ROWS:]
    others = missed[: len(missed) - len(told)]
    if others:
        details = {"count": len(others), "until": others[-1].strftime("%Y-%m-%d %H:%M UTC")}
        _write(connection, schedule, others[:1], "missed", now, MANY_MISSED, **details)
    _write(connection, schedule, told, "missed", now, MISSED)


def _write(
    connection: Connection, schedule: Schedule, logical: list[datetime], state: str, now: datetime, key: str = "",
    **details: Any,
) -> None:  # fmt: skip
    row = {"owner": schedule.owner, "schedule_id": schedule.id, "state": state, "created_at": now}
    if key:
        row["reason"] = {"key": key, "details": details}
    if logical:
        connection.execute(insert(schedule_times), [{**row, "logical_at": at} for at in logical])
