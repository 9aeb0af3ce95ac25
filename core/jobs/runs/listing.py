"""Finding runs: by notebook, state, room, owner and what started them, page by page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import ColumnElement, func, select

from core.jobs.job import Job
from core.security.policy import Principal
from core.storage.database import reading
from core.storage.ownership import visible
from core.storage.tables import jobs

Origin = Literal["person", "schedule", "chain"]
ORIGINS: tuple[Origin, ...] = ("person", "schedule", "chain")
FACETS = ("notebook", "room", "owner")


@dataclass(frozen=True)
class RunSearch:
    """What a list of runs is narrowed to; empty lets all through.

    origin: what asked for them; a step of a chain that a schedule started counts as one of the chain.
    """

    notebook: str | None = None
    states: tuple[str, ...] = ()
    room: str | None = None
    owner: str | None = None
    origin: Origin | None = None
    schedule_id: str | None = None
    chain_run_id: str | None = None


ALL_RUNS = RunSearch()


def search_jobs(
    search: RunSearch = ALL_RUNS, *, principal: Principal, limit: int = 100, offset: int = 0
) -> tuple[Job, ...]:
    """Visible jobs that the search lets through, newest first."""
    query = select(jobs).where(*_conditions(search, principal)).order_by(jobs.c.created_at.desc(), jobs.c.id)
    with reading() as connection:
        return tuple(Job(**row) for row in connection.execute(query.limit(limit).offset(offset)).mappings())


def count_jobs(search: RunSearch = ALL_RUNS, *, principal: Principal) -> int:
    """How many there are."""
    query = select(func.count()).select_from(jobs).where(*_conditions(search, principal))
    with reading() as connection:
        return int(connection.execute(query).scalar_one())


def known_values(*, principal: Principal) -> dict[str, tuple[str, ...]]:
    """What visible jobs can be narrowed to: values of notebook, room and owner, sorted."""
    found: dict[str, tuple[str, ...]] = {}
    with reading() as connection:
        for name in FACETS:
            query = select(jobs.c[name]).where(visible(jobs, principal)).distinct()
            found[name] = tuple(sorted(connection.execute(query).scalars()))
    return found


def _conditions(search: RunSearch, principal: Principal) -> list[ColumnElement[bool]]:
    conditions = [visible(jobs, principal)]
    for name in (*FACETS, "schedule_id", "chain_run_id"):
        value = getattr(search, name)
        if value is not None:
            conditions.append(jobs.c[name] == value)
    if search.states:
        conditions.append(jobs.c.state.in_(search.states))
    if search.origin == "chain":
        conditions.append(jobs.c.chain_run_id.is_not(None))
    elif search.origin == "schedule":
        conditions += [jobs.c.schedule_id.is_not(None), jobs.c.chain_run_id.is_(None)]
    elif search.origin == "person":
        conditions += [jobs.c.schedule_id.is_(None), jobs.c.chain_run_id.is_(None)]
    return conditions
