"""One run in detail: how far its cells are, and how it differs from another."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from app.api.deps import CALLER, GuardedRoute, needs
from core.security.policy import Permission, Principal

router = APIRouter(prefix="/api", tags=["jobs"], route_class=GuardedRoute)

_ONE, _OTHER = "5f0c5f3e-6c0b-4f7e-9d0e-0f4b1f9f2f11", "9a1d7c52-30b9-4f64-8f0a-2c5d7f7f6a10"


class CellAnswer(BaseModel):
    """One code cell of a run."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "example": {
                "position": 6, "heading": "Search", "first_line": "trainings = training.train(", "state": "running",
                "started_at": "2026-01-05T09:00:05Z", "seconds": None,
            }
        },
    )  # fmt: skip
    position: int = Field(description="in the executed notebook, from 0; as in the job's events")
    heading: str = Field(description="of the section that it stands in")
    first_line: str
    state: str = Field(description="waiting, running, done, failed, stopped or not_run")
    started_at: datetime | None
    seconds: float | None


class ParameterPairAnswer(BaseModel):
    """One parameter of both runs."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={"example": {"name": "seed", "left": 0, "right": 3, "is_same": False}},
    )
    name: str
    left: Any = None
    right: Any = None
    is_same: bool


class MetricPairAnswer(BaseModel):
    """One number of both results."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "example": {
                "name": "metrics.auc", "left": 0.71, "right": 0.73, "difference": 0.02, "relative": 0.0282,
            }
        },
    )  # fmt: skip
    name: str
    left: float | None
    right: float | None
    difference: float | None = Field(description="right minus left")
    relative: float | None = Field(description="the difference as a share of left; empty where that is 0")


class FileAnswer(BaseModel):
    """A file that a run made."""

    model_config = ConfigDict(
        from_attributes=True, json_schema_extra={"example": {"size_bytes": 18230, "sha256": "9f86d081884c7d65"}}
    )
    size_bytes: int
    sha256: str | None = Field(description="empty for a file too large to be read for this")


class ArtifactPairAnswer(BaseModel):
    """One file of both runs."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "example": {
                "name": "ctr/champion/report.json", "verdict": "changed",
                "left": {"size_bytes": 18230, "sha256": "9f86d081884c7d65"},
                "right": {"size_bytes": 18244, "sha256": "60303ae22b998861"},
            }
        },
    )  # fmt: skip
    name: str
    verdict: str = Field(description="same, changed, only_left, only_right or unknown")
    left: FileAnswer | None
    right: FileAnswer | None


class ComparisonAnswer(BaseModel):
    """Two runs side by side; what differs comes first."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "example": {
                "left": _ONE, "right": _OTHER, "is_same_code": True,
                "left_code": "9f86d081884c7d65", "right_code": "9f86d081884c7d65",
                "parameters": [{"name": "seed", "left": 0, "right": 3, "is_same": False}],
                "metrics": [
                    {"name": "metrics.auc", "left": 0.71, "right": 0.73, "difference": 0.02, "relative": 0.0282}
                ],
                "artifacts": [],
            }
        },
    )  # fmt: skip
    left: str
    right: str
    is_same_code: bool | None = Field(description="empty where it is not known of both")
    left_code: str | None = Field(description="SHA-256 of the code cells that ran")
    right_code: str | None
    parameters: tuple[ParameterPairAnswer, ...]
    metrics: tuple[MetricPairAnswer, ...]
    artifacts: tuple[ArtifactPairAnswer, ...]


@router.get("/jobs/{job_id}/cells", response_model=list[CellAnswer])
@needs(Permission.JOBS_READ)
def list_cells(job_id: str, principal: Principal = CALLER) -> Any:
    """The code cells of a run: which are done, which one runs, which wait."""
    from core.jobs.runs.cells import cells_of

    return cells_of(job_id, principal=principal)


@router.get("/jobs/{job_id}/comparison", response_model=ComparisonAnswer)
@needs(Permission.JOBS_READ)
def compare_jobs(
    job_id: str,
    with_id: Annotated[str, Query(alias="with", description="id of the other run")],
    principal: Principal = CALLER,
) -> Any:
    """Parameters, figures, files and code of two runs, `job_id` on the left."""
    from core.jobs.runs.comparing import compare

    found = compare(job_id, with_id, principal=principal)
    names = ("is_same_code", "left_code", "right_code", "parameters", "metrics", "artifacts")
    return {**{name: getattr(found, name) for name in names}, "left": found.left.id, "right": found.right.id}
