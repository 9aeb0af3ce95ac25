"""The CTR frontend uploads a file of impressions here and reads what is in it; training is `ctr_training`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from app.api.deps import CALLER, GuardedRoute, needs
from app.api.incoming_files import IncomingFile, incoming_file
from app.api.languages import error_language, label_language
from app.api.wire.ctr import finite
from core.messages import say
from core.security.policy import Permission, Principal
from core.settings.current import get_settings

if TYPE_CHECKING:
    from core.datasets.rows import Dataset

router = APIRouter(prefix="/api", tags=["ctr"], route_class=GuardedRoute)

PREVIEW_ROWS = 10
PREVIEW_TEXT = 200  # characters of a cell that are shown: a click history may hold 14,000 ids
_UPLOADED: dict[str, Any] = {
    "file_id": "1f3e0a53-97c2-4a4e-9a6f-0e9d0b7c1f10",
    "filename": "CTR_60000.csv",
    "rows": 60000,
    "columns": ["gender", "age_group", "clicked"],
    "validation": {"isValid": True, "errors": [], "warnings": ["Column 'l_feat_20' holds only the value '1'."]},
    "info": {
        "totalRows": 60000, "totalColumns": 119, "missingValues": 6213, "missingPercentage": 0.09,
        "duplicateRows": 0, "clickedOne": 1150, "clickedZero": 58850, "ctr": 1.917,
    },
    "preview": [{"gender": 1, "age_group": 4, "clicked": 0}],
    "column_descriptions": {"gender": "성별 코드(1, 2)"},
    "unavailable": {},
}  # fmt: skip


class ImpressionForm(BaseModel):
    """The fields of the multipart form; only the file is needed."""

    model_config = ConfigDict(json_schema_extra={"example": {"target": "clicked"}})
    file: str = Field(json_schema_extra={"format": "binary"}, description="CSV, XLSX or Parquet")
    target: str | None = Field(None, description="the column of clicks, where it is not 'clicked'")
    positive: str | None = Field(None, description="the value that is a click, where the target is not 0 and 1")
    sheet: str | None = Field(None, description="which sheet of an XLSX with several")


class Validation(BaseModel):
    """Errors stand in the way of training; warnings do not."""

    model_config = ConfigDict(json_schema_extra={"example": {"isValid": True, "errors": [], "warnings": []}})
    isValid: bool
    errors: list[str]
    warnings: list[str]


class UploadAnswer(BaseModel):
    """A stored file; `info` holds eight numbers, percentages run from 0 to 100."""

    model_config = ConfigDict(json_schema_extra={"example": _UPLOADED})
    file_id: str
    filename: str
    rows: int
    columns: list[str]
    validation: Validation
    info: dict[str, int | float]
    preview: list[dict[str, Any]]
    column_descriptions: dict[str, str]
    unavailable: dict[str, str] = Field(description="figure that is 0 because it cannot be computed, and why")


class HealthyAnswer(BaseModel):
    """That the API answers; `/health` tells how its parts are."""

    model_config = ConfigDict(json_schema_extra={"example": {"status": "healthy", "timestamp": "2026-01-05T09:00:00Z"}})
    status: str
    timestamp: datetime


_CONTENT = {"multipart/form-data": {"schema": ImpressionForm.model_json_schema()}}
_FORM = {"requestBody": {"required": True, "content": _CONTENT}}


@router.get("/health", response_model=HealthyAnswer)
@needs(Permission.PUBLIC)
def healthy() -> Any:
    """That the API answers, and what time it is."""
    return {"status": "healthy", "timestamp": datetime.now(UTC)}


@router.post("/upload", response_model=UploadAnswer, openapi_extra=_FORM)
@needs(Permission.DATASETS_WRITE)
async def upload_impressions(request: Request, principal: Principal = CALLER) -> Any:
    """Store a file of impressions and say what is in it. One that cannot be trained on is kept, with the reasons."""
    settings = get_settings()
    limit = settings.upload_limit_bytes
    async with incoming_file(request, limit_bytes=limit, folder=settings.data_dir / "incoming") as incoming:
        return await run_in_threadpool(_store, incoming, limit, principal, request)


def _store(incoming: IncomingFile, limit_bytes: int, principal: Principal, request: Request) -> dict[str, Any]:
    from core.ctr.data.datasets import count_impressions, store_impressions
    from core.datasets.records import load_frame
    from core.datasets.uploads import read_upload

    given = incoming.fields
    positive = given.get("positive") or None
    table = read_upload(incoming.path, incoming.name, limit_bytes=limit_bytes, sheet=given.get("sheet") or None)
    dataset = store_impressions(
        table, name=incoming.name, principal=principal, target=given.get("target") or None, positive=positive
    )
    frame = load_frame(dataset)
    counts = count_impressions(frame, target=str(dataset.target), positive=positive)
    return {
        **_found(dataset, error_language(request.scope)),
        "info": {
            "totalRows": counts.rows,
            "totalColumns": counts.columns,
            "missingValues": counts.missing_cells,
            "missingPercentage": round(100 * counts.missing_share, 4),
            "duplicateRows": counts.duplicate_rows,
            "clickedOne": counts.clicked,
            "clickedZero": counts.not_clicked,
            "ctr": round(100 * (counts.click_rate or 0.0), 4),
        },
        "preview": [_shown(row) for row in frame.head(PREVIEW_ROWS).to_dicts()],
        "column_descriptions": _descriptions(dataset.columns, label_language(request.scope)),
        "unavailable": {} if counts.click_rate is not None else _no_clicks(str(dataset.target), request),
    }


def _found(dataset: Dataset, language: str) -> dict[str, Any]:
    from core.datasets.records import open_findings

    errors = open_findings(dataset)
    warnings = [one for one in dataset.findings if one not in errors and one.severity != "info"]
    return {
        "file_id": dataset.id,
        "filename": dataset.name,
        "rows": dataset.rows,
        "columns": dataset.columns,
        "validation": {
            "isValid": not errors,
            "errors": [one.text(language) for one in errors],
            "warnings": [one.text(language) for one in warnings],
        },
    }


def _descriptions(columns: tuple[str, ...], language: str) -> dict[str, str]:
    from core.ctr.data.column_words import describe_columns

    return describe_columns(columns, language)


def _no_clicks(target: str, request: Request) -> dict[str, str]:
    reason = say("ctr.no_click_rate", error_language(request.scope), target=target)
    return dict.fromkeys(("clickedOne", "clickedZero", "ctr"), reason)


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    """A row as strict JSON, endless texts cut."""
    plain: dict[str, Any] = finite(row)
    return {
        name: f"{value[:PREVIEW_TEXT]}…" if isinstance(value, str) and len(value) > PREVIEW_TEXT else value
        for name, value in plain.items()
    }
