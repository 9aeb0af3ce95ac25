"""Datasets: upload a CSV, XLSX or Parquet file, see what was found in it, accept a finding, delete it."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from app.api.deps import CALLER, GuardedRoute, needs
from app.api.incoming_files import IncomingFile, incoming_file
from app.api.languages import error_language
from core.errors import UploadRejected
from core.security.policy import Permission, Principal
from core.settings.current import get_settings

if TYPE_CHECKING:
    from core.datasets.rows import Dataset
    from core.datasets.uploads import UploadedTable

router = APIRouter(prefix="/api/datasets", tags=["datasets"], route_class=GuardedRoute)

_FINDING: dict[str, Any] = {
    "code": "quality.constant_column",
    "severity": "warning",
    "column": "Gender",
    "rows": [],
    "details": {"value": "Male"},
    "message": "The column 'Gender' holds only the value 'Male'.",
    "open": False,
    "accepted_because": None,
}
_DATASET: dict[str, Any] = {
    "id": "1f3e0a53-97c2-4a4e-9a6f-0e9d0b7c1f10",
    "name": "shopping_trends.csv",
    "room": "customers",
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "rows": 3900,
    "columns": ["Age", "Purchase Amount (USD)", "Subscription Status", "Frequency of Purchases"],
    "bytes": 512000,
    "format": "csv",
    "encoding": "utf-8",
    "delimiter": ",",
    "sheet": None,
    "owner": "local",
    "created_at": "2026-01-05T09:00:00Z",
    "findings": [_FINDING],
}


class UploadForm(BaseModel):
    """The fields of the multipart form."""

    model_config = ConfigDict(json_schema_extra={"example": {"room": "customers", "sheet": "2025"}})
    file: str = Field(json_schema_extra={"format": "binary"}, description="CSV, XLSX or Parquet")
    room: str = Field(description="who will use it, e.g. customers")
    sheet: str | None = Field(None, description="which sheet of an XLSX with several")
    mapping: str | None = Field(None, description="JSON object: expected column to column in the file")
    target: str | None = Field(None, description="the column to predict, checked for leaks")
    positive: str | None = Field(None, description="room ctr: the value that is a click, where it is not 1")


class FindingAnswer(BaseModel):
    """Something noticed about the data; a blocking one must be accepted with a reason before training."""

    model_config = ConfigDict(json_schema_extra={"example": _FINDING})
    code: str
    severity: str = Field(description="info, warning or blocking")
    column: str | None
    rows: list[int] = Field(description="the first few rows concerned, counted from 0")
    details: dict[str, Any]
    message: str
    open: bool = Field(description="still stands in the way of training")
    accepted_because: str | None = Field(description="the reason of whoever accepted it")


class DatasetAnswer(BaseModel):
    """A stored dataset and what was found in it; checksum and size are those of the stored Parquet file."""

    model_config = ConfigDict(json_schema_extra={"example": _DATASET})
    id: str
    name: str
    room: str
    sha256: str
    rows: int
    columns: list[str]
    bytes: int
    format: str
    encoding: str | None
    delimiter: str | None
    sheet: str | None
    owner: str
    created_at: datetime
    findings: list[FindingAnswer]


class Acceptance(BaseModel):
    """Which finding is accepted, and why."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"code": "quality.leaking_column", "column": "refund", "reason": "known before the purchase"}
        }
    )
    code: str
    column: str | None = None
    reason: str = Field(max_length=2000)


_CONTENT = {"multipart/form-data": {"schema": UploadForm.model_json_schema()}}
_FORM = {"requestBody": {"required": True, "content": _CONTENT}}


@router.post("", response_model=DatasetAnswer, status_code=201, openapi_extra=_FORM)
@needs(Permission.DATASETS_WRITE)
async def add_dataset(request: Request, principal: Principal = CALLER) -> Any:
    """Store a file as a dataset; nothing is kept of one that cannot be used."""
    settings = get_settings()
    limit = settings.upload_limit_bytes
    async with incoming_file(request, limit_bytes=limit, folder=settings.data_dir / "incoming") as incoming:
        return await run_in_threadpool(_store, incoming, limit, principal, error_language(request.scope))


