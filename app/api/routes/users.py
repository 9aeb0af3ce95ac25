"""What the chat frontend shows of a person: profile, documents, and what is being made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from app.api.deps import CALLER, GuardedRoute, needs
from app.api.wire.documents import DOCUMENT, LONGEST_SUMMARY, DocumentAnswer, asked_types, document, shown_type
from app.api.wire.etl import (
    JOB,
    Again,
    BegunAnswer,
    EtlJobAnswer,
    client_language,
    instant,
    job,
    reprocess,
    status_of,
    subject,
)
from core.errors import BadInput
from core.messages import say
from core.security.policy import Permission, Principal, is_allowed

if TYPE_CHECKING:
    from core.knowledge.ingestion.progress import IngestionProgress

router = APIRouter(prefix="/api/users", tags=["users"], route_class=GuardedRoute)

MOST_DOCUMENTS = 100  # of one page
RECENT = 5  # runs that are told with the state
_PROFILE: dict[str, Any] = {
    "user_id": "local", "document_count": 7, "conversation_count": 2,
    "available_document_types": ["primary_tendency", "USER_PROFILE"], "last_conversation_at": "2026-01-05T09:00:00Z",
    "processing_status": "completed",
}  # fmt: skip


class PersonProfile(BaseModel):
    """Counts of what a person may read and has asked."""

    model_config = ConfigDict(json_schema_extra={"example": _PROFILE})
    user_id: str
    document_count: int
    conversation_count: int
    available_document_types: list[str]
    last_conversation_at: str | None = None
    processing_status: str = Field(description="none, pending, completed or failed")


class ProfileAnswer(PersonProfile):
    """The profile as the client reads it, and flat beside it."""

    model_config = ConfigDict(json_schema_extra={"example": {"user": _PROFILE, **_PROFILE}})
    user: PersonProfile


class DocumentsAnswer(BaseModel):
    """Some of `total` documents that the person may read, by title."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "documents": [DOCUMENT], "total": 1, "page": 1, "limit": 12, "total_count": 1, "offset": 0,
                "has_more": False,
            }
        }
    )  # fmt: skip
    documents: list[DocumentAnswer]
    total: int
    page: int
    limit: int
    total_count: int
    offset: int
    has_more: bool


class ProcessingAnswer(BaseModel):
    """What is being made of a person's record, and what was."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "user_id": "local", "current_status": "completed", "active_job": None, "recent_jobs": [JOB],
                "has_documents": True, "document_count": 7, "last_processed_at": "2026-01-05T09:00:00Z",
            }
        }
    )  # fmt: skip
    user_id: str
    current_status: str = Field(description="none, pending, completed or failed")
    active_job: EtlJobAnswer | None
    recent_jobs: list[EtlJobAnswer]
    has_documents: bool
    document_count: int
    last_processed_at: str | None


class RemovedAnswer(BaseModel):
    """What was removed; processing the record again brings it back."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "deleted_count": 1, "document_ids": [DOCUMENT["id"]], "message": "1 documents were removed.",
                "undo": {"method": "POST", "path": "/api/users/local/reprocess"},
            }
        }
    )  # fmt: skip
    deleted_count: int
    document_ids: list[str]
    message: str
    undo: dict[str, str]


