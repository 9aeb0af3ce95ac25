"""The CTR frontend trains here on an uploaded file, asks how far it has come, and lists what was trained."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from app.api.deps import CALLER, GuardedRoute, needs
from app.api.languages import error_language
from app.api.wire.ctr import both_spellings, camel, error_of, finite, status_of
from app.api.wire.idempotency import IdempotencyKey
from core.errors import NotFound
from core.security.policy import Permission, Principal

if TYPE_CHECKING:
    from core.ctr.runs import Run

router = APIRouter(prefix="/api/train", tags=["ctr"], route_class=GuardedRoute)

_RUN_ID = "5f0c5f3e-6c0b-4f7e-9d0e-0f4b1f9f2f11"
_FILE_ID = "1f3e0a53-97c2-4a4e-9a6f-0e9d0b7c1f10"
_CONFIG: dict[str, Any] = {
    "experimentName": "baseline", "epochs": 10, "batchSize": 4096, "learningRate": 0.001, "lstmHidden": 64,
    "mlpHidden": "256,128", "dropout": 0.2, "downsampling": False, "validationSplit": 0.2, "notifications": ["email"],
}  # fmt: skip
_METRICS = {"loss": 0.085, "accuracy": 0.981, "auc": 0.74, "average_precision": 0.081}
_STATUS: dict[str, Any] = {
    "run_id": _RUN_ID, "status": "training", "state": "running", "current_epoch": 3, "total_epochs": 10,
    "metrics": _METRICS, "error": None, "step": "lstm", "fraction": 0.4,
}  # fmt: skip
_LISTED: dict[str, Any] = {
    "run_id": _RUN_ID, "created_at": "2026-01-05T09:00:00Z", "status": "completed", "state": "succeeded",
    "accuracy": 0.981, "file_id": _FILE_ID, "config": {"epochs": 10}, "model": "order_logistic", "metrics": _METRICS,
    "error": None,
}  # fmt: skip


def _either(name: str) -> Any:
    """A knob that the documents write in snake_case and the form in camelCase; left out, the notebook's default."""
    return Field(None, validation_alias=AliasChoices(name, camel(name)))


class TrainingKnobs(BaseModel):
    """The form's settings in either spelling; limits are those of the notebook `ctr_train`."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"example": _CONFIG})
    experiment_name: str | None = _either("experiment_name")
    epochs: int | None = None
    batch_size: int | None = _either("batch_size")
    learning_rate: float | None = _either("learning_rate")
    lstm_hidden: int | None = _either("lstm_hidden")
    mlp_hidden: str | list[int] | None = _either("mlp_hidden")
    dropout: float | None = None
    downsampling: bool | None = None
    validation_split: float | None = _either("validation_split")
    test_split: float | None = _either("test_split")
    split: str | None = None
    order_by: str | list[str] | None = _either("order_by")
    patience: int | None = None
    max_events: int | None = _either("max_events")
    seed: int | None = None
    models: str | list[str] | None = None
    trials: int | None = None
    target: str | None = None
    positive: str | None = None
    value_per_click: float | None = _either("value_per_click")
    cost_per_impression: float | None = _either("cost_per_impression")
    budget: float | None = None
    notifications: str | list[str] | None = None
    explain: bool | None = None


class TrainingOrder(BaseModel):
    """Which file to train on, and how."""

    model_config = ConfigDict(json_schema_extra={"example": {"file_id": _FILE_ID, "config": _CONFIG}})
    file_id: str
    config: TrainingKnobs = Field(default_factory=TrainingKnobs)


class TrainingAnswer(BaseModel):
    """The accepted training; `ignored` names settings nobody knows."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"run_id": _RUN_ID, "status": "training", "config": {"epochs": 10}, "ignored": []}
        }
    )
    run_id: str
    status: str
    config: dict[str, Any]
    ignored: list[str]


class StatusAnswer(BaseModel):
    """How far a run is. While the network trains, metrics are those of its newest epoch on the validation rows;
    afterwards those of the chosen model on the test rows, accuracy at its cut."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"example": _STATUS})
    run_id: str
    status: str = Field(description="training, completed or failed")
    state: str = Field(description="queued, running, succeeded, failed, cancelled or lost")
    current_epoch: int
    total_epochs: int = Field(description="planned; of a completed run those that were trained, early stopping counted")
    metrics: dict[str, Any]
    error: str | None


class ListedRun(BaseModel):
    """One training; accuracy is a share, null until there is one."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"example": _LISTED})
    run_id: str
    created_at: datetime
    status: str
    state: str
    accuracy: float | None
    file_id: str | None
    config: dict[str, Any]
    model: str | None
    metrics: dict[str, Any]
    error: str | None


