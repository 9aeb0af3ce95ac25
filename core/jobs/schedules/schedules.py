"""Schedules: which notebook or chain is run when, with what, in whose name, and what happens where that goes wrong.

A schedule belongs to whoever made it and its runs are theirs; administrators may change it. What was due and what
became of it stands in `schedule_history`; `due` queues what is due.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Literal
from uuid import uuid4

from sqlalchemy import Connection, insert, select, update

from core.errors import BadInput, NotFound
from core.jobs.notebooks.catalogue import describe, validate
from core.jobs.schedules.cron_times import next_time, own_zone, plain_cron, zone_of
from core.security.policy import Permission, Principal, require
from core.storage.audit import note
from core.storage.database import reading, utc_now, writing
from core.storage.job_tables import schedules
from core.storage.ownership import visible

CatchUp = Literal["all", "last", "none"]
Overlap = Literal["skip", "queue", "replace"]
CATCH_UPS: tuple[CatchUp, ...] = ("all", "last", "none")
OVERLAPS: tuple[Overlap, ...] = ("skip", "queue", "replace")
LONGEST_NAME = 200
MOST_ATTEMPTS = 10
LONGEST_BACKOFF_S = 86_400.0
LOGICAL_DATE = "logical_date"  # a parameter of this name is filled in with the time that a run is for


@dataclass(frozen=True)
class Order:
    """What a schedule is to be. Exactly one of notebook and chain; parameters left out keep their defaults.

    catch_up: of times missed while nothing ran, run all, the last one, or none. overlap: while the run before goes
    on, skip the time, queue it, or stop that run and replace it. backoff_s: wait before the second attempt, doubled
    with each further one [s]; the steps of a chain have attempts and waits of their own.
    """

    name: str
    cron: str
    notebook: str | None = None
    chain: str | None = None
    parameters: Mapping[str, Any] | None = None
    time_zone: str = ""
    catch_up: CatchUp = "last"
    overlap: Overlap = "skip"
    most_attempts: int = 1
    backoff_s: float = 60.0


@dataclass(frozen=True)
class Schedule:
    """One row of the table. next_at: empty while it is paused, was removed, or has no time left."""

    id: str
    owner: str
    name: str
    notebook: str | None
    chain: str | None
    parameters: dict[str, Any]
    cron: str
    time_zone: str
    catch_up: CatchUp
    overlap: Overlap
    most_attempts: int
    backoff_s: float
    paused_at: datetime | None
    paused_by: str | None
    next_at: datetime | None
    created_at: datetime
    updated_at: datetime
    removed_at: datetime | None

    @property
    def what(self) -> str:
        """The notebook or chain it runs."""
        return self.notebook or self.chain or ""


def create(order: Order, *, principal: Principal, now: datetime | None = None) -> Schedule:
    """A new schedule of the principal, due from now on. Raises BadInput, NotFound, NotAllowed."""
    values = _checked(order, principal)
    now = now or utc_now()
    row = {
        "id": str(uuid4()), "owner": principal.id, **values, "created_at": now, "updated_at": now,
        "next_at": next_time(values["cron"], values["time_zone"], now),
    }  # fmt: skip
    with writing() as connection:
        connection.execute(insert(schedules).values(**row))
        _note(connection, principal, "schedule.created", row)
    return get(row["id"], principal=principal)


def change(schedule_id: str, order: Order, *, principal: Principal, now: datetime | None = None) -> Schedule:
    """Make a schedule what `order` says; it is due anew from now on. Raises as `create`, and for a removed one."""
    before = _open(schedule_id, principal)
    values, now = _checked(order, principal), now or utc_now()
    next_at = None if before.paused_at else next_time(values["cron"], values["time_zone"], now)
    with writing() as connection:
        _set(connection, before, now, **values, next_at=next_at)
        _note(connection, principal, "schedule.changed", {**values, "id": before.id})
    return get(schedule_id, principal=principal)


def pause(schedule_id: str, *, principal: Principal, now: datetime | None = None) -> Schedule:
    """Have nothing more queued; a run that goes on is left alone. Times until `resume` are not missed ones."""
    schedule, now = _open(schedule_id, principal), now or utc_now()
    if schedule.paused_at is None:
        with writing() as connection:
            _set(connection, schedule, now, paused_at=now, paused_by=principal.name or principal.id, next_at=None)
            _note(connection, principal, "schedule.paused", asdict(schedule))
    return get(schedule_id, principal=principal)


def resume(schedule_id: str, *, principal: Principal, now: datetime | None = None) -> Schedule:
    """Go on from now."""
    schedule, now = _open(schedule_id, principal), now or utc_now()
    if schedule.paused_at is not None:
        next_at = next_time(schedule.cron, schedule.time_zone, now)
        with writing() as connection:
            _set(connection, schedule, now, paused_at=None, paused_by=None, next_at=next_at)
            _note(connection, principal, "schedule.resumed", asdict(schedule))
    return get(schedule_id, principal=principal)


def remove(schedule_id: str, *, principal: Principal, now: datetime | None = None) -> Schedule:
    """Take it away; its history stays, and `restore` brings it back."""
    schedule, now = _open(schedule_id, principal), now or utc_now()
    with writing() as connection:
        _set(connection, schedule, now, removed_at=now, next_at=None)
        _note(connection, principal, "schedule.removed", asdict(schedule))
    return replace(schedule, removed_at=now, next_at=None)


def restore(schedule_id: str, *, principal: Principal, now: datetime | None = None) -> Schedule:
    """Bring a removed one back, due from now on."""
    require(principal, Permission.JOBS_SUBMIT)
    schedule, now = get(schedule_id, principal=principal), now or utc_now()
    if schedule.removed_at is not None:
        next_at = None if schedule.paused_at else next_time(schedule.cron, schedule.time_zone, now)
        with writing() as connection:
            _set(connection, schedule, now, removed_at=None, next_at=next_at)
            _note(connection, principal, "schedule.restored", asdict(schedule))
    return get(schedule_id, principal=principal)


def get(schedule_id: str, *, principal: Principal) -> Schedule:
    """Also a removed one. Raises NotFound for an unknown one and for somebody else's."""
    require(principal, Permission.JOBS_READ)
    query = select(schedules).where(schedules.c.id == schedule_id, visible(schedules, principal))
    with reading() as connection:
        row = connection.execute(query).mappings().first()
    if row is None:
        raise NotFound("schedules.no_such_schedule", id=schedule_id)
    return Schedule(**row)


