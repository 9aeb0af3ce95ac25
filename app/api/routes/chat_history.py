"""The conversations of one person: listed, opened, renamed, removed, brought back and taken along as a file.

Nobody reads those of somebody else, admins included.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from app.api.chat_asking import require_self
from app.api.deps import CALLER, GuardedRoute, needs
from app.api.languages import label_language
from app.api.wire.chat import ANSWER, ReferenceAnswer, SaidAnswer, answer_fields
from core.security.policy import Permission, Principal

if TYPE_CHECKING:
    from core.chat.conversations import ConversationSummary
    from core.chat.messages import Message

router = APIRouter(prefix="/api/chat", tags=["chat"], route_class=GuardedRoute)

MEDIA_TYPES = {"markdown": "text/markdown; charset=utf-8", "pdf": "application/pdf", "json": "application/json"}
ENDINGS = {"markdown": "md", "pdf": "pdf", "json": "json"}
MOST_OFFSET = 1_000_000
_ID = ANSWER["conversation_id"]
_CONVERSATION: dict[str, Any] = {
    "conversation_id": _ID, "user_id": "local", "title": "환불은 언제까지 되나요?",
    "created_at": "2026-01-05T09:00:00Z", "updated_at": "2026-01-05T09:00:02Z", "message_count": 2,
    "last_message_preview": "구매 후 30일 안에 …", "collection_ids": [],
}  # fmt: skip
_PAGE: dict[str, Any] = {
    "conversations": [_CONVERSATION], "total": 1, "page": 1, "limit": 20, "offset": 0, "total_count": 1,
    "has_more": False,
}  # fmt: skip
_SAID_FIELDS = {name: ANSWER[name] for name in SaidAnswer.model_fields}
_MESSAGE: dict[str, Any] = {
    "id": ANSWER["message_id"], "type": "assistant", "content": ANSWER["response"], "number": 2,
    "timestamp": ANSWER["timestamp"], "confidence_score": 0.93, "processing_time": 0.214,
    "retrieved_documents": ANSWER["retrieved_documents"], "said": _SAID_FIELDS,
}  # fmt: skip


class ConversationAnswer(BaseModel):
    """A conversation as a row of the history; message_count counts questions and answers."""

    model_config = ConfigDict(json_schema_extra={"example": _CONVERSATION})
    conversation_id: str
    user_id: str
    title: str
    created_at: datetime
    updated_at: datetime
    message_count: int
    last_message_preview: str
    collection_ids: list[str] = Field(description="what is asked; empty means everything you may read")


class HistoryAnswer(BaseModel):
    """A page of conversations, the last changed first; the last three fields are the former backend's."""

    model_config = ConfigDict(json_schema_extra={"example": _PAGE})
    conversations: list[ConversationAnswer]
    total: int
    page: int
    limit: int
    offset: int
    total_count: int
    has_more: bool


class MessageAnswer(BaseModel):
    """A question or an answer; the fields after `timestamp` are an answer's alone."""

    model_config = ConfigDict(json_schema_extra={"example": _MESSAGE})
    id: str
    type: Literal["user", "assistant"]
    content: str
    number: int
    timestamp: datetime
    confidence_score: float | None = None
    processing_time: float | None = None
    retrieved_documents: list[ReferenceAnswer] | None = None
    said: SaidAnswer | None = Field(None, description="what the answer says about itself")


class OpenedAnswer(ConversationAnswer):
    """A conversation with all its messages."""

    model_config = ConfigDict(json_schema_extra={"example": {**_CONVERSATION, "messages": [_MESSAGE]}})
    messages: list[MessageAnswer]


class TitleBody(BaseModel):
    """Another title."""

    model_config = ConfigDict(json_schema_extra={"example": {"title": "환불 규정"}})
    title: str = Field(max_length=1000)


class RemovedAnswer(BaseModel):
    """The conversation that is listed no more; `restore` brings it back."""

    model_config = ConfigDict(json_schema_extra={"example": {"conversation_id": _ID, "state": "removed"}})
    conversation_id: str
    state: str


