"""How a run of a chain goes on: what its jobs came to is taken over, what can begin begins, what cannot is skipped.

Every change is one conditional UPDATE, and a step begins in the same transaction as its job: of many dispatchers one
does it, and a dispatcher that dies leaves nothing half begun.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import exists, select, update

from core.errors import BadInput, Conflict, NotAllowed, NotFound, WorkbenchError
from core.jobs import records
from core.jobs.chains.checks import Step
from core.jobs.chains.fingerprints import fingerprint_of
from core.jobs.chains.records import BAD, GOOD, ChainRun, ChainStep, defined_steps, read_runs
from core.jobs.chains.references import Reference, reference_in, value_of
from core.jobs.chains.reuse import find_reusable
from core.jobs.end_notices import queue_notices
from core.jobs.job import Job, Plan
from core.jobs.owners import principal_of
from core.security.policy import Principal, Role
from core.storage.database import reading, utc_now, writing
from core.storage.job_tables import chain_runs, chain_steps
from core.storage.tables import jobs

REFUSED = (BadInput, Conflict, NotAllowed, NotFound)  # what no later look mends
OF_A_JOB = {"succeeded": "succeeded", "cancelled": "cancelled", "failed": "failed", "lost": "failed"}


def carry_on(run_id: str) -> None:
    """Take one run as far as it can go now. A run that has ended stays as it is."""
    while True:
        found = _read(run_id)
        if found is None or not _take_steps(*found):
            return


def _read(run_id: str) -> tuple[ChainRun, dict[str, Step]] | None:
    """A run that goes on, with its steps as they were defined."""
    with reading() as connection:
        query = select(chain_runs).where(chain_runs.c.id == run_id, chain_runs.c.state == "running")
        row = connection.execute(query).mappings().first()
        return None if row is None else (read_runs(connection, [row])[0], defined_steps(row["definition"]))


def _take_steps(run: ChainRun, defined: Mapping[str, Step]) -> bool:
    """One look at every step; whether anything changed, so that another look may find more."""
    if all(step.has_ended for step in run.steps):
        _end(run)
        return False
    changed = False
    for step in run.steps:
        needed = [run.step(name).state for name in step.needs]
        if step.state == "running":
            changed |= _follow_job(run, step, defined[step.name])
        elif step.state == "waiting" and any(state in BAD for state in needed):
            changed |= _skip(run, step)
        elif step.state == "waiting" and all(state in GOOD for state in needed):
            changed |= _begin(run, step, defined[step.name])
    return changed


def _follow_job(run: ChainRun, step: ChainStep, defined: Step) -> bool:
    """Take over what the step's job came to; a next attempt takes the place of the one before."""
    job = step.job
    if job is None:  # its row was taken out of the database
        error = {"key": "jobs.no_such_job", "details": {"id": step.job_id or ""}}
        return _move(run, step, "running", "failed", error=error, finished_at=utc_now())
    if not job.has_ended:
        return False
    if (following := _next_attempt(job)) is not None:
        if job.cancel_requested and not following.has_ended:  # it failed before it could be stopped
            records.cancel(following.id, principal=Principal(run.owner, Role.ANALYST))
        return _move(run, step, "running", "running", job_id=following.id)
    state = OF_A_JOB[job.state]
    values: dict[str, Any] = {"finished_at": job.finished_at or utc_now()}
    if state == "succeeded" and step.fingerprint is not None:
        # What changed while it ran may have gone into its result, or not.
        values["fingerprint"] = step.fingerprint if _is_unchanged(run, step, defined) else None
    return _move(run, step, "running", state, **values)


def _is_unchanged(run: ChainRun, step: ChainStep, defined: Step) -> bool:
    try:
        return _fingerprint(run, step, defined, principal_of(run.owner)) == step.fingerprint
    except REFUSED:  # the owner's account is gone since
        return False


def _next_attempt(job: Job) -> Job | None:
    query = select(jobs).where(jobs.c.retry_of == job.id).order_by(jobs.c.created_at.desc()).limit(1)
    with reading() as connection:
        row = connection.execute(query).mappings().first()
    return None if row is None else Job(**row)


