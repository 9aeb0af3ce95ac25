"""What is known of the runs of chains: a row for each, a row for each of its steps, and the jobs behind these.

A run: running -> succeeded | failed | cancelled, and back to running when it is taken up again.
A step: waiting -> running -> succeeded | failed | cancelled; waiting -> reused | failed | skipped | cancelled.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from core.errors import NotFound
from core.jobs.chains.checks import Step
from core.jobs.job import Job
from core.security.policy import Permission, Principal, require
from core.storage.database import reading, utc_now
from core.storage.job_tables import chain_runs, chain_steps
from core.storage.ownership import visible
from core.storage.tables import jobs

GOOD = ("succeeded", "reused")
BAD = ("failed", "skipped", "cancelled")
RETRYABLE = ("failed", "cancelled")


@dataclass(frozen=True)
class ChainStep:
    """A step of one run. parameters: filled in; None until it begins. job: its run, or the one that is reused.

    error: key and details of why it could not begin; what went wrong while it ran stands in the job.
    """

    name: str
    notebook: str
    needs: tuple[str, ...]
    state: str
    parameters: dict[str, Any] | None
    job_id: str | None
    fingerprint: str | None
    error: dict[str, Any] | None
    finished_at: datetime | None
    job: Job | None

    @property
    def has_ended(self) -> bool:
        return self.state in GOOD + BAD

    @property
    def seconds(self) -> float | None:
        """How long its own run took, or has taken so far [s]; None for a step that ran nothing."""
        return self.job.seconds if self.job is not None and self.state not in ("reused", "waiting") else None


@dataclass(frozen=True)
class ChainRun:
    """One run of a chain. steps: in the order they can run in. is_fresh: no earlier result is reused."""

    id: str
    owner: str
    chain: str
    parameters: dict[str, Any]
    state: str
    is_fresh: bool
    idempotency_key: str | None
    schedule_id: str | None
    logical_at: datetime | None
    created_at: datetime
    finished_at: datetime | None
    steps: tuple[ChainStep, ...]

    @property
    def has_ended(self) -> bool:
        return self.state != "running"

    @property
    def is_stopping(self) -> bool:
        """Whether somebody cancelled it and a step is not stopped yet."""
        return self.state == "running" and any(one.state == "cancelled" for one in self.steps)

    @property
    def seconds(self) -> float:
        """From when it was asked for until it ended, or until now [s]."""
        return ((self.finished_at or utc_now()) - self.created_at).total_seconds()

    def step(self, name: str) -> ChainStep:
        return next(one for one in self.steps if one.name == name)


def get_chain_run(run_id: str, *, principal: Principal) -> ChainRun:
    """Raises NotFound for an unknown run and for somebody else's."""
    require(principal, Permission.JOBS_READ)
    with reading() as connection:
        query = select(chain_runs).where(chain_runs.c.id == run_id, visible(chain_runs, principal))
        row = connection.execute(query).mappings().first()
        if row is None:
            raise NotFound("chains.no_such_run", id=run_id)
        return read_runs(connection, [row])[0]


def list_chain_runs(
    *, principal: Principal, chain: str | None = None, state: str | None = None, limit: int = 50, offset: int = 0
) -> tuple[ChainRun, ...]:
    """Visible runs, newest first."""
    require(principal, Permission.JOBS_READ)
    query = select(chain_runs).where(visible(chain_runs, principal))
    if chain is not None:
        query = query.where(chain_runs.c.chain == chain)
    if state is not None:
        query = query.where(chain_runs.c.state == state)
    query = query.order_by(chain_runs.c.created_at.desc(), chain_runs.c.id).limit(limit).offset(offset)
    with reading() as connection:
        return read_runs(connection, connection.execute(query).mappings().all())


def read_runs(connection: Connection, rows: Sequence[Mapping[Any, Any]]) -> tuple[ChainRun, ...]:
    """Rows of `chain_runs` with their steps and jobs."""
    ids = [row["id"] for row in rows]
    steps: dict[str, list[Mapping[Any, Any]]] = defaultdict(list)
    found = select(chain_steps).where(chain_steps.c.chain_run_id.in_(ids)).order_by(chain_steps.c.position)
    for step in connection.execute(found).mappings():
        steps[step["chain_run_id"]].append(step)
    wanted = [step["job_id"] for own in steps.values() for step in own if step["job_id"]]
    query = select(jobs).where(jobs.c.id.in_(wanted))
    known = {row["id"]: Job(**row) for row in connection.execute(query).mappings()}
    return tuple(_run(row, steps[row["id"]], known) for row in rows)


def defined_steps(definition: Mapping[str, Any]) -> dict[str, Step]:
    """The steps as they stand in the row of a run: the file may have changed since it began."""
    return {one["name"]: Step(**{**one, "needs": tuple(one["needs"])}) for one in definition["steps"]}


def _run(row: Mapping[Any, Any], steps: Sequence[Mapping[Any, Any]], known: Mapping[str, Job]) -> ChainRun:
    defined = defined_steps(row["definition"])
    kept = ("id", "owner", "chain", "parameters", "state", "idempotency_key", "schedule_id", "logical_at", "created_at")
    return ChainRun(
        **{name: row[name] for name in kept},
        finished_at=row["finished_at"],
        is_fresh=row["definition"]["fresh"],
        steps=tuple(_step(one, defined[one["name"]], known) for one in steps),
    )


def _step(row: Mapping[Any, Any], defined: Step, known: Mapping[str, Job]) -> ChainStep:
    kept = ("name", "notebook", "state", "parameters", "job_id", "fingerprint", "error", "finished_at")
    return ChainStep(**{name: row[name] for name in kept}, needs=defined.needs, job=known.get(row["job_id"] or ""))
