"""Bodies of the routes by which people make their account, set its password and look after their sign-ins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from app.api.wire.auth import Token, Word
from app.api.wire.etl import instant

if TYPE_CHECKING:
    from core.accounts.sessions import SessionSeen

_SESSION: dict[str, Any] = {
    "id": "7d3c6f0a-1f0b-4a53-9d7e-0d5b2b0c9f10", "kind": "browser", "created_at": "2026-03-01T12:00:00Z",
    "last_seen_at": "2026-03-01T12:40:00Z", "expires_at": "2026-03-08T12:00:00Z", "address": "203.0.113.7",
    "user_agent": "Firefox", "is_current": True,
}  # fmt: skip


class SignUpOrder(BaseModel):
    """A new account. invitation: its token, where one is needed; role and organisation come from it."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "username": "minji", "password": "a long secret", "name": "김민지", "email": "minji@example.com",
                "invitation": "q3V0bXk4...",
            }
        }
    )  # fmt: skip
    username: Word = Field(validation_alias=AliasChoices("username", "login_name", "id"))
    password: Word
    name: Word = Field("", validation_alias=AliasChoices("name", "display_name"), description="empty: the username")
    email: Word = ""
    invitation: Token = Field("", validation_alias=AliasChoices("invitation", "invitation_token", "token"))


class ResetOrder(BaseModel):
    """Who forgot a password: an e-mail address or a username."""

    model_config = ConfigDict(json_schema_extra={"example": {"email": "minji@example.com"}})
    email: Word = Field(validation_alias=AliasChoices("email", "username"))


class ResetConfirmOrder(BaseModel):
    """The token of the link, and the new password."""

    model_config = ConfigDict(json_schema_extra={"example": {"token": "q3V0bXk4...", "password": "a new long secret"}})
    token: Token
    password: Word = Field(validation_alias=AliasChoices("password", "new_password"))


class PasswordOrder(BaseModel):
    """One's own password, changed by who knows the current one."""

    model_config = ConfigDict(json_schema_extra={"example": {"current": "a long secret", "password": "a new one"}})
    current: Word = Field(validation_alias=AliasChoices("current", "current_password", "old_password"))
    password: Word = Field(validation_alias=AliasChoices("password", "new_password"))


class SaidAnswer(BaseModel):
    """What was done, in a sentence."""

    model_config = ConfigDict(json_schema_extra={"example": {"success": True, "message": "비밀번호를 변경했습니다."}})
    success: bool = True
    message: str


class SessionAnswer(BaseModel):
    """One sign-in. kind: browser (the pages) or client (a pair of tokens). is_current: it sent this request."""

    model_config = ConfigDict(json_schema_extra={"example": _SESSION})
    id: str
    kind: str
    created_at: str
    last_seen_at: str | None
    expires_at: str
    address: str
    user_agent: str
    is_current: bool


class SessionsAnswer(BaseModel):
    """The sign-ins of an account that stand now."""

    model_config = ConfigDict(json_schema_extra={"example": {"sessions": [_SESSION], "total": 1}})
    sessions: list[SessionAnswer]
    total: int


class EndedAnswer(SaidAnswer):
    """How many sign-ins were ended."""

    model_config = ConfigDict(json_schema_extra={"example": {"success": True, "message": "Ended: 2.", "ended": 2}})
    ended: int


def session_of(one: SessionSeen, current_id: str) -> SessionAnswer:
    return SessionAnswer(
        id=one.id, kind=one.kind, created_at=instant(one.created_at) or "", last_seen_at=instant(one.last_seen_at),
        expires_at=instant(one.expires_at) or "", address=one.address or "", user_agent=one.user_agent or "",
        is_current=one.id == current_id,
    )  # fmt: skip
