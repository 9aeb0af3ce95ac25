"""Whether the API answers (/healthz), whether it should get work (/readyz), and how everything is (/health).

Only /readyz ever says anything but 200.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from app.api.deps import GuardedRoute, needs
from app.api.languages import error_language
from app.api.probes import probes
from core.security.policy import Permission
from core.telemetry.health import Health, State, ask

router = APIRouter(tags=["health"], route_class=GuardedRoute)

_STATES: dict[str, Any] = {
    "model": "ok",
    "scaler": "ok",
    "columns": "ok",
    "customers": "ok",
    "supabase_secret": "not_needed",
    "database": "ok",
    "chat_model": "not_needed",
    "vectors": "not_needed",
    "mail": "not_needed",
    "preload:customers": "ok",
    "preload:images": "ok",
    "preload:chat": "ok",
}


class RunningAnswer(BaseModel):
    """Name and version of this server."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"name": "Analyst Workbench", "version": "0.1.0", "status": "running"}}
    )
    name: str
    version: str
    status: str


class Part(BaseModel):
    """The state of one part: ok, not_needed, loading, missing or down."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"state": "ok", "message": "", "details": {"version": "3"}}}
    )
    state: str
    message: str
    details: dict[str, Any]


class HealthAnswer(BaseModel):
    """Every part with its state; `status` is "ok" or "degraded"."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "status": "ok",
                "parts": {"database": {"state": "ok", "message": "", "details": {}}},
            }
        }
    )
    status: str
    parts: dict[str, Part]


class ProbeAnswer(BaseModel):
    """`status` is "ok" for /healthz; "ready" or "not_ready" for /readyz."""

    model_config = ConfigDict(json_schema_extra={"example": {"status": "ready", "details": _STATES, "problems": {}}})
    status: str
    details: dict[str, str] = Field(description="part to state: ok, not_needed, loading, missing or down")
    problems: dict[str, str] = Field(description="part to a sentence that says what is wrong with it")


class NotReadyAnswer(ProbeAnswer):
    """What /readyz says while something is missing, with the fields every error has."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "status": "not_ready",
                "details": {**_STATES, "scaler": "missing", "customers": "missing"},
                "problems": {"scaler": "The customers model lacks its file 'scaler.json'."},
                "error_code": "NOT_READY",
                "code": "NOT_READY",
                "message": "The customers model lacks its file 'scaler.json'.",
                "request_id": "0b8f6f0e-5a0f-4a9e-8a39-2c1f1d2b7c55",
            }
        }
    )
    error_code: str
    code: str
    message: str
    request_id: str


@router.get("/", response_model=RunningAnswer)
@needs(Permission.PUBLIC)
def running(request: Request) -> Any:
    """What answers here."""
    return {"name": request.app.title, "version": request.app.version, "status": "running"}


@router.get("/health", response_model=HealthAnswer)
@needs(Permission.PUBLIC)
def health(request: Request) -> Any:
    """The state of every part; always 200."""
    states = _states(request)
    parts = {name: Part(state=one.state, message=one.message, details=one.details) for name, one in states.items()}
    return {"status": "ok" if all(one.is_fine for one in states.values()) else "degraded", "parts": parts}


@router.get("/healthz", response_model=ProbeAnswer)
@needs(Permission.PUBLIC)
def healthz(request: Request) -> Any:
    """200 while the process answers; what is missing is told in the body."""
    return _answer("ok", _states(request))


@router.get("/readyz", response_model=ProbeAnswer, responses={503: {"model": NotReadyAnswer}})
@needs(Permission.PUBLIC)
def readyz(request: Request) -> Any:
    """200 when every part works, else 503 naming what is missing."""
    states = _states(request)
    if all(one.is_fine for one in states.values()):
        return _answer("ready", states)
    body = _answer("not_ready", states)
    message = next(iter(body["problems"].values()))
    error = {"error_code": "NOT_READY", "code": "NOT_READY", "message": message}
    return JSONResponse({**body, **error, "request_id": request.scope["request_id"]}, 503)


def _states(request: Request) -> dict[str, Health]:
    preloading = request.app.state.preloading
    asked = (*probes(), *preloading.probes())
    if preloading.is_starting:
        return {one.name: Health(State.LOADING) for one in asked}
    return ask(asked, error_language(request.scope))


def _answer(status: str, states: dict[str, Health]) -> dict[str, Any]:
    return {
        "status": status,
        "details": {name: str(one.state) for name, one in states.items()},
        "problems": {name: one.message or str(one.state) for name, one in states.items() if not one.is_fine},
    }
