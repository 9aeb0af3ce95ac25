"""How far ingestions are, why they ended, and when one that runs will have ended at the pace it was measured at.

A run whose job was killed counts as failed, whatever its row still says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, and_, case, func, or_, select

from core.errors import NotFound
from core.jobs.job import ENDED
from core.knowledge.rights import visible_to
from core.security.policy import Permission, Principal, require
from core.storage import knowledge_tables, tables
from core.storage.database import reading, utc_now
from core.storage.ownership import visible

State = Literal["pending", "running", "completed", "partial", "failed", "cancelled"]
OVER: tuple[State, ...] = ("completed", "partial", "failed", "cancelled")
INGESTIONS, ITEMS, JOBS = knowledge_tables.ingestions, knowledge_tables.ingestion_items, tables.jobs


@dataclass(frozen=True)
class Problem:
    """Why a run failed. stage: where; key, details: of the message; name: of the file, empty for the whole run."""

    stage: str
    key: str
    details: Mapping[str, Any]
    name: str = ""


@dataclass(frozen=True)
class IngestionProgress:
    """One ingestion that was begun. fraction: 0..1. done, total: files.

    expected_end: None where nothing was finished yet in this run. updated_at: when anything of it last changed.
    """

    id: str
    owner: str
    collection_id: str
    source: str
    state: State
    stage: str
    is_stopping: bool
    fraction: float
    done: int
    failed: int
    total: int
    created_at: datetime
    started_at: datetime | None
    updated_at: datetime
    finished_at: datetime | None
    expected_end: datetime | None
    problem: Problem | None

    @property
    def is_over(self) -> bool:
        return self.state in OVER


@dataclass(frozen=True)
class ProgressPage:
    """Some of `total`, newest first."""

    entries: tuple[IngestionProgress, ...]
    total: int


def progress_of(ingestion_id: str, *, principal: Principal) -> IngestionProgress:
    """Of one's own; an admin's of anybody. Raises NotFound."""
    require(principal, Permission.KNOWLEDGE_READ)
    with reading() as connection:
        found = _found(connection, [INGESTIONS.c.id == ingestion_id, _mine(principal)], 1, 0)
    if not found:
        raise NotFound("knowledge.no_such_ingestion", id=ingestion_id[:80])
    return found[0]


def list_progress(*, owner: str, principal: Principal, limit: int, offset: int = 0) -> ProgressPage:
    """What somebody began; plans that were only looked at are left out."""
    require(principal, Permission.KNOWLEDGE_READ)
    conditions = [INGESTIONS.c.owner == owner, _mine(principal), was_begun()]
    with reading() as connection:
        total = connection.execute(select(func.count()).select_from(INGESTIONS).where(*conditions)).scalar_one()
        return ProgressPage(_found(connection, conditions, limit, offset), total)


def open_progress(ingestion_id: str, *, over_since_s: float) -> IngestionProgress:
    """For whoever holds the id, which nobody can guess: while it goes on, and `over_since_s` seconds after.

    It tells how far the run is and nothing of what it holds. Raises NotFound.
    """
    with reading() as connection:
        found = _found(connection, [INGESTIONS.c.id == ingestion_id, was_begun()], 1, 0)
    long_ago = utc_now() - timedelta(seconds=over_since_s)
    if not found or (found[0].is_over and (found[0].finished_at or found[0].updated_at) < long_ago):
        raise NotFound("knowledge.no_such_ingestion", id=ingestion_id[:80])
    return found[0]


def _mine(principal: Principal) -> ColumnElement[bool]:
    return and_(visible_to(principal, INGESTIONS.c.collection_id), visible(INGESTIONS, principal))


def was_begun() -> ColumnElement[bool]:
    """Whether an ingestion is more than a plan that somebody looked at."""
    return or_(INGESTIONS.c.job_id.is_not(None), INGESTIONS.c.started_at.is_not(None), INGESTIONS.c.state != "planned")


def _found(
    connection: Connection, conditions: Sequence[ColumnElement[bool]], limit: int, offset: int
) -> tuple[IngestionProgress, ...]:
    job = {name: JOBS.c[name].label(f"job_{name}") for name in ("state", "error", "started_at", "finished_at")}
    query = select(INGESTIONS, *job.values()).outerjoin_from(INGESTIONS, JOBS, JOBS.c.id == INGESTIONS.c.job_id)
    newest = query.where(*conditions).order_by(INGESTIONS.c.created_at.desc(), INGESTIONS.c.id)
    rows = connection.execute(newest.limit(limit).offset(offset)).mappings().all()
    ids = [row["id"] for row in rows]
    begun = func.coalesce(JOBS.c.started_at, INGESTIONS.c.started_at)
    in_this_run = and_(ITEMS.c.state.in_(("done", "failed")), ITEMS.c.updated_at >= begun)
    counted = (
        select(
            ITEMS.c.ingestion_id,
            func.count().label("total"),
            func.sum(case((ITEMS.c.state == "done", 1), else_=0)).label("done"),
            func.sum(case((ITEMS.c.state == "failed", 1), else_=0)).label("failed"),
            func.sum(case((in_this_run, 1), else_=0)).label("in_this_run"),
            func.max(ITEMS.c.updated_at).label("updated_at"),
            func.min(case((ITEMS.c.state == "failed", ITEMS.c.position))).label("first_failed"),
        )
        .join(INGESTIONS, INGESTIONS.c.id == ITEMS.c.ingestion_id)
        .outerjoin(JOBS, JOBS.c.id == INGESTIONS.c.job_id)
        .where(ITEMS.c.ingestion_id.in_(ids))
        .group_by(ITEMS.c.ingestion_id)
    )
    counts = {row["ingestion_id"]: row for row in connection.execute(counted).mappings()}
    places = [and_(ITEMS.c.ingestion_id == one, ITEMS.c.position == row["first_failed"]) for one, row in counts.items()]
    columns = (ITEMS.c.ingestion_id, ITEMS.c.stage, ITEMS.c.error, ITEMS.c.name)
    failed: dict[str, Any] = {}
    if places:
        failed = {
            row["ingestion_id"]: row for row in connection.execute(select(*columns).where(or_(*places))).mappings()
        }
    return tuple(_progress(row, counts.get(row["id"]), failed.get(row["id"])) for row in rows)


def _progress(row: Mapping[Any, Any], counts: Mapping[Any, Any] | None, failed: Mapping[Any, Any] | None) -> Any:
    state = state_of(row)
    known: Mapping[Any, Any] = counts or {"total": 0, "done": 0, "failed": 0, "in_this_run": 0, "updated_at": None}
    ended = row["finished_at"] or (row["job_finished_at"] if state in OVER else None)
    times = [row["created_at"], row["started_at"], ended, known["updated_at"]]
    left = known["total"] - known["done"] - known["failed"]
    begun = row["job_started_at"] or row["started_at"]
    return IngestionProgress(
        id=row["id"], owner=row["owner"], collection_id=row["collection_id"], source=row["source"], state=state,
        stage=row["stage"], is_stopping=bool(row["cancel_requested"]) and state == "running",
        fraction=0.0 if state == "pending" else row["fraction"], done=known["done"], failed=known["failed"],
        total=known["total"], created_at=row["created_at"], started_at=row["started_at"],
        updated_at=max(one for one in times if one is not None), finished_at=ended,
        expected_end=_expected_end(begun, known["in_this_run"], left) if state == "running" else None,
        problem=_problem(row, failed) if state == "failed" else None,
    )  # fmt: skip


def state_of(row: Mapping[Any, Any]) -> State:
    """From the ingestion's `state` and `cancel_requested`, and the `job_state` of the job that carries it out."""
    if row["state"] not in ("planned", "running"):
        ended: State = row["state"]
        return ended
    if row["job_state"] not in ENDED:
        # One that was left by a killed run and is gone on with waits for its new job.
        return "running" if row["state"] == "running" and row["job_state"] != "queued" else "pending"
    # The job is over and the ingestion is not: whoever carried it out was stopped.
    return "cancelled" if row["job_state"] == "cancelled" or row["cancel_requested"] else "failed"


def _expected_end(begun: datetime | None, finished: int, left: int) -> datetime | None:
    """At the pace of the files that this run has finished so far."""
    if begun is None or not finished:
        return None
    now = utc_now()
    return now + (now - begun) / finished * left


def _problem(row: Mapping[Any, Any], failed: Mapping[Any, Any] | None) -> Problem:
    if row["error"]:
        return Problem(row["error"].get("stage") or row["stage"], row["error"]["key"], row["error"]["details"])
    if row["state"] == "failed" and failed is not None and failed["error"]:
        return Problem(failed["stage"], failed["error"]["key"], failed["error"]["details"], failed["name"])
    if row["job_error"]:
        return Problem(row["stage"] or "initialization", row["job_error"]["key"], row["job_error"]["details"])
    return Problem(row["stage"] or "initialization", "jobs.runner_lost", {})