@router.get("/history/{user_id}", response_model=HistoryAnswer)
@needs(Permission.CHAT_USE)
def list_history(
    user_id: str,
    principal: Principal = CALLER,
    page: Annotated[int, Query(ge=1, le=MOST_OFFSET)] = 1,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    offset: Annotated[int | None, Query(ge=0, le=MOST_OFFSET, description="instead of page")] = None,
    query: Annotated[str, Query(max_length=200, description="words of a title, a question or an answer")] = "",
) -> Any:
    """Your conversations; 403 for the id of somebody else."""
    from core.chat.conversations import list_conversations

    require_self(user_id, principal)
    first = (page - 1) * limit if offset is None else offset
    found = list_conversations(query=query, principal=principal, limit=limit, offset=first)
    return {
        "conversations": [_row(one) for one in found.conversations], "total": found.total, "limit": limit,
        "page": first // limit + 1, "offset": first, "total_count": found.total,
        "has_more": first + len(found.conversations) < found.total,
    }  # fmt: skip


@router.get("/conversations/{conversation_id}", response_model=OpenedAnswer, response_model_exclude_unset=True)
@needs(Permission.CHAT_USE)
def open_conversation(conversation_id: str, request: Request, principal: Principal = CALLER) -> Any:
    """One conversation with its messages, as far as you may read today what they rest on."""
    from core.chat.conversations import summary_of
    from core.chat.messages import list_messages

    conversation = summary_of(conversation_id, principal=principal)
    language = label_language(request.scope)
    messages = [_message(one, language) for one in list_messages(conversation_id, principal=principal)]
    return {**_row(conversation), "messages": messages}


@router.patch("/conversations/{conversation_id}", response_model=ConversationAnswer)
@router.post("/conversations/{conversation_id}/rename", response_model=ConversationAnswer)
@needs(Permission.CHAT_USE)
def rename_conversation(conversation_id: str, body: TitleBody, principal: Principal = CALLER) -> Any:
    """Give a conversation another title."""
    from core.chat import conversations

    return _row(conversations.rename_conversation(conversation_id, body.title, principal=principal))


@router.delete("/conversations/{conversation_id}", response_model=RemovedAnswer)
@needs(Permission.CHAT_USE)
def remove_conversation(conversation_id: str, principal: Principal = CALLER) -> Any:
    """Take a conversation out of the history."""
    from core.chat import conversations

    conversations.remove_conversation(conversation_id, principal=principal)
    return {"conversation_id": conversation_id, "state": "removed"}


@router.post("/conversations/{conversation_id}/restore", response_model=ConversationAnswer)
@needs(Permission.CHAT_USE)
def restore_conversation(conversation_id: str, principal: Principal = CALLER) -> Any:
    """Bring a removed conversation back."""
    from core.chat import conversations

    return _row(conversations.restore_conversation(conversation_id, principal=principal))


@router.get("/conversations/{conversation_id}/export", response_class=Response)
@needs(Permission.CHAT_USE)
def export_conversation(
    conversation_id: str,
    request: Request,
    form: Literal["markdown", "pdf", "json"] = "markdown",
    principal: Principal = CALLER,
) -> Response:
    """A conversation with its sources as a file: Markdown, PDF or JSON."""
    from core.chat.conversations import get_conversation
    from core.chat.exporting import export_conversation as export
    from core.storage.exports import CONVERSATION, hand_out

    title = get_conversation(conversation_id, principal=principal).title
    content = export(conversation_id, form, language=label_language(request.scope), principal=principal)
    hand_out(CONVERSATION, conversation_id, principal=principal, form=ENDINGS[form])
    name = quote(f"{title[:60]}.{ENDINGS[form]}", safe="")
    told = {"Content-Disposition": f"attachment; filename=\"conversation.{ENDINGS[form]}\"; filename*=UTF-8''{name}"}
    return Response(content, media_type=MEDIA_TYPES[form], headers=told)


def _row(one: ConversationSummary) -> dict[str, Any]:
    return {
        "conversation_id": one.id, "user_id": one.owner, "title": one.title, "created_at": one.created_at,
        "updated_at": one.updated_at, "message_count": one.message_count,
        "last_message_preview": one.last_message_preview, "collection_ids": list(one.collection_ids),
    }  # fmt: skip


def _message(one: Message, language: str) -> dict[str, Any]:
    told: dict[str, Any] = {"id": one.id, "type": one.role, "number": one.number, "timestamp": one.at}
    if one.role == "user":
        return {**told, "content": one.text}
    fields = answer_fields(one, language)
    about = {name: fields[name] for name in ("confidence_score", "processing_time", "retrieved_documents")}
    said = {name: fields[name] for name in SaidAnswer.model_fields}
    return {**told, "content": fields["response"], **about, "said": said}