def _begin(run: ChainRun, step: ChainStep, defined: Step) -> bool:
    """Reuse an earlier result, or queue the step's job; a step that is refused has failed, with the reason."""
    try:
        principal = principal_of(run.owner)
        parameters = _filled(run, defined)
        plan = Plan(
            most_attempts=defined.most_attempts + (step.job.attempt if step.job else 0),
            backoff_s=defined.backoff_s,
            chain_run_id=run.id,
            schedule_id=run.schedule_id,
            logical_at=run.logical_at,
        )
        values = records.prepared(defined.notebook, parameters, principal=principal, retry_of=step.job, plan=plan)
    except REFUSED as error:
        told = {"key": error.key, "details": _plain(error)}
        return _move(run, step, "waiting", "failed", error=told, finished_at=utc_now())
    parameters = values["parameters"]
    fingerprint = _fingerprint(run, step, defined, principal)
    own = {"parameters": parameters, "fingerprint": fingerprint}
    if fingerprint is not None and not run.is_fresh:
        earlier = find_reusable(fingerprint, parameters, owner=run.owner)
        if earlier is not None:
            return _move(run, step, "waiting", "reused", job_id=earlier.id, finished_at=utc_now(), **own)
    with writing() as connection:
        begun = update(chain_steps).where(*_still(run, step, "waiting"))
        if connection.execute(begun.values(state="running", job_id=values["id"], **own)).rowcount != 1:
            return True  # another dispatcher did, or somebody cancelled it: look again
        records.queue_prepared(connection, values, principal)
    return True


def _filled(run: ChainRun, defined: Step) -> dict[str, Any]:
    """The parameters with what the references stand for. Raises Conflict for a result that is not there."""
    filled = {}
    for name, value in defined.parameters.items():
        reference = reference_in(value)
        if reference is None:
            filled[name] = value
        else:
            job = run.step(reference.step).job
            filled[name] = value_of(reference, job.id if job else "", job.result if job else None)
    return filled


def _fingerprint(run: ChainRun, step: ChainStep, defined: Step, principal: Principal) -> str | None:
    references: dict[str, Reference] = {
        name: found for name, value in defined.parameters.items() if (found := reference_in(value))
    }
    return fingerprint_of(
        defined.notebook,
        _filled(run, defined),
        references=references,
        needed={name: run.step(name).fingerprint for name in step.needs},
        principal=principal,
    )


def _move(run: ChainRun, step: ChainStep, before: str, after: str, **values: Any) -> bool:
    """Move a step on if it is still where it was seen; always True, for either way something changed."""
    with writing() as connection:
        connection.execute(update(chain_steps).where(*_still(run, step, before)).values(state=after, **values))
    return True


def _still(run: ChainRun, step: ChainStep, state: str) -> list[Any]:
    """The row of a step while nobody else moved it on."""
    here = chain_steps.c.job_id.is_(None) if step.job_id is None else chain_steps.c.job_id == step.job_id
    own = (chain_steps.c.chain_run_id == run.id, chain_steps.c.name == step.name, chain_steps.c.state == state)
    return [*own, here]


def _skip(run: ChainRun, step: ChainStep) -> bool:
    """What needs something that did not succeed does not begin; unless that waits anew since it was seen."""
    needed = chain_steps.alias()
    is_bad = exists().where(needed.c.chain_run_id == run.id, needed.c.name.in_(step.needs), needed.c.state.in_(BAD))
    with writing() as connection:
        skipped = update(chain_steps).where(*_still(run, step, "waiting"), is_bad)
        connection.execute(skipped.values(state="skipped", finished_at=utc_now()))
    return True


def _end(run: ChainRun) -> None:
    """Give a run whose steps have all ended the state they make, once, and queue what is told of it."""
    states = {step.state for step in run.steps}
    state = "cancelled" if "cancelled" in states else "failed" if "failed" in states else "succeeded"
    values: dict[str, Any] = {"state": state, "finished_at": utc_now()}
    if state != "succeeded":
        values["active_key"] = None
    told = run.steps[-1] if state == "succeeded" else next(step for step in run.steps if step.state == state)
    error = told.error or (told.job.error if told.job is not None else None)
    with writing() as connection:
        open_steps = exists().where(
            chain_steps.c.chain_run_id == run.id, chain_steps.c.state.in_(("waiting", "running"))
        )
        going_on = update(chain_runs).where(chain_runs.c.id == run.id, chain_runs.c.state == "running", ~open_steps)
        if connection.execute(going_on.values(**values)).rowcount == 1:
            queue_notices(
                connection, told.job_id or run.id, run.owner, run.chain, run.parameters, state,
                error if state == "failed" else None,
            )  # fmt: skip


def _plain(error: WorkbenchError) -> dict[str, Any]:
    return {name: one if isinstance(one, int | float | str) else str(one) for name, one in error.details.items()}
