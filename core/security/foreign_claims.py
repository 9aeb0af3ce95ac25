"""What a token of another issuer has to claim once its signature is verified: an audience, an end and a subject."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.errors import NotSignedIn

LONGEST_SUBJECT = 200  # characters, as the owner of a row
RESERVED = {"local", "guest", "system"}  # owners that are no person; a subject must not pass for one of them
SKEW_S = 60  # by how much the issuer's clock may be ahead

# PyJWT checks signature and algorithm; the claims are checked here, against the time that the caller names.
SIGNATURE_ONLY: Any = {
    "verify_exp": False, "verify_nbf": False, "verify_iat": False, "verify_aud": False, "verify_iss": False,
    "verify_sub": False, "verify_jti": False,
}  # fmt: skip


@dataclass(frozen=True)
class ForeignClaims:
    """Whom another issuer vouches for. role: its own word for what that person is, "" where it says none."""

    subject: str
    role: str
    email: str


def checked(claims: Mapping[str, Any], *, audience: str, issuer: str = "", now: datetime) -> ForeignClaims:
    """Raises NotSignedIn unless the token is for the audience, from the issuer ("": any), in time and has a subject."""
    if not _names(claims.get("aud"), audience) or (issuer and claims.get("iss") != issuer):
        raise NotSignedIn("security.token_invalid")
    subject, role, email = claims.get("sub"), claims.get("role"), claims.get("email")
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT or not subject.isprintable():
        raise NotSignedIn("security.token_invalid")
    if subject.strip().lower() in RESERVED:
        raise NotSignedIn("security.token_invalid")
    if _time(claims, "nbf", 0) > now.timestamp() + SKEW_S:
        raise NotSignedIn("security.token_invalid")
    if _time(claims, "exp", None) <= now.timestamp():
        raise NotSignedIn("security.token_expired")
    # A role that is no word is not passed over: whoever has one is not simply a person like the others.
    word = "" if role is None else role if isinstance(role, str) else repr(role)
    return ForeignClaims(subject, word, email if isinstance(email, str) else "")


def _names(audiences: object, wanted: str) -> bool:
    return audiences == wanted or (isinstance(audiences, list) and wanted in audiences)


def _time(claims: Mapping[str, Any], name: str, otherwise: float | None) -> float:
    value = claims.get(name, otherwise)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < 1e15:
        raise NotSignedIn("security.token_invalid")
    return float(value)
