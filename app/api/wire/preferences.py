"""What the administration of aptitude records answers, in the words of the chat frontend's former backend."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from app.api.wire.etl import BEGUN, BegunAnswer

_ISSUE: dict[str, Any] = {"code": "APTITUDE_NEVER_PROCESSED", "message": "Record 17 was never processed."}
_DIAGNOSIS: dict[str, Any] = {
    "anp_seq": 17, "name": "학생 017", "status": "present", "preference_data": {
        "status": "present", "answered": 120, "expected": 120, "completeness": 1.0, "fields": ["자연과 환경"],
    }, "expected_documents": ["PREFERENCE_ANALYSIS"], "documents": [], "has_issues": True, "issues": [_ISSUE],
    "can_be_repaired": True,
}  # fmt: skip
_QUERY: dict[str, Any] = {
    "query_name": "PREFERENCE_ANALYSIS", "success": True, "row_count": 3, "execution_time_ms": 0.01,
    "sample_data": None,
}  # fmt: skip


class Issue(BaseModel):
    """One thing that is not as it should be."""

    model_config = ConfigDict(json_schema_extra={"example": _ISSUE})
    code: str
    message: str


class PreferenceData(BaseModel):
    """What the record itself holds."""

    model_config = ConfigDict(json_schema_extra={"example": _DIAGNOSIS["preference_data"]})
    status: str = Field(description="present, partial or missing")
    answered: int
    expected: int
    completeness: float = Field(ge=0, le=1)
    fields: list[str]


class RecordDocument(BaseModel):
    """A document made of the record. is_as_recorded: it says what the record says today."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "example": {
                "id": "0d6ee4a2-4c17-4b0b-9a5b-3a3f6e9a1c55", "owner": "local", "doc_type": "PREFERENCE_ANALYSIS",
                "title": "학생 017 선호도 분석", "state": "serving", "is_as_recorded": True,
            }
        },
    )  # fmt: skip
    id: str
    owner: str
    doc_type: str
    title: str
    state: str
    is_as_recorded: bool


class DiagnosisAnswer(BaseModel):
    """One record, as it was just looked at."""

    model_config = ConfigDict(json_schema_extra={"example": _DIAGNOSIS})
    anp_seq: int
    name: str
    status: str
    preference_data: PreferenceData
    expected_documents: list[str] = Field(description="types that the record has the fields for")
    documents: list[RecordDocument]
    has_issues: bool
    issues: list[Issue]
    can_be_repaired: bool = Field(description="whether processing the record again would mend something")


class BulkAnswer(BaseModel):
    """Some of `total` records."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"results": [_DIAGNOSIS], "total": 30, "limit": 50, "skip": 0}}
    )
    results: list[DiagnosisAnswer]
    total: int
    limit: int
    skip: int


class QueryAnswer(BaseModel):
    """One look at the source."""

    model_config = ConfigDict(json_schema_extra={"example": _QUERY})
    query_name: str
    success: bool
    row_count: int
    execution_time_ms: float
    sample_data: Any = None


class QueriesAnswer(BaseModel):
    """Every look that the documents of a record need."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"anp_seq": 17, "total": 9, "succeeded": 9, "success_rate": 1.0, "queries": [_QUERY]}
        }
    )
    anp_seq: int
    total: int
    succeeded: int
    success_rate: float = Field(ge=0, le=1)
    queries: list[QueryAnswer]


class RepairAnswer(BaseModel):
    """What was wrong, and the runs that mend it; empty where nothing could be begun, with the reason."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"diagnosis": _DIAGNOSIS, "repaired": True, "jobs": [BEGUN], "reasons": []}}
    )
    diagnosis: DiagnosisAnswer
    repaired: bool = Field(description="whether runs were begun")
    jobs: list[BegunAnswer]
    reasons: list[str]


class OverviewAnswer(BaseModel):
    """Counts over all records."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "total_records": 30, "preference_status": {"present": 22, "partial": 4, "missing": 4},
                "processed_records": 1, "records_with_issues": 29, "mean_completeness": 0.78,
                "documents": {"PREFERENCE_ANALYSIS": 1}, "timestamp": "2026-01-05T09:00:00Z",
            }
        }
    )  # fmt: skip
    total_records: int
    preference_status: dict[str, int]
    processed_records: int
    records_with_issues: int
    mean_completeness: float
    documents: dict[str, int]
    timestamp: str
