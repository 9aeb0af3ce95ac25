"""Click probabilities of impressions over HTTP, and the clicks that come later."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from app.api.deps import CALLER, GuardedRoute, needs
from core.errors import TooLarge
from core.security.policy import Permission, Principal
from core.settings.current import get_settings

router = APIRouter(prefix="/api/predictions", tags=["ctr"], route_class=GuardedRoute)

_ROW: dict[str, Any] = {"gender": "1.0", "age_group": "4.0", "inventory_id": "36", "hour": "08", "seq": "9,18,269"}
_RUN_ID = "5f0c5f3e-6c0b-4f7e-9d0e-0f4b1f9f2f11"
_ID = "0f4b1f9f2f115f0c-0"


class PredictionOrder(BaseModel):
    """Rows as they stand in a file: column to cell; a column that is left out counts as missing."""

    model_config = ConfigDict(json_schema_extra={"example": {"rows": [_ROW], "model": "order_logistic"}})
    rows: list[dict[str, Any]] = Field(min_length=1)
    model: str | None = Field(None, description="a candidate of the run, such as lstm; else the chosen one")
    run_id: str | None = Field(None, description="a run or 'latest'; else the published model")


class PredictionAnswer(BaseModel):
    """One prediction; `id` is what its click is reported under."""

    model_config = ConfigDict(json_schema_extra={"example": {"id": _ID, "probability": 0.034, "show": False}})
    id: str
    probability: float
    show: bool = Field(description="whether it reaches the cut of the run")


class PredictionsAnswer(BaseModel):
    """All predictions, in the order of the rows, and the model they come from."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "run_id": _RUN_ID, "model": "order_logistic", "threshold": 0.061, "latency_ms": 1.8,
                "predictions": [{"id": _ID, "probability": 0.034, "show": False}], "ignored": [],
            }
        }
    )  # fmt: skip
    run_id: str
    model: str
    threshold: float
    latency_ms: float
    predictions: list[PredictionAnswer]
    ignored: list[str] = Field(description="columns given that the model does not read")


class ClickReport(BaseModel):
    """Which predictions were clicked (1) and which were not (0)."""

    model_config = ConfigDict(json_schema_extra={"example": {"clicks": {_ID: 1}}})
    clicks: dict[str, Literal[0, 1]] = Field(min_length=1)


class ClicksAnswer(BaseModel):
    """How many outcomes were new, known already, and replaced another one."""

    model_config = ConfigDict(json_schema_extra={"example": {"new": 1, "unchanged": 0, "corrected": 0}})
    new: int
    unchanged: int
    corrected: int


@router.post("", response_model=PredictionsAnswer)
@needs(Permission.CTR_PREDICT)
def predict_clicks(order: PredictionOrder, principal: Principal = CALLER) -> Any:
    """Click probabilities, calibrated as the run was."""
    from core.ctr.serving import predict

    _require_few(len(order.rows))
    found = predict(order.rows, principal=principal, run_id=order.run_id, name=order.model)
    return {
        "run_id": found.run_id,
        "model": found.model,
        "threshold": found.threshold,
        "latency_ms": found.latency_ms,
        "predictions": [
            {"id": one, "probability": value, "show": value >= found.threshold}
            for one, value in zip(found.ids, found.probabilities.tolist(), strict=True)
        ],
        "ignored": found.ignored,
    }


@router.post("/clicks", response_model=ClicksAnswer)
@needs(Permission.CTR_PREDICT)
def report_clicks(report: ClickReport, principal: Principal = CALLER) -> Any:
    """Outcomes that came after the answer; the same again changes nothing, another value replaces."""
    from dataclasses import asdict

    from core.ctr.monitoring.prediction_log import record_clicks

    _require_few(len(report.clicks))
    return asdict(record_clicks(report.clicks, principal=principal))


def _require_few(count: int) -> None:
    limit = get_settings().batch_limit
    if count > limit:
        raise TooLarge("api.rows_too_many", limit=limit, count=count)