@router.get("", response_model=list[DatasetAnswer])
@needs(Permission.DATASETS_READ)
def list_datasets(request: Request, principal: Principal = CALLER, room: str | None = None) -> Any:
    """Your datasets."""
    from core.datasets import records as datasets

    language = error_language(request.scope)
    return [_answer(one, language) for one in datasets.list_datasets(principal=principal, room=room)]


@router.get("/{dataset_id}", response_model=DatasetAnswer)
@needs(Permission.DATASETS_READ)
def get_dataset(dataset_id: str, request: Request, principal: Principal = CALLER) -> Any:
    """One dataset with its findings."""
    from core.datasets import records as datasets

    return _answer(datasets.get_dataset(dataset_id, principal=principal), error_language(request.scope))


@router.delete("/{dataset_id}", status_code=204, response_class=Response)
@needs(Permission.DATASETS_WRITE)
def delete_dataset(dataset_id: str, principal: Principal = CALLER) -> None:
    """Delete a dataset; what was trained on it stays."""
    from core.datasets import records as datasets

    datasets.delete_dataset(dataset_id, principal=principal)


@router.post("/{dataset_id}/findings/accept", response_model=DatasetAnswer)
@needs(Permission.DATASETS_WRITE)
def accept_finding(dataset_id: str, acceptance: Acceptance, request: Request, principal: Principal = CALLER) -> Any:
    """Accept a finding with a reason, which is kept in the record."""
    from core.datasets import records as datasets

    datasets.accept_finding(dataset_id, acceptance.code, acceptance.column, acceptance.reason, principal=principal)
    return _answer(datasets.get_dataset(dataset_id, principal=principal), error_language(request.scope))


def _store(incoming: IncomingFile, limit_bytes: int, principal: Principal, language: str) -> dict[str, Any]:
    from core.datasets.uploads import read_upload

    given = incoming.fields
    if not given.get("room"):
        raise UploadRejected("api.field_missing", field="room")
    if given["room"] not in _ROOMS:
        raise UploadRejected("api.unknown_room", room=given["room"], known=", ".join(_ROOMS))
    mapping = _mapping(given.get("mapping", ""))
    table = read_upload(incoming.path, incoming.name, limit_bytes=limit_bytes, sheet=given.get("sheet") or None)
    return _answer(_ROOMS[given["room"]](table, incoming.name, mapping, given, principal), language)


def _store_customers(
    table: UploadedTable, name: str, mapping: dict[str, str] | None, given: dict[str, str], principal: Principal
) -> Dataset:
    from core.customers.schema import CUSTOMER_SCHEMA
    from core.datasets.records import save_dataset

    return save_dataset(
        table,
        name=name,
        room=CUSTOMER_SCHEMA.room,
        principal=principal,
        mapping=mapping,
        target=given.get("target") or None,
        schema=CUSTOMER_SCHEMA,
    )


def _store_impressions(
    table: UploadedTable, name: str, mapping: dict[str, str] | None, given: dict[str, str], principal: Principal
) -> Dataset:
    from core.ctr.data.datasets import store_impressions

    target, positive = given.get("target") or None, given.get("positive") or None
    return store_impressions(table, name=name, principal=principal, mapping=mapping, target=target, positive=positive)


_ROOMS = {"customers": _store_customers, "ctr": _store_impressions}


def _mapping(text: str) -> dict[str, str] | None:
    if not text.strip():
        return None
    try:
        mapping = json.loads(text)
    except ValueError as error:
        raise UploadRejected("api.field_not_json", field="mapping") from error
    if not isinstance(mapping, dict) or not all(isinstance(value, str) for value in mapping.values()):
        raise UploadRejected("api.field_not_json", field="mapping")
    return mapping


def _answer(dataset: Dataset, language: str) -> dict[str, Any]:
    from core.datasets.records import open_findings

    names = set(DatasetAnswer.model_fields) - {"findings"}
    standing = open_findings(dataset)
    reasons = {(one.code, one.column): one.reason for one in dataset.accepted}
    findings = [
        {
            **finding.as_dict(),
            "message": finding.text(language),
            "open": finding in standing,
            "accepted_because": reasons.get((finding.code, finding.column)),
        }
        for finding in dataset.findings
    ]
    return {**{name: getattr(dataset, name) for name in names}, "findings": findings}
