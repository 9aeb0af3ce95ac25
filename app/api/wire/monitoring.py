"""What the monitoring of aptitude documents answers: figures of a stretch of time, rules, and alerts."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

_WINDOW: dict[str, Any] = {
    "time_window_hours": 24, "since": "2026-01-04T09:00:00Z", "until": "2026-01-05T09:00:00Z",
}  # fmt: skip
_ATTEMPTS: dict[str, Any] = {"tried": 7, "succeeded": 7, "rate": 1.0}
_RULE: dict[str, Any] = {
    "name": "slow_processing", "severity": "warning", "metric": "mean_processing_ms", "check_every_minutes": 10,
    "at_least": None, "above": 30000.0, "below": None, "enabled": True,
}  # fmt: skip
_ALERT: dict[str, Any] = {
    "rule": "slow_processing", "severity": "warning", "metric": "mean_processing_ms", "value": 31000.0,
    "message": "A run takes 31,000 ms on average (limit 30,000).", "raised_at": "2026-01-05T09:00:00Z",
}  # fmt: skip


class Window(BaseModel):
    """The stretch of time that was looked at."""

    model_config = ConfigDict(json_schema_extra={"example": _WINDOW})
    time_window_hours: int
    since: str
    until: str


class AttemptsAnswer(BaseModel):
    """rate: null where nothing was tried."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"example": _ATTEMPTS})
    tried: int
    succeeded: int
    rate: float | None


class SummaryAnswer(Window):
    """All figures; each is null where nothing was measured."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                **_WINDOW, "runs": {"completed": 1}, "waiting": 0, "records_processed": 1, "query_success_rate": 1.0,
                "document_creation_rate": 1.0, "completeness": 1.0, "mean_processing_ms": 4200.0,
                "stalled_minutes": None,
            }
        }
    )  # fmt: skip
    runs: dict[str, int] = Field(description="runs by state")
    waiting: int
    records_processed: int
    query_success_rate: float | None
    document_creation_rate: float | None
    completeness: float | None
    mean_processing_ms: float | None
    stalled_minutes: float | None = Field(description="how long something waits while nothing ends [min]")


class RatesAnswer(Window):
    """By type of document, and together."""

    model_config = ConfigDict(
        json_schema_extra={"example": {**_WINDOW, "overall": _ATTEMPTS, "by_type": {"PREFERENCE_ANALYSIS": _ATTEMPTS}}}
    )
    overall: AttemptsAnswer
    by_type: dict[str, AttemptsAnswer]


class AlertAnswer(BaseModel):
    """A rule whose limits are crossed right now."""

    model_config = ConfigDict(json_schema_extra={"example": _ALERT})
    rule: str
    severity: str
    metric: str
    value: float
    message: str
    raised_at: str


class AlertsAnswer(Window):
    """Exactly the rules whose limits are crossed."""

    model_config = ConfigDict(json_schema_extra={"example": {**_WINDOW, "alerts": [_ALERT], "total": 1}})
    alerts: list[AlertAnswer]
    total: int


class RuleAnswer(BaseModel):
    """Raised where the figure is within the limits that are not null."""

    model_config = ConfigDict(json_schema_extra={"example": _RULE})
    name: str
    severity: str
    metric: str
    check_every_minutes: int
    at_least: float | None
    above: float | None
    below: float | None
    enabled: bool


class RulesAnswer(BaseModel):
    """Every rule."""

    model_config = ConfigDict(json_schema_extra={"example": {"rules": [_RULE], "total": 6}})
    rules: list[RuleAnswer]
    total: int


class AffectedPerson(BaseModel):
    """Somebody whose documents rest on a record, and how much of its preferences is there."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"user_id": "local", "anp_seq": 17, "completeness": 1.0, "impact": "minor"}}
    )
    user_id: str
    anp_seq: int
    completeness: float
    impact: str = Field(description="critical below 30 %, moderate to 70 %, minor above")


class ImpactAnswer(BaseModel):
    """Everybody with documents made of a record."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "total_users": 1, "impact": {"critical": 0, "moderate": 0, "minor": 1},
                "users": [{"user_id": "local", "anp_seq": 17, "completeness": 1.0, "impact": "minor"}],
            }
        }
    )  # fmt: skip
    total_users: int
    impact: dict[str, int]
    users: list[AffectedPerson]