class UsersHealthAnswer(BaseModel):
    """Whether accounts and documents can be read, as it was just tried; always 200."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"status": "healthy", "database": "ok", "timestamp": "2026-01-05T09:00:00Z"}}
    )
    status: str = Field(description="healthy or degraded")
    database: str = Field(description="ok or down")
    timestamp: str


@router.get("/health", response_model=UsersHealthAnswer)
@needs(Permission.PUBLIC)
def users_health() -> Any:
    """The database, looked at now."""
    from core.knowledge.ingestion.counts import pipeline_health
    from core.storage.database import utc_now

    is_up = pipeline_health().database is None
    state = {"status": "healthy", "database": "ok"} if is_up else {"status": "degraded", "database": "down"}
    return {**state, "timestamp": instant(utc_now())}


@router.get("/{user_id}/profile", response_model=ProfileAnswer, response_model_exclude_none=True)
@needs(Permission.KNOWLEDGE_READ)
def get_profile(user_id: str, principal: Principal = CALLER) -> Any:
    """How much there is, and whether something is being made."""
    from core.chat.conversations import list_conversations
    from core.knowledge.document_openings import count_by_type

    person = subject(user_id, principal)
    types = count_by_type(principal=person)
    conversations, last = 0, None
    if is_allowed(person, Permission.CHAT_USE):
        page = list_conversations(principal=person, limit=1)
        conversations, last = page.total, next((one.updated_at for one in page.conversations), None)
    count = sum(types.values())
    profile = {
        "user_id": person.id, "document_count": count, "conversation_count": conversations,
        "available_document_types": [shown_type(one) for one in types], "last_conversation_at": instant(last),
        "processing_status": _processing(_newest(person), count > 0),
    }  # fmt: skip
    return {"user": profile, **profile}


@router.get("/{user_id}/documents", response_model=DocumentsAnswer)
@needs(Permission.KNOWLEDGE_READ)
def list_documents(
    user_id: str, principal: Principal = CALLER, page: Annotated[int, Query(ge=1)] = 1,
    limit: Annotated[int, Query(ge=1, le=MOST_DOCUMENTS)] = 12, offset: Annotated[int | None, Query(ge=0)] = None,
    doc_type: Annotated[str | None, Query(description="in capitals or not, or one of the client's names")] = None,
) -> Any:  # fmt: skip
    """Documents that the person may read."""
    from core.knowledge.document_openings import openings_of
    from core.knowledge.documents import list_documents as find

    person, types = subject(user_id, principal), asked_types(doc_type)
    skipped = offset if offset is not None else (page - 1) * limit
    found = find(doc_types=types, principal=person, limit=limit, offset=skipped)
    ids = [one.id for one in found.documents]
    openings = openings_of(ids, characters=LONGEST_SUMMARY, principal=person)
    return {
        "documents": [document(one, openings) for one in found.documents], "total": found.total, "page": page,
        "limit": limit, "total_count": found.total, "offset": skipped, "has_more": skipped + len(ids) < found.total,
    }  # fmt: skip


@router.post("/{user_id}/reprocess", response_model=BegunAnswer, response_model_exclude_none=True)
@needs(Permission.KNOWLEDGE_WRITE)
def reprocess_documents(
    user_id: str, request: Request, order: Again | None = None, principal: Principal = CALLER
) -> Any:
    """Make the documents of the person's record again; 409 where nothing changed and `force` was not asked for."""
    return reprocess(user_id, order, request, principal)


@router.get("/{user_id}/processing-status", response_model=ProcessingAnswer)
@needs(Permission.KNOWLEDGE_READ)
def get_processing(user_id: str, request: Request, principal: Principal = CALLER) -> Any:
    """The run that goes on, and the newest ones."""
    from core.knowledge.document_openings import count_by_type
    from core.knowledge.ingestion.progress import list_progress

    person, language = subject(user_id, principal), client_language(request)
    recent = list_progress(owner=person.id, principal=person, limit=RECENT).entries
    active = next((one for one in recent if not one.is_over), None)
    done = next((one.finished_at for one in recent if status_of(one) == "completed"), None)
    count = sum(count_by_type(principal=person).values())
    return {
        "user_id": person.id, "current_status": _processing(recent[0] if recent else None, count > 0),
        "active_job": job(active, language) if active else None, "recent_jobs": [job(one, language) for one in recent],
        "has_documents": count > 0, "document_count": count, "last_processed_at": instant(done),
    }  # fmt: skip


@router.delete("/{user_id}/documents", response_model=RemovedAnswer)
@needs(Permission.KNOWLEDGE_WRITE)
def remove_results(
    user_id: str, request: Request, principal: Principal = CALLER,
    doc_type: Annotated[str | None, Query(description="only of this type")] = None, confirm: bool = False,
) -> Any:  # fmt: skip
    """Remove documents of the person's own aptitude results, and of nothing else."""
    from core.knowledge.aptitude.records import remove_results as remove

    person, types, language = subject(user_id, principal), asked_types(doc_type), client_language(request)
    if not confirm:
        raise BadInput("etl.confirm_removal", field="confirm")
    ids = remove(principal=person, doc_types=types)
    return {
        "deleted_count": len(ids), "document_ids": list(ids), "message": say("etl.removed", language, count=len(ids)),
        "undo": {"method": "POST", "path": f"/api/users/{person.id}/reprocess"},
    }  # fmt: skip


def _newest(person: Principal) -> IngestionProgress | None:
    from core.knowledge.ingestion.progress import list_progress

    return next(iter(list_progress(owner=person.id, principal=person, limit=1).entries), None)


def _processing(newest: IngestionProgress | None, has_documents: bool) -> str:
    """The client's four words; a run that was cancelled leaves what was there before."""
    if newest is None or newest.state == "cancelled":
        return "completed" if has_documents else "none"
    status = status_of(newest)
    return status if status in ("completed", "failed") else "pending"
