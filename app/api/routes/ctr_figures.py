"""Figures of a finished CTR run for charts: importance, correlation and performance, each also under its other name."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict

from app.api.deps import CALLER, GuardedRoute, needs
from app.api.languages import error_language, label_language
from app.api.wire.ctr import both_spellings, finite
from core.errors import Conflict, NotFound
from core.messages import say
from core.security.policy import Permission, Principal

router = APIRouter(prefix="/api", tags=["ctr"], route_class=GuardedRoute)

_FEATURE: dict[str, Any] = {
    "feature": "inventory_id", "importance": 0.12, "pValue": 0.0004, "qValue": 0.003, "ci": [0.10, 0.14],
    "description": "광고가 노출된 지면의 ID", "status": "tested", "reason": None,
}  # fmt: skip
_PERFORMANCE: dict[str, Any] = {
    "run_id": "5f0c5f3e-6c0b-4f7e-9d0e-0f4b1f9f2f11", "model": "order_logistic", "chosen": True, "threshold": 0.061,
    "accuracy": 0.962, "precision": 0.11, "recall": 0.14, "f1_score": 0.12, "response_time": 0.4,
    "auc": 0.74, "average_precision": 0.081, "log_loss": 0.085,
    "base": {"accuracy": 0.981, "precision": 0.019, "recall": 0.024, "f1_score": 0.021},
    "unavailable": {},
}  # fmt: skip


class Importance(BaseModel):
    """One feature. `importance`: its share of the forest's, `ci` a 95 % bootstrap interval of it. `pValue`: of Welch's
    test between clicks and other rows, 1 with the status "not_tested" and a reason where there is no test; `qValue`:
    the same with false discoveries controlled."""

    model_config = ConfigDict(json_schema_extra={"example": _FEATURE})
    feature: str
    importance: float
    pValue: float
    qValue: float | None
    ci: tuple[float, float]
    description: str
    status: str
    reason: str | None


class Correlation(BaseModel):
    """Pearson correlations; square, symmetric, finite, 1 on the diagonal."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"features": ["clicked", "history_a_1"], "matrix": [[1.0, 0.07], [0.07, 1.0]]}}
    )
    features: list[str]
    matrix: list[list[float]]


class Performance(BaseModel):
    """One model of a run on its test rows. Shares from 0 to 1, `response_time` in milliseconds for one impression;
    `base`: the same figures without a model. A null has its reason in `unavailable`."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"example": _PERFORMANCE})
    run_id: str
    model: str
    chosen: bool
    threshold: float
    accuracy: float
    precision: float | None
    recall: float
    f1_score: float
    response_time: float | None
    auc: float
    average_precision: float
    log_loss: float
    base: dict[str, float | None]
    unavailable: dict[str, str]


@router.get("/report/feature-importance/{run_id}", response_model=list[Importance])
@needs(Permission.CTR_READ)
def feature_importance(run_id: str, request: Request, principal: Principal = CALLER) -> Any:
    """What the clicks depend on, the strongest first. 409 while the explanation is being computed."""
    features = explanation_of(run_id, principal)["features"]
    return importance_rows(features, request)


@router.get("/features/{run_id}", response_model=list[Importance])
@needs(Permission.CTR_READ)
def features(run_id: str, request: Request, principal: Principal = CALLER) -> Any:
    """`/api/report/feature-importance` under the client's name."""
    return feature_importance(run_id, request, principal)


@router.get("/report/correlation/{run_id}", response_model=Correlation)
@needs(Permission.CTR_READ)
def correlation(run_id: str, principal: Principal = CALLER) -> Any:
    """How the clicks and the columns nearest to them go together."""
    from core.ctr.runs import document_of, get_run

    found = document_of(get_run(run_id, principal=principal))["correlation"]
    # A constant column has no correlation; the chart formats every cell, so it is 0.
    matrix = [[finite(cell) or 0.0 for cell in row] for row in found["matrix"]]
    return {"features": found["features"], "matrix": matrix}


