"""Bodies of the sign-in routes in the chat frontend's shapes (contract chat 1.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from core.accounts.accounts import Account
    from core.accounts.token_pairs import TokenPair
    from core.security.policy import Principal

LONGEST = 1024  # characters of a name, password or code; without a limit a long one costs time before it is refused
LONGEST_TOKEN = 8192
Word = Annotated[str, Field(max_length=LONGEST)]
Token = Annotated[str, Field(max_length=LONGEST_TOKEN)]

_USER: dict[str, Any] = {
    "id": "5b0a4f0e-3f55-4f4c-9c37-6a3f0f6c2d11",
    "user_id": "5b0a4f0e-3f55-4f4c-9c37-6a3f0f6c2d11",
    "name": "김민지",
    "type": "personal",
    "ac_id": "minji",
    "isPaid": True,
    "isExpired": False,
    "ins_seq": 17,
}
_PAIR: dict[str, Any] = {
    "success": True,
    "message": "로그인했습니다.",
    "tokens": {"access": "eyJhbGciOi...", "refresh": "q3V0bXk4..."},
    "expires_at": "2026-03-02T12:00:00Z",
}


class LoginOrder(BaseModel):
    """Name and password; people of an organisation give its session code as well."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"username": "minji", "password": "a long secret", "loginType": "personal"}}
    )
    username: Word
    password: Word
    loginType: Literal["personal", "organization"] = "personal"
    sessionCode: Word | None = None


class RefreshOrder(BaseModel):
    """The refresh token, which is used up by this."""

    model_config = ConfigDict(json_schema_extra={"example": {"refresh": "q3V0bXk4..."}})
    refresh: Token


class TokenOrder(BaseModel):
    """An access token to be judged."""

    model_config = ConfigDict(json_schema_extra={"example": {"token": "eyJhbGciOi..."}})
    token: Token


class UserAnswer(BaseModel):
    """A person as the frontend knows it; what is not known is left out. user_id: `id` under its former name."""

    model_config = ConfigDict(json_schema_extra={"example": _USER})
    id: str
    user_id: str
    name: str
    type: Literal["personal", "organization_admin", "organization_member"]
    ac_id: str | None = None
    sex: str | None = None
    isPaid: bool | None = None
    productType: str | None = None
    isExpired: bool | None = None
    state: str | None = None
    sessionCode: str | None = None
    ins_seq: int | str | None = None


class Tokens(BaseModel):
    """access: for the Authorization header. refresh: for one exchange."""

    model_config = ConfigDict(json_schema_extra={"example": _PAIR["tokens"]})
    access: str
    refresh: str


class PairAnswer(BaseModel):
    """A pair of tokens. expires_at: end of the access token, in UTC."""

    model_config = ConfigDict(json_schema_extra={"example": _PAIR})
    success: bool = True
    message: str
    tokens: Tokens
    expires_at: str


class LoginAnswer(PairAnswer):
    """A pair of tokens and whose they are."""

    model_config = ConfigDict(json_schema_extra={"example": {**_PAIR, "user": _USER}})
    user: UserAnswer


class LogoutAnswer(BaseModel):
    """Said once the tokens of this sign-in work no more."""

    model_config = ConfigDict(json_schema_extra={"example": {"success": True, "message": "로그아웃했습니다."}})
    success: bool = True
    message: str


class VerifiedAnswer(BaseModel):
    """Whether a token works now, whose it is if so, and a sentence on why not otherwise."""

    model_config = ConfigDict(json_schema_extra={"example": {"valid": True, "user": _USER, "message": "유효합니다."}})
    valid: bool
    user: UserAnswer | None = None
    message: str


class SignInHealthAnswer(BaseModel):
    """healthy: the accounts can be read."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"status": "healthy", "service": "auth", "timestamp": "2026-03-01T12:00:00Z"}}
    )
    status: Literal["healthy", "unhealthy"]
    service: str = "auth"
    message: str = ""
    timestamp: str


def user_of(account: Account) -> UserAnswer:
    """The same for every route that tells who somebody is."""
    known = account.client_fields
    organisation = account.organisation
    return UserAnswer(
        id=account.id,
        user_id=account.id,
        name=account.display_name,
        type=account.kind.value,
        ac_id=account.ac_id,
        sex=known.sex,
        isPaid=known.is_paid,
        productType=known.product_type,
        isExpired=known.is_expired,
        state=known.state,
        sessionCode=organisation.session_code if organisation is not None else None,
        ins_seq=known.ins_seq,
    )


def user_of_project(principal: Principal) -> UserAnswer:
    """Somebody whom the Supabase project signed in: there is no account here."""
    return UserAnswer(id=principal.id, user_id=principal.id, name=principal.name, type="personal")


def pair_of(pair: TokenPair) -> dict[str, Any]:
    return {"tokens": {"access": pair.access, "refresh": pair.refresh}, "expires_at": pair.expires_at}
