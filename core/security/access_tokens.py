"""Our own access tokens: HS256, three parts, and a payload that the chat frontend can read with `atob`.

A token names its session; whether that still stands is asked of the database (core/accounts/sessions).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any

from core.errors import NotSignedIn
from core.security.signing_key import key_id, signing_key, verification_keys
from core.security.token_parts import LONGEST, key_id_of, unverified

ALGORITHM = "HS256"
ACCESS = "access"
MOST_VERIFIED = 4096  # tokens, of some 400 bytes each
CLAIMS = ("user_id", "user_type", "ac_id", "iat", "exp", "sid", "type")

# base64url writes `-` and `_` for six bits of 111110 and 111111. In ASCII, whose top bit is 0, such six bits occur
# only as the low ones of every third byte, and only for > ? ~ and DEL. Written as JSON escapes those four are gone.
_ESCAPES = {ord(character): f"\\u{ord(character):04x}" for character in ">?~\x7f"}


@dataclass(frozen=True)
class AccessClaims:
    """What a token says. user_type: `personal`, `organization_admin` or `organization_member`."""

    user_id: str
    user_type: str
    ac_id: str
    session_id: str
    expires_at: datetime


def sign_access_token(claims: AccessClaims, *, issued_at: datetime) -> str:
    """The token; the base64url form of its payload holds neither `-` nor `_`, whatever the claims are."""
    content = {
        "user_id": claims.user_id,
        "user_type": claims.user_type,
        "ac_id": claims.ac_id,
        "iat": int(issued_at.timestamp()),
        "exp": int(claims.expires_at.timestamp()),
        "sid": claims.session_id,
        "type": ACCESS,
    }
    # The four characters can only stand inside strings here, where an escape means the same.
    payload = json.dumps(content, ensure_ascii=True, separators=(",", ":")).translate(_ESCAPES)
    return _signed(payload.encode("ascii"), signing_key())


def read_access_token(token: str, *, now: datetime) -> AccessClaims:
    """The claims of a token of ours. Raises NotSignedIn when it is not genuine, has expired, or is no access token.

    The expiry has no leeway and the time of issue is not judged: the session in the database has the last word, so
    clocks that differ between hosts cost a few seconds at the end of a token and nothing else.
    """
    claims = _verified(token, _key_of(token))
    if claims.expires_at <= now:
        raise NotSignedIn("security.token_expired")
    return claims


def claims_to_be_ours(token: str) -> bool:
    """Whether an unverified token looks like one of ours; only says with which key it is to be verified."""
    try:
        claims = unverified(token).claims
    except NotSignedIn:
        return False
    return "sid" in claims and "aud" not in claims


def _key_of(token: str) -> bytes:
    """The key that a token names, today's where it names none. Raises NotSignedIn for a name that is no key's.

    The name is looked up among the few there are and used for nothing else.
    """
    keys = verification_keys()
    header = token.partition(".")[0]
    if len(token) <= LONGEST:
        for key in keys.values():
            if header == _header_of(key):  # as we write it; every request comes here, so it is not read twice
                return key
    named = key_id_of(token)
    found = keys.get(named) if named is not None else signing_key()
    if found is None:
        raise NotSignedIn("security.token_invalid")
    return found


@lru_cache(MOST_VERIFIED)
def _verified(token: str, key: bytes) -> AccessClaims:
    """What a genuine token says never changes, so that a caller's next request need not pay for its signature again."""
    import jwt

    options: Any = {"require": list(CLAIMS), "verify_exp": False, "verify_iat": False}
    try:
        claims = jwt.decode(token, key, algorithms=[ALGORITHM], options=options)
        expires_at = datetime.fromtimestamp(int(claims["exp"]), UTC)
    except (jwt.InvalidTokenError, UnicodeError, ValueError, TypeError, OverflowError) as error:
        raise NotSignedIn("security.token_invalid") from error
    if claims["type"] != ACCESS:
        raise NotSignedIn("security.token_invalid")
    return AccessClaims(
        str(claims["user_id"]), str(claims["user_type"]), str(claims["ac_id"]), str(claims["sid"]), expires_at
    )


@cache
def _header_of(key: bytes) -> str:
    return _signed(b"{}", key).partition(".")[0]


def _signed(payload: bytes, key: bytes) -> str:
    import jwt

    return jwt.PyJWS().encode(payload, key, algorithm=ALGORITHM, headers={"kid": key_id(key)})
