"""How the caller wants to be answered: read and changed by themselves alone."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from app.api.deps import CALLER, GuardedRoute, needs
from core.knowledge.limits import MOST_COLLECTIONS
from core.security.policy import Permission, Principal

router = APIRouter(prefix="/api/preferences", tags=["chat"], route_class=GuardedRoute)

_PREFERENCES: dict[str, Any] = {
    "language": "question", "answer_length": "normal", "collection_ids": [], "shows_retrieval": False,
    "uses_model": True,
}  # fmt: skip


class PreferencesBody(BaseModel):
    """What is left out stays as it is."""

    model_config = ConfigDict(json_schema_extra={"example": {"answer_length": "short"}})
    language: Literal["question", "ko", "en"] | None = Field(None, description="of written answers")
    answer_length: Literal["short", "normal", "long"] | None = None
    collection_ids: list[str] | None = Field(
        None, max_length=MOST_COLLECTIONS, description="asked where nothing else is named"
    )
    shows_retrieval: bool | None = None
    uses_model: bool | None = Field(None, description="false wants quotes even where a model is configured")


class PreferencesAnswer(BaseModel):
    """Your preferences, with the defaults where you chose nothing."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"example": _PREFERENCES})
    language: str
    answer_length: str
    collection_ids: list[str]
    shows_retrieval: bool
    uses_model: bool


@router.get("", response_model=PreferencesAnswer)
@needs(Permission.CHAT_USE)
def get_preferences(principal: Principal = CALLER) -> Any:
    """Your own preferences."""
    from core.chat.preferences import load_preferences

    return load_preferences(principal=principal)


@router.put("", response_model=PreferencesAnswer)
@needs(Permission.CHAT_USE)
def put_preferences(body: PreferencesBody, principal: Principal = CALLER) -> Any:
    """Change some or all of your own preferences."""
    from dataclasses import replace

    from core.chat.preferences import load_preferences, save_preferences

    changed = body.model_dump(exclude_none=True)
    if "collection_ids" in changed:
        changed["collection_ids"] = tuple(changed["collection_ids"])
    return save_preferences(replace(load_preferences(principal=principal), **changed), principal=principal)
