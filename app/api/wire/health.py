"""Bodies of the probes: what answers here, whether it is ready, and how each part is."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

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
    "rate_limits": "ok",
    "redis": "not_needed",
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


class LiveAnswer(BaseModel):
    """Said by a process that can answer at all."""

    model_config = ConfigDict(json_schema_extra={"example": {"status": "alive"}})
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
