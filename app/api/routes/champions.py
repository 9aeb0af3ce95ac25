"""Which trained model each room serves: see it and its history, go back, or publish one that was held back."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field

from app.api.deps import CALLER, GuardedRoute, needs
from core.security.policy import Permission, Principal

router = APIRouter(prefix="/api/champions", tags=["champions"], route_class=GuardedRoute)
Room = Annotated[str, Path(max_length=40, examples=["customers"])]

_CHAMPION: dict[str, Any] = {
    "id": 3,
    "room": "customers",
    "slot": "champion",
    "run_id": "5f0c5f3e-6c0b-4f7e-9d0e-0f4b1f9f2f11",
    "version": "3",
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "findings": [],
    "why": "clearer clusters than before",
    "owner": "local",
    "created_at": "2026-01-05T09:00:00Z",
}


class ChampionAnswer(BaseModel):
    """One publication: what, from which run, by whom and why."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"example": _CHAMPION})
    id: int
    room: str
    slot: str
    run_id: str
    version: str
    sha256: str
    findings: tuple[dict[str, Any], ...]
    why: str
    owner: str
    created_at: datetime


class CurrentAnswer(BaseModel):
    """What is served now; null while nothing has been published."""

    model_config = ConfigDict(json_schema_extra={"example": {"champion": _CHAMPION}})
    champion: ChampionAnswer | None


class RollbackOrder(BaseModel):
    """The publication to serve again, and why."""

    model_config = ConfigDict(json_schema_extra={"example": {"to_id": 2, "why": "the new clusters confuse the team"}})
    to_id: int
    why: str = Field(max_length=2000)
    slot: str = "champion"


class PublishOrder(BaseModel):
    """The training whose model was held back, and why it is published all the same."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"job_id": _CHAMPION["run_id"], "why": "grouping by rhythm alone is what the campaign needs"}
        }
    )
    job_id: str
    why: str = Field(max_length=2000)


@router.get("/{room}", response_model=CurrentAnswer)
@needs(Permission.JOBS_READ)
def get_champion(room: Room, slot: str = "champion") -> Any:
    """The model a room serves now."""
    from core.storage import champions

    return {"champion": champions.current(room, slot)}


@router.get("/{room}/history", response_model=list[ChampionAnswer])
@needs(Permission.JOBS_READ)
def get_history(room: Room, slot: str = "champion") -> Any:
    """Every publication of a room, newest first."""
    from core.storage import champions

    return champions.history(room, slot)


@router.post("/{room}/rollback", response_model=ChampionAnswer)
@needs(Permission.CHAMPIONS_PUBLISH)
def roll_back(room: Room, order: RollbackOrder, principal: Principal = CALLER) -> Any:
    """Serve an earlier publication again; the return is recorded as a publication of its own."""
    from core.storage import champions

    return champions.rollback(room, order.to_id, why=order.why, principal=principal, slot=order.slot)


@router.post("/{room}/publish", response_model=ChampionAnswer)
@needs(Permission.CHAMPIONS_PUBLISH)
def publish(room: Room, order: PublishOrder, principal: Principal = CALLER) -> Any:
    """Publish the model of a finished training that was held back, accepting its findings with a reason."""
    from core.jobs.held_back import publish_held_back

    return publish_held_back(order.job_id, room=room, why=order.why, principal=principal)