def is_schedule(some_id: str) -> bool:
    """Whether an id, of what a notice tells of, is that of a schedule rather than a job."""
    with reading() as connection:
        return connection.execute(select(schedules.c.id).where(schedules.c.id == some_id)).first() is not None


def list_schedules(*, principal: Principal) -> tuple[Schedule, ...]:
    """One's own, an administrator's everybody's; what is due first comes first, paused ones last."""
    require(principal, Permission.JOBS_READ)
    query = select(schedules).where(schedules.c.removed_at.is_(None), visible(schedules, principal))
    query = query.order_by(schedules.c.next_at.is_(None), schedules.c.next_at, schedules.c.name, schedules.c.id)
    with reading() as connection:
        return tuple(Schedule(**row) for row in connection.execute(query).mappings())


def _open(schedule_id: str, principal: Principal) -> Schedule:
    """One that may be changed."""
    require(principal, Permission.JOBS_SUBMIT)
    schedule = get(schedule_id, principal=principal)
    if schedule.removed_at is not None:
        raise NotFound("schedules.no_such_schedule", id=schedule_id)
    return schedule


def _set(connection: Connection, schedule: Schedule, now: datetime, **values: Any) -> None:
    mine = schedules.c.id == schedule.id
    connection.execute(update(schedules).where(mine).values(updated_at=now, **values))


def _note(connection: Connection, principal: Principal, action: str, row: Mapping[str, Any]) -> None:
    details = {"name": row["name"], "runs": row["notebook"] or row["chain"], "cron": row["cron"]}
    note(connection, principal, action, row["id"], **details, time_zone=row["time_zone"])


def _checked(order: Order, principal: Principal) -> dict[str, Any]:
    """The columns that an order sets. Raises BadInput, NotFound, NotAllowed."""
    require(principal, Permission.JOBS_SUBMIT)
    name, given = order.name.strip(), dict(order.parameters or {})
    if not 0 < len(name) <= LONGEST_NAME:
        raise BadInput("schedules.bad_name", longest=LONGEST_NAME)
    if bool(order.notebook) is bool(order.chain):
        raise BadInput("schedules.notebook_or_chain")
    if order.catch_up not in CATCH_UPS:
        raise BadInput("schedules.bad_catch_up", value=str(order.catch_up)[:40], known=", ".join(CATCH_UPS))
    if order.overlap not in OVERLAPS:
        raise BadInput("schedules.bad_overlap", value=str(order.overlap)[:40], known=", ".join(OVERLAPS))
    if not 1 <= order.most_attempts <= MOST_ATTEMPTS:
        raise BadInput("schedules.bad_attempts", most=MOST_ATTEMPTS)
    if not 0 <= order.backoff_s <= LONGEST_BACKOFF_S:
        raise BadInput("schedules.bad_backoff", longest=f"{LONGEST_BACKOFF_S:g}")
    zone = order.time_zone or own_zone()
    zone_of(zone)
    plain_cron(order.cron)
    check_work(order.notebook, order.chain, given, principal)
    return {
        "name": name, "notebook": order.notebook or None, "chain": order.chain or None, "parameters": given,
        "cron": " ".join(order.cron.split()), "time_zone": zone, "catch_up": order.catch_up,
        "overlap": order.overlap, "most_attempts": order.most_attempts, "backoff_s": float(order.backoff_s),
    }  # fmt: skip


def check_work(notebook: str | None, chain: str | None, given: Mapping[str, Any], principal: Principal) -> None:
    """Whether the principal may run this with these values. Raises NotFound, NotAllowed, BadInput."""
    if notebook:
        described = describe(notebook)
        require(principal, described.permission)
        validate(described, given)
        return
    from core.jobs.chains import chains

    chains.validate(chains.describe(chain or ""), given, principal=principal)
