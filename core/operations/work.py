"""What is being done: the queue, what runs with its sign of life, what comes when, and rounds beside the jobs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import func, select

from core.jobs.schedules.due import TOLERANCE
from core.jobs.schedules.history import Standing, standings
from core.jobs.schedules.schedules import Schedule
from core.operations.clock import age_s
from core.security.policy import Permission, Principal, require
from core.storage.database import reading, utc_now
from core.storage.job_tables import schedules
from core.storage.operator_tables import periodic_rounds
from core.storage.tables import jobs

LATELY = timedelta(days=1)
MISSED_PERIODS = 3  # of a round that has not begun for so long nobody knows whether it ever will
GRACE_S = 60.0  # rounds begin after pages and API


@dataclass(frozen=True)
class RunningJob:
    """heartbeat_age_s: since its runner last gave a sign of life; None before the first. fraction: 0..1."""

    id: str
    owner: str
    notebook: str
    step: str
    fraction: float
    attempt: int
    host: str | None
    started_at: datetime | None
    heartbeat_age_s: float | None


@dataclass(frozen=True)
class WaitingJob:
    id: str
    owner: str
    notebook: str
    created_at: datetime
    waits_s: float


@dataclass(frozen=True)
class Queue:
    """by_state: every job there is. oldest_wait_s: None where nothing waits. ended_lately, failed_lately: of LATELY."""

    by_state: dict[str, int]
    waiting: tuple[WaitingJob, ...]
    running: tuple[RunningJob, ...]
    oldest_wait_s: float | None
    ended_lately: int
    failed_lately: int


@dataclass(frozen=True)
class Timed:
    """A schedule of anybody. is_late: its time has come and no dispatcher has taken it, so that it will be missed."""

    schedule: Schedule
    standing: Standing
    is_late: bool


@dataclass(frozen=True)
class Round:
    """Work that repeats. ended_at: of the round before, while one is running. last_error: of the last failure.

    state: "waiting" between two rounds, "running", "failing" after a round that failed, "late" when none has begun
    for MISSED_PERIODS.
    """

    name: str
    every_s: float
    started_at: datetime
    ended_at: datetime | None
    failures: int
    last_error: str
    last_failure_at: datetime | None
    state: Literal["waiting", "running", "failing", "late"]
    since_s: float


def queue(*, principal: Principal) -> Queue:
    """The jobs of everybody. Raises NotAllowed."""
    require(principal, Permission.SYSTEM_READ)
    recent = jobs.c.finished_at >= utc_now() - LATELY
    order = jobs.c.created_at, jobs.c.id
    with reading() as connection:
        counts = connection.execute(select(jobs.c.state, func.count()).group_by(jobs.c.state)).all()
        ended = connection.execute(select(jobs.c.state, func.count()).where(recent).group_by(jobs.c.state)).all()
        waiting = connection.execute(select(jobs).where(jobs.c.state == "queued").order_by(*order).limit(100)).all()
        running = connection.execute(select(jobs).where(jobs.c.state == "running").order_by(*order).limit(100)).all()
    waits = tuple(WaitingJob(row.id, row.owner, row.notebook, row.created_at, age_s(row.created_at)) for row in waiting)
    alive = tuple(
        RunningJob(
            row.id, row.owner, row.notebook, row.step, row.fraction, row.attempt, row.host, row.started_at,
            None if row.heartbeat_at is None else age_s(row.heartbeat_at),
        )
        for row in running
    )  # fmt: skip
    lately: dict[str, int] = {row.state: row[1] for row in ended}
    return Queue(
        by_state={row.state: row[1] for row in counts}, waiting=waits, running=alive,
        oldest_wait_s=max((one.waits_s for one in waits), default=None),
        ended_lately=sum(lately.values()), failed_lately=lately.get("failed", 0) + lately.get("lost", 0),
    )  # fmt: skip


def timetable(*, principal: Principal) -> tuple[Timed, ...]:
    """The schedules of everybody, what is due first, paused ones last. Raises NotAllowed."""
    require(principal, Permission.SYSTEM_READ)
    columns = schedules.c
    query = select(schedules).where(columns.removed_at.is_(None))
    query = query.order_by(columns.next_at.is_(None), columns.next_at, columns.name, columns.id)
    with reading() as connection:
        found = [Schedule(**row) for row in connection.execute(query).mappings()]
    fares, late_since = standings(found), utc_now() - TOLERANCE
    return tuple(
        Timed(one, fares[one.id], is_late=one.next_at is not None and one.next_at < late_since) for one in found
    )


def rounds(*, principal: Principal) -> tuple[Round, ...]:
    """Every round that was ever begun here, by name. Raises NotAllowed."""
    require(principal, Permission.SYSTEM_READ)
    names = [name for name in Round.__dataclass_fields__ if name not in ("state", "since_s")]
    columns = [periodic_rounds.c[name] for name in names]
    with reading() as connection:
        rows = connection.execute(select(*columns).order_by(periodic_rounds.c.name)).mappings().all()
    found = []
    for row in rows:
        since_s = age_s(row["started_at"])
        state: Literal["waiting", "running", "failing", "late"] = "waiting"
        if since_s > MISSED_PERIODS * row["every_s"] + GRACE_S:
            state = "late"
        elif row["ended_at"] is None or row["ended_at"] < row["started_at"]:
            state = "running"
        elif row["failures"]:
            state = "failing"
        found.append(Round(**row, state=state, since_s=since_s))
    return tuple(found)
