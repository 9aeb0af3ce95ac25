"""Runs of chains: started once for a key, cancelled, taken up again where they failed, and carried on by dispatchers.

The steps of a run are those of the file when it was started. All that is known lies in the database, so any dispatcher
goes on where another stopped. How one step follows another stands in `core.jobs.chains.steps`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from core.errors import Conflict
from core.jobs import records
from core.jobs.chains import chains
from core.jobs.chains import steps as chain_steps
from core.jobs.chains.records import BAD, RETRYABLE, ChainRun, get_chain_run
from core.security.policy import Permission, Principal, require
from core.storage.audit import note
from core.storage.database import reading, utc_now, writing
from core.storage.job_tables import chain_runs
from core.storage.job_tables import chain_steps as rows_of_steps
from core.telemetry.logs import get_logger

LOOKS = 5  # at what still runs of a run that is cancelled

log = get_logger("chains")


def start(
    chain: str,
    parameters: Mapping[str, Any],
    *,
    principal: Principal,
    idempotency_key: str | None = None,
    schedule_id: str | None = None,
    logical_at: datetime | None = None,
    fresh: bool = False,
) -> ChainRun:
    """Begin a run; its first steps are queued by the next `advance`.

    The same key again returns the run that goes on or has succeeded under it; after a failed or cancelled one it begins
    a new run. fresh: no earlier result is reused. Raises NotFound, NotAllowed and BadInput before anything is stored.
    """
    described = chains.describe(chain)
    require(principal, Permission.JOBS_SUBMIT)
    values = chains.validate(described, parameters, principal=principal)
    steps = chains.filled_steps(described, values)
    run_id = str(uuid4())
    row = {
        "id": run_id,
        "owner": principal.id,
        "chain": chain,
        "parameters": values,
        "definition": {"fresh": fresh, "steps": [{**asdict(one), "needs": list(one.needs)} for one in steps]},
        "state": "running",
        "idempotency_key": idempotency_key,
        "active_key": _active_key(principal.id, idempotency_key),
        "schedule_id": schedule_id,
        "logical_at": logical_at,
        "created_at": utc_now(),
    }
    about = {"owner": principal.id, "chain_run_id": run_id, "state": "waiting"}
    waiting = [
        {**about, "name": one.name, "position": place, "notebook": one.notebook} for place, one in enumerate(steps)
    ]
    try:
        with writing() as connection:
            connection.execute(insert(chain_runs).values(**row))
            connection.execute(insert(rows_of_steps), waiting)
            note(connection, principal, "chain.started", run_id, chain=chain)
    except IntegrityError:
        with reading() as connection:
            query = select(chain_runs.c.id).where(chain_runs.c.active_key == row["active_key"])
            found = connection.execute(query).scalar()
        if found is None:  # it ended between our insert and our look
            return start(
                chain, parameters, principal=principal, idempotency_key=idempotency_key, schedule_id=schedule_id,
                logical_at=logical_at, fresh=fresh,
            )  # fmt: skip
        return get_chain_run(found, principal=principal)
    return get_chain_run(run_id, principal=principal)


def cancel(run_id: str, *, principal: Principal) -> ChainRun:
    """Let nothing more begin, and ask what runs to stop; the run ends once all of it has."""
    require(principal, Permission.JOBS_SUBMIT)
    run = get_chain_run(run_id, principal=principal)
    if run.has_ended:
        return run
    with writing() as connection:
        own = rows_of_steps.c.chain_run_id == run_id
        waiting = update(rows_of_steps).where(own, rows_of_steps.c.state == "waiting")
        connection.execute(waiting.values(state="cancelled", finished_at=utc_now()))
        note(connection, principal, "chain.cancelled", run_id, chain=run.chain)
    for _ in range(LOOKS):  # what began meanwhile is among them, and the next attempt of what just failed
        chain_steps.carry_on(run_id)
        run = get_chain_run(run_id, principal=principal)
        going_on = [step.job for step in run.steps if step.state == "running" and step.job is not None]
        unasked = [job for job in going_on if not job.has_ended and not job.cancel_requested]
        if not unasked:
            break
        for job in unasked:
            records.cancel(job.id, principal=principal)
    return run


def retry(run_id: str, *, principal: Principal) -> ChainRun:
    """Take a failed or cancelled run up again: what has not succeeded waits anew, the rest keeps its result.

    A run that goes on already is returned as it is. Raises Conflict for one that has succeeded.
    """
    run = get_chain_run(run_id, principal=principal)
    require(principal, Permission.JOBS_SUBMIT)
    if run.state == "succeeded":
        raise Conflict("chains.not_retryable")
    with writing() as connection:
        again = update(chain_runs).where(chain_runs.c.id == run_id, chain_runs.c.state.in_(RETRYABLE))
        key = _active_key(run.owner, run.idempotency_key)
        if connection.execute(select(chain_runs.c.id).where(chain_runs.c.active_key == key)).first():
            key = None  # another run was begun under it since
        taken = connection.execute(again.values(state="running", finished_at=None, active_key=key)).rowcount == 1
        if taken:
            own = rows_of_steps.c.chain_run_id == run_id
            # The job stays with the step: the next one is another attempt of it, and goes on from its checkpoints.
            undone = update(rows_of_steps).where(own, rows_of_steps.c.state.in_(BAD))
            connection.execute(undone.values(state="waiting", finished_at=None, error=None, fingerprint=None))
            note(connection, principal, "chain.retried", run_id, chain=run.chain)
    return get_chain_run(run_id, principal=principal)


def advance() -> None:
    """Carry on every run that goes on, as far as it can; any number of dispatchers may do so at once."""
    with reading() as connection:
        query = select(chain_runs.c.id).where(chain_runs.c.state == "running").order_by(chain_runs.c.created_at)
        found = connection.execute(query).scalars().all()
    for run_id in found:
        try:
            chain_steps.carry_on(run_id)
        except chain_steps.REFUSED as error:  # of one run; the others go on
            log.warning("chain_waits", chain_run_id=run_id, reason=error.code)


def _active_key(owner: str, key: str | None) -> str | None:
    return f"{owner}:{key}" if key else None
