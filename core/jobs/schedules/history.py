"""What became of the times that were due: one row for each, with the run it led to and how that ended."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from core.jobs.schedules.schedules import Schedule, get
from core.security.policy import Principal
from core.storage.database import reading, utc_now
from core.storage.job_tables import chain_runs, schedule_times
from core.storage.tables import jobs

LATELY = timedelta(days=30)
MANY_MISSED = "schedules.many_missed"  # the reason of a row that stands for more than one time
LIVE = ("queued", "running")
JUDGED = ("submitted", "refused")


@dataclass(frozen=True)
class ScheduledTime:
    """One time that was due.

    state: waiting (for the run before), starting (a chain), submitted, missed, skipped, refused. outcome: state of
    the run, after the latest attempt; None where there is none. job_id, attempt: of that latest attempt.
    reason: key and details of a sentence, where nothing was run.
    """

    id: int
    schedule_id: str
    logical_at: datetime
    state: str
    outcome: str | None
    job_id: str | None
    chain_run_id: str | None
    attempt: int | None
    reason: dict[str, Any] | None
    created_at: datetime


@dataclass(frozen=True)
class Standing:
    """How a schedule fares. last: the newest time; missed: how many times were missed within LATELY."""

    last: ScheduledTime | None
    missed: int


def times(schedule_id: str, *, principal: Principal, limit: int = 100) -> tuple[ScheduledTime, ...]:
    """The times of one schedule, newest first. Raises NotFound, NotAllowed."""
    schedule = get(schedule_id, principal=principal)
    query = select(schedule_times).where(schedule_times.c.schedule_id == schedule.id)
    query = query.order_by(schedule_times.c.logical_at.desc(), schedule_times.c.id.desc()).limit(limit)
    with reading() as connection:
        return _with_outcomes(connection, connection.execute(query).mappings().all())


def failures_in_a_row(schedule_id: str, *, principal: Principal, of: int = 10) -> int | None:
    """How many of its newest times ended badly, one after another, at most `of`; None while none has ended.

    Badly: failed or lost after every attempt, or refused. A run that goes on is left out, as is what was not run.
    """
    ended = [one for one in times(schedule_id, principal=principal, limit=of) if one.outcome not in LIVE]
    judged = [one.state == "refused" or one.outcome in ("failed", "lost") for one in ended if one.state in JUDGED]
    return (judged.index(False) if False in judged else len(judged)) if judged else None


def standings(
    schedules: Iterable[Schedule], *, now: datetime | None = None, lately: timedelta = LATELY
) -> dict[str, Standing]:
    """How each of these schedules fares, by id. lately: over which missed times are counted."""
    ids = [one.id for one in schedules]
    row = schedule_times.c
    newest = select(row.schedule_id, func.max(row.logical_at).label("at")).where(row.schedule_id.in_(ids))
    found = newest.group_by(row.schedule_id).subquery()
    is_last = (row.schedule_id == found.c.schedule_id) & (row.logical_at == found.c.at)
    with reading() as connection:
        rows = connection.execute(select(schedule_times).join(found, is_last)).mappings().all()
        last = {one.schedule_id: one for one in _with_outcomes(connection, rows)}
        missed = _missed(connection, ids, (now or utc_now()) - lately)
    return {one: Standing(last.get(one), missed.get(one, 0)) for one in ids}


def _missed(connection: Connection, ids: Sequence[str], since: datetime) -> dict[str, int]:
    row = schedule_times.c
    lately = row.schedule_id.in_(ids), row.state == "missed", row.created_at >= since
    query = select(row.schedule_id, func.count()).where(*lately).group_by(row.schedule_id)
    counts: dict[str, int] = {one.schedule_id: one[1] for one in connection.execute(query)}
    many = select(row.schedule_id, row.reason).where(*lately, row.reason["key"].as_string() == MANY_MISSED)
    for one in connection.execute(many):
        counts[one.schedule_id] += int(one.reason["details"]["count"]) - 1
    return counts


def _with_outcomes(connection: Connection, rows: Sequence[Any]) -> tuple[ScheduledTime, ...]:
    """Rows of the table with how the runs of them ended; a further attempt is a job of its own."""
    run = {(row["schedule_id"], row["logical_at"]) for row in rows if row["job_id"]}
    columns = jobs.c.id, jobs.c.schedule_id, jobs.c.logical_at, jobs.c.state, jobs.c.attempt
    latest: dict[tuple[str, datetime], Any] = {}
    if run:
        of_these = jobs.c.schedule_id.in_({one for one, _ in run}), jobs.c.logical_at.in_({at for _, at in run})
        for one in connection.execute(select(*columns).where(*of_these).order_by(jobs.c.attempt, jobs.c.created_at)):
            latest[one.schedule_id, one.logical_at] = one
    of_chains = [row["chain_run_id"] for row in rows if row["chain_run_id"]]
    query = select(chain_runs.c.id, chain_runs.c.state).where(chain_runs.c.id.in_(of_chains))
    chains: dict[str, str] = {one.id: one.state for one in connection.execute(query)} if of_chains else {}
    found = []
    for row in rows:
        job = latest.get((row["schedule_id"], row["logical_at"]))
        outcome = job.state if job is not None else chains.get(row["chain_run_id"] or "")
        found.append(
            ScheduledTime(
                row["id"], row["schedule_id"], row["logical_at"], row["state"], outcome,
                job.id if job is not None else row["job_id"], row["chain_run_id"],
                job.attempt if job is not None else None, row["reason"], row["created_at"],
            )
        )  # fmt: skip
    return tuple(found)
