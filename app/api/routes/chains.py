"""Chains of notebooks: which there are, start one, follow its steps, stop it, go on from what failed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from app.api.deps import CALLER, GuardedRoute, needs
from app.api.languages import error_language
from app.api.routes.jobs import ParameterAnswer
from app.api.wire.idempotency import IdempotencyKey
from core.messages import say_kept
from core.security.policy import Permission, Principal

router = APIRouter(prefix="/api", tags=["chains"], route_class=GuardedRoute)
Name = Annotated[str, Path(max_length=80, examples=["ctr_retrain"])]
RunId = Annotated[str, Path(max_length=36)]

_RUN_ID = "0b9d3c0e-4d0a-4b57-8f3f-9a6e0c6d2b11"
_JOB_ID = "5f0c5f3e-6c0b-4f7e-9d0e-0f4b1f9f2f11"
_STEP: dict[str, Any] = {
    "name": "train",
    "notebook": "ctr_train",
    "needs": [],
    "state": "reused",
    "job_id": _JOB_ID,
    "parameters": {"seed": 42},
    "fingerprint": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "finished_at": "2026-01-05T09:00:01Z",
    "seconds": None,
    "fraction": None,
    "error_message": None,
}
_RUN: dict[str, Any] = {
    "id": _RUN_ID,
    "chain": "ctr_retrain",
    "owner": "local",
    "parameters": {"seed": 42},
    "state": "running",
    "is_stopping": False,
    "fresh": False,
    "schedule_id": None,
    "logical_at": None,
    "created_at": "2026-01-05T09:00:00Z",
    "finished_at": None,
    "seconds": 12.5,
    "steps": [_STEP],
}
_CHAIN: dict[str, Any] = {
    "name": "ctr_retrain",
    "title": "Retrain the click model",
    "about": "Trains, explains, makes the report, and publishes the model unless it is worse.",
    "parameters": [],
    "steps": [{"name": "explain", "notebook": "ctr_explain", "needs": ["train"], "most_attempts": 1, "backoff_s": 0.0}],
}


class StepOfChain(BaseModel):
    """A notebook of a chain, and the steps it waits for."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"example": _CHAIN["steps"][0]})
    name: str
    notebook: str
    needs: tuple[str, ...]
    most_attempts: int
    backoff_s: float = Field(description="wait before the second attempt, doubled with each further one [s]")


class ChainAnswer(BaseModel):
    """A chain that can be run, in the caller's language."""

    model_config = ConfigDict(json_schema_extra={"example": _CHAIN})
    name: str
    title: str
    about: str
    parameters: tuple[ParameterAnswer, ...]
    steps: tuple[StepOfChain, ...]


class RefusedChain(BaseModel):
    """A file that is no chain, and why."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"name": "nightly", "message": "In the chain 'nightly', 'steps' must be …"}}
    )
    name: str
    message: str


class ChainsAnswer(BaseModel):
    """What the folder of chains holds."""

    model_config = ConfigDict(json_schema_extra={"example": {"chains": [_CHAIN], "refused": []}})
    chains: list[ChainAnswer]
    refused: list[RefusedChain]


class ChainOrder(BaseModel):
    """Values of the chain's parameters; those left out keep their defaults."""

    model_config = ConfigDict(json_schema_extra={"example": {"parameters": {"seed": 42}, "fresh": False}})
    parameters: dict[str, Any] = Field(default_factory=dict)
    fresh: bool = Field(False, description="run every step, also where an earlier result could be reused")


class StepAnswer(BaseModel):
    """A step of one run. job_id: its run, or the earlier one whose result is reused."""

    model_config = ConfigDict(json_schema_extra={"example": _STEP})
    name: str
    notebook: str
    needs: tuple[str, ...]
    state: str = Field(description="waiting, running, succeeded, reused, failed, skipped or cancelled")
    job_id: str | None
    parameters: dict[str, Any] | None = Field(description="as they were filled in; null until the step begins")
    fingerprint: str | None = Field(description="null for a step that is never reused")
    finished_at: datetime | None
    seconds: float | None = Field(description="how long its own run took, or has taken so far [s]")
    fraction: float | None = Field(description="how far its run has come, 0 to 1")
    error_message: str | None = Field(description="why it failed, in the caller's language")


