"""The words in which the chat frontend lists documents: its three names of types, and a preview for each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from app.api.wire.etl import instant
from core.errors import BadInput

if TYPE_CHECKING:
    from core.knowledge.documents import Document

UNTYPED = "DOCUMENT"
# The types whose preview has a name of its own in that client.
ALIASES = {
    "PERSONALITY_PROFILE": "primary_tendency", "THINKING_SKILLS": "top_skills", "CAREER_RECOMMENDATIONS": "top_jobs",
}  # fmt: skip
LONGEST_SUMMARY = 200  # characters
DOCUMENT: dict[str, Any] = {
    "id": "0d6ee4a2-4c17-4b0b-9a5b-3a3f6e9a1c55", "doc_type": "primary_tendency", "title": "학생 017 성향 분석",
    "preview": {"primary_tendency": "탐구형", "summary": "1순위 성향은 탐구형(백분위 92)입니다."},
    "created_at": "2026-01-05T09:00:00Z", "updated_at": "2026-01-05T09:00:00Z",
    "doc_id": "0d6ee4a2-4c17-4b0b-9a5b-3a3f6e9a1c55", "document_type": "PERSONALITY_PROFILE",
    "summary_text": "1순위 성향은 탐구형(백분위 92)입니다.", "content_preview": "1순위 성향은 탐구형(백분위 92)입니다.",
    "collection_id": "b0c1a520-8b8e-4f7e-9d0e-0f4b1f9f2f11", "state": "serving", "version": 1,
}  # fmt: skip


class DocumentAnswer(BaseModel):
    """One document, beside the names of the former backend."""

    model_config = ConfigDict(json_schema_extra={"example": DOCUMENT})
    id: str
    doc_type: str = Field(description="primary_tendency, top_skills and top_jobs for three of the seven types")
    title: str
    preview: dict[str, Any] = Field(description="`summary` of each, and the value that the type is named after")
    created_at: str
    updated_at: str
    doc_id: str
    document_type: str = Field(description=f"one of the seven types in capitals, or {UNTYPED}")
    summary_text: str
    content_preview: str
    collection_id: str
    state: str = Field(description="serving, or outdated when a newer version could not be read")
    version: int


def shown_type(doc_type: str | None) -> str:
    """The name by which the client knows a type."""
    return ALIASES.get(doc_type or "", doc_type or UNTYPED)


def asked_types(given: str | None) -> tuple[str, ...]:
    """The type that a filter means, in whatever spelling; none for no filter. Raises BadInput for an unknown one."""
    from core.knowledge.aptitude.documents import aptitude_mapping

    if given is None or not given.strip():
        return ()
    known = {one.lower(): one for one in aptitude_mapping().types}
    known |= {alias: one for one, alias in ALIASES.items()}
    found = known.get(given.strip().lower())
    if found is None:
        raise BadInput("etl.no_such_document_type", field="doc_type", name=given[:80], known=", ".join(known))
    return (found,)


def document(one: Document, openings: Mapping[str, str]) -> dict[str, Any]:
    """All fields of `DocumentAnswer`."""
    opening = openings.get(one.id, "")
    kept = one.metadata.get("preview")
    preview = dict(kept) if isinstance(kept, dict) else {}
    summary = str(preview.get("summary") or opening or one.title)
    return {
        "id": one.id, "doc_type": shown_type(one.doc_type), "title": one.title,
        "preview": {**preview, "summary": summary}, "created_at": instant(one.created_at),
        "updated_at": instant(one.updated_at), "doc_id": one.id, "document_type": one.doc_type or UNTYPED,
        "summary_text": summary, "content_preview": opening, "collection_id": one.collection_id, "state": one.state,
        "version": one.version,
    }  # fmt: skip
