"""Whether the API answers (/livez, /healthz), whether it should get work (/readyz), and how everything is (/health).

Only /readyz ever says anything but 200. What an operator reads beside these stands under /monitoring.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from app.api.deps import GuardedRoute, needs
from app.api.languages import error_language
from app.api.probes import probes
from app.api.wire.health import HealthAnswer, LiveAnswer, NotReadyAnswer, Part, ProbeAnswer, RunningAnswer
from core.security.policy import Permission
from core.telemetry.health import Health, State, ask

router = APIRouter(tags=["health"], route_class=GuardedRoute)


@router.get("/", response_model=RunningAnswer)
@needs(Permission.PUBLIC)
def running(request: Request) -> Any:
    """What answers here."""
    return {"name": request.app.title, "version": request.app.version, "status": "running"}


@router.get("/health", response_model=HealthAnswer)
@needs(Permission.PUBLIC)
def health(request: Request) -> Any:
    """The state of every part; always 200."""
    states = states_of(request)
    parts = {name: Part(state=one.state, message=one.message, details=one.details) for name, one in states.items()}
    return {"status": "ok" if all_fine(states) else "degraded", "parts": parts}


@router.get("/livez", response_model=LiveAnswer)
@needs(Permission.PUBLIC)
def livez() -> Any:
    """200 while the process answers at all; nothing is looked at."""
    return {"status": "alive"}


@router.get("/healthz", response_model=ProbeAnswer)
@needs(Permission.PUBLIC)
def healthz(request: Request) -> Any:
    """200 while the process answers; what is missing is told in the body."""
    return _answer("ok", states_of(request))


@router.get("/readyz", response_model=ProbeAnswer, responses={503: {"model": NotReadyAnswer}})
@needs(Permission.PUBLIC)
def readyz(request: Request) -> Any:
    """200 when every part works, else 503 naming what is missing."""
    states = states_of(request)
    if all_fine(states):
        return _answer("ready", states)
    body = _answer("not_ready", states)
    message = next(iter(body["problems"].values()))
    error = {"error_code": "NOT_READY", "code": "NOT_READY", "message": message}
    return JSONResponse({**body, **error, "request_id": request.scope["request_id"]}, 503)


def states_of(request: Request) -> dict[str, Health]:
    """Every part of this process; while it starts all of them are loading."""
    preloading = request.app.state.preloading
    asked = (*probes(), *preloading.probes())
    if preloading.is_starting:
        return {one.name: Health(State.LOADING) for one in asked}
    return ask(asked, error_language(request.scope))


def all_fine(states: Mapping[str, Health]) -> bool:
    return all(one.is_fine for one in states.values())


def _answer(status: str, states: dict[str, Health]) -> dict[str, Any]:
    return {
        "status": status,
        "details": {name: str(one.state) for name, one in states.items()},
        "problems": {name: one.message or str(one.state) for name, one in states.items() if not one.is_fine},
    }
