"""The runs of schedules: one at a time for each schedule, in the name of its owner, with the time they are for.

A time waits in `schedule_times` until the run before has ended; what starts it writes row and job in one transaction.
A chain is decided on first and started afterwards: its key keeps it from running twice where that is interrupted.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, exists, insert, or_, select, update

from core.errors import BadInput, Conflict, NotAllowed, NotFound, WorkbenchError
from core.jobs.job import Job, Plan
from core.jobs.notebooks.catalogue import describe
from core.jobs.owners import principal_of
from core.jobs.records import prepared, queue_prepared
from core.jobs.schedules.cron_times import logical_date
from core.jobs.schedules.history import LIVE, ScheduledTime, times
from core.jobs.schedules.notices import tell_refused
from core.jobs.schedules.schedules import LOGICAL_DATE, Schedule, check_work, get
from core.jobs.states import change_state
from core.security.policy import Permission, Principal, require
from core.storage.audit import note
from core.storage.database import reading, utc_now, writing
from core.storage.job_tables import chain_runs, schedule_times, schedules
from core.storage.tables import jobs

REFUSALS = (BadInput, NotAllowed, NotFound, Conflict)
REPLACED = "schedules.replaced"
REMOVED = "schedules.was_removed"
_ROW = schedule_times.c


def run_now(schedule_id: str, *, principal: Principal, now: datetime | None = None) -> ScheduledTime:
    """Run it once more, at this moment and for this moment, in the name of its owner; also while it is paused.

    Raises NotFound, NotAllowed and BadInput, also where the owner may not run it any more.
    """
    require(principal, Permission.JOBS_SUBMIT)
    schedule, now = get(schedule_id, principal=principal), now or utc_now()
    if schedule.removed_at is not None:
        raise NotFound("schedules.no_such_schedule", id=schedule_id)
    owner = principal_of(schedule.owner)
    values = _prepared(schedule, now, owner)
    row = {"owner": schedule.owner, "schedule_id": schedule.id, "logical_at": now, "created_at": now}
    state = {"state": "starting"} if values is None else {"state": "submitted", "job_id": values["id"]}
    with writing() as connection:
        connection.execute(insert(schedule_times).values(**row, **state))
        if values is not None:
            queue_prepared(connection, values, owner)
        note(connection, principal, "schedule.started", schedule.id, name=schedule.name, runs=schedule.what)
    start_chains(schedule.id)
    return next(one for one in times(schedule.id, principal=principal) if one.logical_at == now)


def waiting(connection: Connection, schedule_id: str) -> Sequence[Any]:
    """The rows of times that wait for the run before, oldest first."""
    query = select(_ROW.id, _ROW.logical_at).where(_ROW.schedule_id == schedule_id, _ROW.state == "waiting")
    return connection.execute(query.order_by(_ROW.logical_at)).all()


def goes_on(connection: Connection, schedule_id: str) -> bool:
    """Whether a run of this schedule is queued or running, a further attempt included."""
    of_jobs = select(jobs.c.id).where(jobs.c.schedule_id == schedule_id, jobs.c.state.in_(LIVE))
    of_chains = select(chain_runs.c.id).where(chain_runs.c.schedule_id == schedule_id, chain_runs.c.state == "running")
    starting = select(_ROW.id).where(_ROW.schedule_id == schedule_id, _ROW.state == "starting")
    return bool(connection.execute(select(or_(exists(of_jobs), exists(of_chains), exists(starting)))).scalar())


def stop(connection: Connection, schedule_id: str) -> None:
    """Have what runs of a schedule end, and what waits not begin: a later time takes their place."""
    _skip_waiting(connection, schedule_id, REPLACED)
    of_chains = select(chain_runs.c.id).where(chain_runs.c.schedule_id == schedule_id)
    mine = or_(jobs.c.schedule_id == schedule_id, jobs.c.chain_run_id.in_(of_chains))
    live = connection.execute(select(jobs).where(mine, jobs.c.state.in_(LIVE))).mappings().all()
    for job in (Job(**row) for row in live):
        if not change_state(connection, job, "cancelled", expected=("queued",)):
            running = jobs.c.id == job.id, jobs.c.state == "running"
            connection.execute(update(jobs).where(*running).values(cancel_requested=1))


def start_waiting() -> int:
    """Start what waited for a run that has ended meanwhile; how many were started. Called at each sweep."""
    with reading() as connection:
        ids = set(connection.execute(select(_ROW.schedule_id).where(_ROW.state == "waiting")).scalars())
        free = [one for one in ids if not goes_on(connection, one)]
        has_chains = bool(connection.execute(select(exists().where(_ROW.state == "starting"))).scalar())
    started = 0
    for schedule_id in free:
        with writing() as connection:
            held = select(schedules).where(schedules.c.id == schedule_id).with_for_update()
            schedule = Schedule(**connection.execute(held).mappings().one())
            if schedule.removed_at is not None:
                _skip_waiting(connection, schedule_id, REMOVED)
            elif schedule.paused_at is None:
                started += start_next(connection, schedule)
        has_chains = has_chains or schedule.chain is not None
    if has_chains:
        start_chains()
    return started


def start_next(connection: Connection, schedule: Schedule) -> int:
    """Start the time that has waited longest, where no run goes on: 1, else 0. The caller holds the schedule.

    Times that may not be run are refused on the way; the owner is told once.
    """
    if goes_on(connection, schedule.id):
        return 0
    for row in waiting(connection, schedule.id):
        try:
            owner = principal_of(schedule.owner)
            values = _prepared(schedule, row.logical_at, owner)
        except REFUSALS as error:
            _refuse(connection, schedule, row.id, error)
            continue
        state = {"state": "starting"} if values is None else {"state": "submitted", "job_id": values["id"]}
        _set(connection, row.id, "waiting", **state)
        if values is not None:
            queue_prepared(connection, values, owner)
        return 1
    return 0


def start_chains(schedule_id: str | None = None) -> None:
    """Start the chains that were decided on, of one schedule or of all: each once, whoever else does so now."""
    query = select(_ROW.id, _ROW.logical_at, schedules).join(schedules, schedules.c.id == _ROW.schedule_id)
    query = query.where(_ROW.state == "starting").order_by(_ROW.logical_at)
    if schedule_id is not None:
        query = query.where(_ROW.schedule_id == schedule_id)
    columns = [column.name for column in schedules.c]
    with reading() as connection:
        decided = [
            (row[0], row[1], Schedule(**dict(zip(columns, row[2:], strict=True)))) for row in connection.execute(query)
        ]
    for row_id, at, schedule in decided:
        try:
            run_id = _start_chain(schedule, at)
        except REFUSALS as error:
            with writing() as connection:
                _refuse(connection, schedule, row_id, error)
        else:
            with writing() as connection:
                _set(connection, row_id, "starting", state="submitted", chain_run_id=run_id)


def _start_chain(schedule: Schedule, at: datetime) -> str:
    from core.jobs.chains import chain_runs as running
    from core.jobs.chains.chains import describe as describe_chain

    given = _with_date(schedule, describe_chain(schedule.chain or "").parameters, at)
    started = running.start(
        schedule.chain or "",
        given,
        principal=principal_of(schedule.owner),
        idempotency_key=_key(schedule, at),
        schedule_id=schedule.id,
        logical_at=at,
    )
    return started.id


def _prepared(schedule: Schedule, at: datetime, owner: Principal) -> dict[str, Any] | None:
    """The job for one time, checked; None for a chain, which is checked as well."""
    if schedule.notebook is None:
        check_work(None, schedule.chain, schedule.parameters, owner)
        return None
    plan = Plan(
        most_attempts=schedule.most_attempts, backoff_s=schedule.backoff_s, schedule_id=schedule.id, logical_at=at
    )
    given = _with_date(schedule, describe(schedule.notebook).parameters, at)
    return prepared(schedule.notebook, given, principal=owner, idempotency_key=_key(schedule, at), plan=plan)


def _with_date(schedule: Schedule, declared: Sequence[Any], at: datetime) -> dict[str, Any]:
    wants = any(one.name == LOGICAL_DATE and one.type == "str" for one in declared)
    date = {LOGICAL_DATE: logical_date(at, schedule.time_zone)} if wants else {}
    return {**schedule.parameters, **date}


def _key(schedule: Schedule, at: datetime) -> str:
    return f"schedule:{schedule.id}:{at.isoformat()}"


def _refuse(connection: Connection, schedule: Schedule, row_id: int, error: WorkbenchError) -> None:
    before = select(_ROW.state).where(_ROW.schedule_id == schedule.id, _ROW.state.in_(("submitted", "refused")))
    last = connection.execute(before.order_by(_ROW.logical_at.desc()).limit(1)).scalar()
    details = {
        name: value if isinstance(value, int | float | str) else str(value) for name, value in error.details.items()
    }
    reason = {"key": error.key, "details": details}
    connection.execute(update(schedule_times).where(_ROW.id == row_id).values(state="refused", reason=reason))
    if last != "refused":  # one message, not one for each time
        tell_refused(connection, schedule, error)


def _skip_waiting(connection: Connection, schedule_id: str, key: str) -> None:
    mine = _ROW.schedule_id == schedule_id, _ROW.state == "waiting"
    reason = {"key": key, "details": {}}
    connection.execute(update(schedule_times).where(*mine).values(state="skipped", reason=reason))


def _set(connection: Connection, row_id: int, expected: str, **values: Any) -> None:
    mine = _ROW.id == row_id, _ROW.state == expected
    connection.execute(update(schedule_times).where(*mine).values(**values))