@router.get("/performance/{run_id}", response_model=Performance)
@needs(Permission.CTR_READ)
def performance(
    run_id: str,
    request: Request,
    principal: Principal = CALLER,
    model: Annotated[str | None, Query(description="a candidate of the run, such as lstm; else the chosen one")] = None,
) -> Any:
    """How well a model of the run does on rows that nobody chose by, at the run's cut."""
    from core.ctr.runs import document_of, get_run

    document = document_of(get_run(run_id, principal=principal))
    return performance_of(document, model, error_language(request.scope))


@router.get("/metrics/{run_id}", response_model=Performance)
@needs(Permission.CTR_READ)
def metrics(run_id: str, request: Request, principal: Principal = CALLER, model: str | None = None) -> Any:
    """`/api/performance` under the client's name."""
    return performance(run_id, request, principal, model)


def explanation_of(run_id: str, principal: Principal) -> dict[str, Any]:
    """The explanation of a run. Raises Conflict saying whether it is being computed or was never asked for."""
    from core.ctr.runs import explaining_job, report_of

    report = report_of(run_id, principal=principal)
    if report.explanation is not None:
        return report.explanation
    job = explaining_job(report.run, principal=principal)
    if job is not None and not job.has_ended:
        raise Conflict("ctr.explanation_pending", id=report.run.id, state=job.state)
    raise Conflict("ctr.not_explained", id=report.run.id)


def importance_rows(features: list[dict[str, Any]], request: Request) -> list[dict[str, Any]]:
    """The wire's rows of explanation.json's features, the most important first."""
    from core.ctr.data.column_words import describe_columns

    words = describe_columns([one["name"] for one in features], label_language(request.scope))
    rows = [_importance(one, words[one["name"]], error_language(request.scope)) for one in features]
    return sorted(rows, key=lambda row: -row["importance"])


def _importance(feature: dict[str, Any], description: str, language: str) -> dict[str, Any]:
    forest, welch = feature["forest"], feature.get("welch") or {}
    p, value = finite(welch.get("p")), float(forest["value"])
    return {
        "feature": feature["name"],
        "importance": value,
        "pValue": 1.0 if p is None else p,
        "qValue": finite(welch.get("q")),
        # The interval is one of resampled forests, whose middle need not be the forest that is shown.
        "ci": (min(float(forest["low"]), value), max(float(forest["high"]), value)),
        "description": description,
        "status": "not_tested" if p is None else "tested",
        "reason": say(feature.get("welch_reason") or "ctr.no_p_value", language) if p is None else None,
    }


def performance_of(document: dict[str, Any], model: str | None, language: str) -> dict[str, Any]:
    """The wire's performance of one model in report.json. Raises NotFound naming the models there are."""
    names = [one["name"] for one in document["models"]]
    wanted = model or document["champion"]["name"]
    if wanted not in names:
        raise NotFound("ctr.no_such_model", name=wanted, known=", ".join(names))
    evaluation = document["models"][names.index(wanted)]["evaluation"]
    cut, is_chosen = evaluation["at_threshold"], wanted == document["champion"]["name"]
    unavailable = {}
    if cut["precision"] is None:
        unavailable["precision"] = say("ctr.nothing_reaches_cut", language)
    if not is_chosen:
        unavailable["response_time"] = say("ctr.time_not_measured", language, model=wanted)
    values = {
        **{name: cut[name] for name in ("threshold", "accuracy", "precision", "recall")},
        "f1_score": cut["f1"],
        "response_time": document["latency"]["ms_single"] if is_chosen else None,
        **{name: one["value"] for name, one in evaluation["scores"].items()},
    }
    base = {"f1_score" if name == "f1" else name: value for name, value in cut["base"].items()}
    return {
        **both_spellings(finite(values)),
        "run_id": document["run_id"],
        "model": wanted,
        "chosen": is_chosen,
        "base": both_spellings(finite({**base, **evaluation["base"]})),
        "intervals": finite(evaluation["scores"]),
        "unavailable": unavailable,
    }
