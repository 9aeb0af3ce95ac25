"""Bodies of the routes by which administrators look after accounts, invitations and organisations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from app.api.wire.auth import Word
from app.api.wire.etl import instant
from app.api.wire.fragrance_bodies import SentBody
from core.security.policy import Role

if TYPE_CHECKING:
    from core.accounts.accounts import Account
    from core.accounts.invitations import Invitation
    from core.accounts.organisations import Organisation

Kind = Literal["personal", "organization_admin", "organization_member"]
_ORGANISATION: dict[str, Any] = {"id": "0c3b", "name": "한빛고등학교", "session_code": "HB-2026"}
_PERSON: dict[str, Any] = {
    "id": "5b0a4f0e-3f55-4f4c-9c37-6a3f0f6c2d11", "username": "minji", "name": "김민지", "email": "minji@example.com",
    "role": "user", "type": "personal", "organization": None, "disabled": False,
    "created_at": "2026-03-01T12:00:00Z", "disabled_at": None,
}  # fmt: skip
_INVITATION: dict[str, Any] = {
    "id": "9f1e", "email": "sora@example.com", "role": "user", "type": "personal", "organization": None,
    "created_at": "2026-03-01T12:00:00Z", "expires_at": "2026-03-08T12:00:00Z", "used_at": None, "used_by": None,
    "revoked_at": None, "is_open": True,
}  # fmt: skip


class OrganisationAnswer(BaseModel):
    """One organisation. session_code: known to all its people."""

    model_config = ConfigDict(json_schema_extra={"example": _ORGANISATION})
    id: str
    name: str
    session_code: str


class OrganisationOrder(BaseModel):
    """A new organisation."""

    model_config = ConfigDict(json_schema_extra={"example": {"name": "한빛고등학교", "session_code": "HB-2026"}})
    name: Word
    session_code: Word = Field(validation_alias=AliasChoices("session_code", "sessionCode"))


class OrganisationsAnswer(BaseModel):
    """Every organisation by name."""

    model_config = ConfigDict(json_schema_extra={"example": {"organizations": [_ORGANISATION], "total": 1}})
    organizations: list[OrganisationAnswer]
    total: int


class PersonAnswer(BaseModel):
    """One account as an administrator sees it."""

    model_config = ConfigDict(json_schema_extra={"example": _PERSON})
    id: str
    username: str
    name: str
    email: str
    role: str
    type: Kind
    organization: OrganisationAnswer | None
    disabled: bool
    created_at: str | None
    disabled_at: str | None


class PeopleAnswer(BaseModel):
    """A page of the accounts that fit, by username."""

    model_config = ConfigDict(json_schema_extra={"example": {"users": [_PERSON], "total": 1, "page": 1, "limit": 20}})
    users: list[PersonAnswer]
    total: int
    page: int
    limit: int


class PersonChange(BaseModel):
    """What is to change; what is left out stays."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"role": "researcher", "disabled": False}})
    name: Word | None = None
    email: Word | None = Field(None, description="empty takes the address away")
    role: Role | None = None
    disabled: bool | None = None


class ResetLinkAnswer(BaseModel):
    """A link for an administrator to hand over; told once."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "token": "q3V0bXk4...", "link": "http://localhost:8501/account?reset=q3V0bXk4...",
                "expires_at": "2026-03-01T13:00:00Z",
            }
        }
    )  # fmt: skip
    token: str
    link: str
    expires_at: str | None


class InvitationOrder(SentBody):
    """Whom to invite. organization_id: for the two kinds of people who belong to one."""

    model_config = ConfigDict(json_schema_extra={"example": {"email": "sora@example.com", "role": "user"}})
    role: Role = Role.ANALYST
    email: Word = ""
    type: Kind = "personal"
    organization_id: Word | None = None


class InvitationAnswer(BaseModel):
    """One invitation, without its token."""

    model_config = ConfigDict(json_schema_extra={"example": _INVITATION})
    id: str
    email: str
    role: str
    type: Kind
    organization: OrganisationAnswer | None
    created_at: str | None
    expires_at: str | None
    used_at: str | None
    used_by: str | None
    revoked_at: str | None
    is_open: bool


class InvitedAnswer(BaseModel):
    """A new invitation. token, link: told once. is_mailed: whether a letter is on its way."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "invitation": _INVITATION, "token": "q3V0bXk4...",
                "link": "http://localhost:8501/account?invitation=q3V0bXk4...", "is_mailed": False,
            }
        }
    )  # fmt: skip
    invitation: InvitationAnswer
    token: str
    link: str
    is_mailed: bool


class InvitationsAnswer(BaseModel):
    """Every invitation, newest first."""

    model_config = ConfigDict(json_schema_extra={"example": {"invitations": [_INVITATION], "total": 1}})
    invitations: list[InvitationAnswer]
    total: int


def person(one: Account) -> dict[str, Any]:
    return {
        "id": one.id, "username": one.login_name, "name": one.display_name, "email": one.email, "role": str(one.role),
        "type": str(one.kind), "organization": organisation(one.organisation), "disabled": one.disabled_at is not None,
        "created_at": instant(one.created_at), "disabled_at": instant(one.disabled_at),
    }  # fmt: skip


def organisation(one: Organisation | None) -> dict[str, Any] | None:
    return {"id": one.id, "name": one.name, "session_code": one.session_code} if one is not None else None


def invitation(one: Invitation) -> dict[str, Any]:
    return {
        "id": one.id, "email": one.email, "role": str(one.role), "type": str(one.kind),
        "organization": organisation(one.organisation), "created_at": instant(one.created_at),
        "expires_at": instant(one.expires_at), "used_at": instant(one.used_at), "used_by": one.used_by,
        "revoked_at": instant(one.revoked_at), "is_open": one.is_open(),
    }  # fmt: skip