class ChainRunAnswer(BaseModel):
    """One run of a chain with its steps, in the order they can run in."""

    model_config = ConfigDict(json_schema_extra={"example": _RUN})
    id: str
    chain: str
    owner: str
    parameters: dict[str, Any]
    state: str = Field(description="running, succeeded, failed or cancelled")
    is_stopping: bool
    fresh: bool
    schedule_id: str | None
    logical_at: datetime | None
    created_at: datetime
    finished_at: datetime | None
    seconds: float = Field(description="from when it was asked for until its end, or until now [s]")
    steps: list[StepAnswer]


@router.get("/chains", response_model=ChainsAnswer)
@needs(Permission.JOBS_READ)
def list_chains(request: Request) -> Any:
    """The chains that can be run, and the files that are none."""
    from core.jobs.chains import chains

    language = error_language(request.scope)
    found = [
        {
            "name": one.name, "title": one.title(language), "about": one.about(language),
            "parameters": one.parameters, "steps": one.steps,
        }
        for one in chains.list_chains()
    ]  # fmt: skip
    refused = [{"name": one.name, "message": one.error.text(language)} for one in chains.list_refused()]
    return {"chains": found, "refused": refused}


@router.post("/chains/{name}/runs", response_model=ChainRunAnswer, status_code=202)
@needs(Permission.JOBS_SUBMIT)
def start_chain(
    name: Name,
    order: ChainOrder,
    request: Request,
    principal: Principal = CALLER,
    idempotency_key: IdempotencyKey = None,
) -> Any:
    """Begin a run of a chain; its first steps are queued within a heartbeat."""
    from core.jobs.chains import chain_runs

    run = chain_runs.start(
        name, order.parameters, principal=principal, idempotency_key=idempotency_key, fresh=order.fresh
    )
    return _answer(run, request)


@router.get("/chain-runs", response_model=list[ChainRunAnswer])
@needs(Permission.JOBS_READ)
def list_chain_runs(
    request: Request,
    principal: Principal = CALLER,
    chain: str | None = None,
    state: Annotated[str | None, Query(description="only runs in this state")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> Any:
    """Your runs of chains, newest first."""
    from core.jobs.chains import records as chain_records

    found = chain_records.list_chain_runs(
        principal=principal, chain=chain, state=state, limit=limit, offset=offset
    )  # fmt: skip
    return [_answer(one, request) for one in found]


@router.get("/chain-runs/{run_id}", response_model=ChainRunAnswer)
@needs(Permission.JOBS_READ)
def get_chain_run(run_id: RunId, request: Request, principal: Principal = CALLER) -> Any:
    """One run of a chain."""
    from core.jobs.chains import records as chain_records

    return _answer(chain_records.get_chain_run(run_id, principal=principal), request)


@router.post("/chain-runs/{run_id}/cancel", response_model=ChainRunAnswer)
@needs(Permission.JOBS_SUBMIT)
def cancel_chain_run(run_id: RunId, request: Request, principal: Principal = CALLER) -> Any:
    """Let nothing more begin and stop what runs; the run ends once all of it has stopped."""
    from core.jobs.chains import chain_runs

    return _answer(chain_runs.cancel(run_id, principal=principal), request)


@router.post("/chain-runs/{run_id}/retry", response_model=ChainRunAnswer, status_code=202)
@needs(Permission.JOBS_SUBMIT)
def retry_chain_run(run_id: RunId, request: Request, principal: Principal = CALLER) -> Any:
    """Go on from what failed or was cancelled; what has succeeded is kept."""
    from core.jobs.chains import chain_runs

    return _answer(chain_runs.retry(run_id, principal=principal), request)


def _answer(run: Any, request: Request) -> dict[str, Any]:
    kept = ("id", "chain", "owner", "parameters", "state", "is_stopping", "schedule_id", "logical_at", "created_at")
    return {
        **{name: getattr(run, name) for name in kept},
        "fresh": run.is_fresh,
        "finished_at": run.finished_at,
        "seconds": run.seconds,
        "steps": [_step(one, error_language(request.scope)) for one in run.steps],
    }


def _step(step: Any, language: str) -> dict[str, Any]:
    error = step.error or (step.job.error if step.job is not None and step.state == "failed" else None)
    kept = ("name", "notebook", "needs", "state", "job_id", "parameters", "fingerprint", "finished_at", "seconds")
    return {
        **{name: getattr(step, name) for name in kept},
        "fraction": step.job.fraction if step.job is not None and step.seconds is not None else None,
        "error_message": say_kept(error, language),
    }
