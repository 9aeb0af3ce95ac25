"""Bodies of signing in to administration with a cookie (contract fragrance 1.1), and of the former `/api/v2/auth`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from app.api.wire.auth import Token, UserAnswer, Word
from app.api.wire.etl import instant

if TYPE_CHECKING:
    from core.accounts.accounts import Account

_ADMINISTRATOR: dict[str, Any] = {
    "user_id": "5b0a4f0e-3f55-4f4c-9c37-6a3f0f6c2d11", "username": "minji", "name": "김민지",
    "email": "minji@example.com", "role": "admin",
}  # fmt: skip
_OPENED: dict[str, Any] = {
    "success": True, "message": "로그인했습니다.", "csrf_token": "6f1c...", "expires_at": "2026-03-01T14:00:00Z",
    "user": _ADMINISTRATOR,
}  # fmt: skip


class AdminLoginOrder(BaseModel):
    """E-mail address, or username, and password."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"email": "minji@example.com", "password": "a long secret"}}
    )
    email: Word = Field(validation_alias=AliasChoices("email", "username"))
    password: Word


class AdministratorAnswer(BaseModel):
    """Who administers. email: "" where none is known."""

    model_config = ConfigDict(json_schema_extra={"example": _ADMINISTRATOR})
    user_id: str
    username: str
    name: str
    email: str
    role: str


class AdminLoginAnswer(BaseModel):
    """csrf_token: to be sent back as `X-CSRF-Token`; the sign-in itself is the cookie that comes along."""

    model_config = ConfigDict(json_schema_extra={"example": _OPENED})
    success: bool = True
    message: str
    csrf_token: str
    expires_at: str
    user: AdministratorAnswer


class AdminSessionAnswer(AdministratorAnswer):
    """Who administers, since when and until when."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                **_ADMINISTRATOR, "login_time": "2026-03-01T12:00:00Z", "expires_at": "2026-03-01T14:00:00Z",
            }
        }
    )  # fmt: skip
    login_time: str
    expires_at: str


class V2LoginOrder(BaseModel):
    """Name or e-mail address, and password."""

    model_config = ConfigDict(json_schema_extra={"example": {"username": "minji", "password": "a long secret"}})
    username: Word = Field(validation_alias=AliasChoices("username", "email"))
    password: Word


class V2LoginAnswer(BaseModel):
    """The pair of tokens in the words of OAuth 2. expires_in: of the access token [s]."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "success": True, "message": "로그인했습니다.", "access_token": "eyJhbGciOi...",
                "refresh_token": "q3V0bXk4...", "token_type": "bearer", "expires_in": 86400,
                "expires_at": "2026-03-02T12:00:00Z",
                "user": {"id": "5b0a4f0e", "user_id": "5b0a4f0e", "name": "김민지", "type": "personal"},
            }
        }
    )  # fmt: skip
    success: bool = True
    message: str
    access_token: str
    refresh_token: str
    token_type: str = "bearer"  # noqa: S105 - the kind of token, as OAuth 2 words it
    expires_in: int
    expires_at: str
    user: UserAnswer


class V2VerifyOrder(BaseModel):
    """A token to be judged; left out, the bearer token of the request is."""

    model_config = ConfigDict(json_schema_extra={"example": {"token": "eyJhbGciOi..."}})
    token: Token = ""


def administrator(account: Account) -> dict[str, Any]:
    return {
        "user_id": account.id, "username": account.login_name, "name": account.display_name, "email": account.email,
        "role": str(account.role),
    }  # fmt: skip


def ends(at: Any) -> str:
    return instant(at) or ""