@router.post("", response_model=TrainingAnswer)
@needs(Permission.JOBS_SUBMIT)
def start_training(
    order: TrainingOrder,
    request: Request,
    principal: Principal = CALLER,
    idempotency_key: IdempotencyKey = None,
) -> Any:
    """Queue a training on an uploaded file."""
    from core.ctr import training_orders
    from core.ctr.runs import get_run

    if not order.file_id:  # to `training_orders` this would mean the sample
        raise NotFound("datasets.not_found", id=order.file_id)
    # The form states one setting of everything, so one is tried; `trials` in the config asks for more.
    asked = {"trials": 1, **_parameters(order.config), "dataset_id": order.file_id}
    job = training_orders.order(asked, principal=principal, idempotency_key=idempotency_key)
    run = get_run(job.id, principal=principal)
    ignored = sorted(order.config.model_extra or {})
    return {"run_id": run.id, "status": status_of(job.state), "config": finite(run.config), "ignored": ignored}


@router.get("/status/{run_id}", response_model=StatusAnswer)
@needs(Permission.CTR_READ)
def training_status(run_id: str, request: Request, principal: Principal = CALLER) -> Any:
    """How far a training is."""
    from core.ctr.runs import get_run
    from core.ctr.training.progress import newest_epoch

    run = get_run(run_id, principal=principal)
    epoch = newest_epoch(run.id, principal=principal)
    result = run.job.result or {}
    planned = int(run.config["epochs"]) if "lstm" in run.config.get("models", ()) else 0
    current = epoch.epoch if epoch else 0
    planned = epoch.epochs if epoch else planned  # several settings have their epochs one after the other
    status = status_of(run.state)
    if status == "completed":
        planned = current  # an early stop is an end as well
        metrics = metrics_of_result(result)
    else:
        metrics = _validation_metrics(epoch.figures) if epoch else {}
    values = {
        "run_id": run.id,
        "current_epoch": current,
        "total_epochs": planned,
        "created_at": run.created_at,
        "file_id": run.dataset_id or None,
    }
    return {
        **both_spellings(values),
        "status": status,
        "state": run.state,
        "metrics": finite(metrics),
        "error": error_of(run.job, error_language(request.scope)),
        "step": run.job.step,
        "fraction": run.job.fraction,
        "model": result.get("model"),
    }


@router.get("/runs", response_model=list[ListedRun])
@needs(Permission.CTR_READ)
def list_trainings(
    request: Request, principal: Principal = CALLER, limit: Annotated[int, Query(ge=1, le=1000)] = 100
) -> Any:
    """Your trainings, newest first."""
    from core.ctr.runs import list_runs

    language = error_language(request.scope)
    return [_listed(run, language) for run in list_runs(principal=principal, limit=limit)]


def _listed(run: Run, language: str) -> dict[str, Any]:
    result = run.job.result or {}
    metrics = metrics_of_result(result)
    return {
        "run_id": run.id,
        "created_at": run.created_at,
        "status": status_of(run.state),
        "state": run.state,
        "accuracy": metrics.get("accuracy"),
        "file_id": run.dataset_id or None,
        "config": finite(run.config),
        "experiment_name": run.experiment,
        "model": result.get("model"),
        "metrics": finite(metrics),
        "error": error_of(run.job, language),
    }


def metrics_of_result(result: dict[str, Any]) -> dict[str, Any]:
    """The chosen model's test scores in both spellings; empty without a result."""
    found = dict(result.get("metrics", {}))
    return both_spellings({**found, "loss": found["log_loss"], "f1_score": found["f1"]}) if found else {}


def _validation_metrics(figures: dict[str, float]) -> dict[str, Any]:
    return both_spellings({**figures, "loss": figures["val_loss"], "accuracy": figures["val_accuracy"]})


def _parameters(knobs: TrainingKnobs) -> dict[str, Any]:
    """What was given, as the notebook writes it: lists become text with commas."""
    given = knobs.model_dump(exclude_none=True, include=set(TrainingKnobs.model_fields))
    for name in ("mlp_hidden", "models", "notifications", "order_by"):
        if isinstance(given.get(name), list):
            given[name] = ",".join(str(one) for one in given[name])
    return given
