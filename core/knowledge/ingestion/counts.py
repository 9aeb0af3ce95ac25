"""Counts of ingestions as the database has them now, and whether what carries them out seems to work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from statistics import mean

from sqlalchemy import func, select

from core.errors import Unavailable
from core.knowledge.ingestion.progress import State, state_of, was_begun
from core.knowledge.rights import visible_to
from core.security.policy import Permission, Principal, require
from core.storage import knowledge_tables, tables
from core.storage.database import reading, utc_now
from core.storage.ownership import only_owner, visible

PATIENCE_S = 300.0  # a run that waits longer has nobody to take it up
NEWEST = 500  # ended runs that the mean duration is taken over
INGESTIONS, JOBS = knowledge_tables.ingestions, tables.jobs
EMBEDDING = "embedding_generation"


@dataclass(frozen=True)
class RunCounts:
    """Runs by state. success_rate: share of those that ended and were not cancelled, 0..1; None where none did.

    mean_s: how long the newest ended ones took, None where none ended. of_everybody: whether other people's count.
    """

    states: dict[State, int]
    success_rate: float | None
    mean_s: float | None
    of_everybody: bool


@dataclass(frozen=True)
class PipelineHealth:
    """is_taken_up: nothing waits for long. encoder_failed: the newest run that ended stopped at its vectors."""

    database: Unavailable | None
    is_taken_up: bool | None
    encoder_failed: bool | None


def count_runs(*, principal: Principal) -> RunCounts:
    """One's own runs, an admin's everybody's."""
    require(principal, Permission.KNOWLEDGE_READ)
    mine = (visible_to(principal, INGESTIONS.c.collection_id), visible(INGESTIONS, principal), was_begun())
    columns = (INGESTIONS.c.state, JOBS.c.state.label("job_state"), INGESTIONS.c.cancel_requested)
    query = select(*columns, func.count().label("count")).outerjoin_from(
        INGESTIONS, JOBS, JOBS.c.id == INGESTIONS.c.job_id
    )
    ended = select(INGESTIONS.c.started_at, INGESTIONS.c.finished_at).where(
        *mine, INGESTIONS.c.started_at.is_not(None), INGESTIONS.c.finished_at.is_not(None)
    )
    states: dict[State, int] = dict.fromkeys(("pending", "running", "completed", "partial", "failed", "cancelled"), 0)
    with reading() as connection:
        for row in connection.execute(query.where(*mine).group_by(*columns)).mappings():
            states[state_of(row)] += row["count"]
        times = connection.execute(ended.order_by(INGESTIONS.c.finished_at.desc()).limit(NEWEST)).all()
    good, bad = states["completed"] + states["partial"], states["failed"]
    return RunCounts(
        states,
        good / (good + bad) if good + bad else None,
        mean((one.finished_at - one.started_at).total_seconds() for one in times) if times else None,
        only_owner(principal) is None,
    )


def pipeline_health() -> PipelineHealth:
    """Found by looking at what happened; it names no run and nobody."""
    newest = (
        select(INGESTIONS.c.state, INGESTIONS.c.stage)
        .where(INGESTIONS.c.state.in_(("completed", "partial", "failed")))
        .order_by(INGESTIONS.c.finished_at.desc())
        .limit(1)
    )
    waiting = select(func.min(JOBS.c.created_at)).join(INGESTIONS, INGESTIONS.c.job_id == JOBS.c.id)
    try:
        with reading() as connection:
            last = connection.execute(newest).first()
            oldest = connection.execute(waiting.where(JOBS.c.state == "queued")).scalar()
    except Unavailable as error:
        return PipelineHealth(error, None, None)
    is_taken_up = oldest is None or oldest > utc_now() - timedelta(seconds=PATIENCE_S)
    return PipelineHealth(None, is_taken_up, last is not None and last.state == "failed" and last.stage == EMBEDDING)
