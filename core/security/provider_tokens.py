"""Tokens that an identity provider signs with a private key and whose public keys (JWKS) it publishes.

The algorithm belongs to the key and not to the token: a key that was published for RS256 verifies RS256 only, so a
public key can never be taken for a secret. Where the keys come from is `core/accounts/provider_keys`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from core.errors import NotSignedIn
from core.security.foreign_claims import SIGNATURE_ONLY, ForeignClaims, checked
from core.security.token_parts import LONGEST
from core.settings.current import get_settings

ALGORITHMS = ("RS256", "ES256", "EdDSA")
MOST_KEYS = 100
WEAKEST_RSA_BITS = 2048

_KINDS = {"RSA": "RS256", "EC": "ES256", "OKP": "EdDSA"}  # `kty` of a key -> the one algorithm we take from it
_CURVES = {"RSA": None, "EC": "P-256", "OKP": "Ed25519"}


@dataclass(frozen=True)
class ProviderKey:
    """One published key. id: its `kid`; key: the public key of the cryptography library."""

    id: str
    algorithm: str
    key: Any = field(compare=False, repr=False)


def read_keys(document: bytes | str) -> dict[str, ProviderKey]:
    """The usable keys of a JWKS document by their `kid`; others (symmetric, weak, for encryption) are passed over.

    Raises ValueError for what is no such document.
    """
    content = json.loads(document)
    entries = content.get("keys") if isinstance(content, dict) else None
    if not isinstance(entries, list):
        raise ValueError("not a JSON Web Key Set: it has no list of keys")  # noqa: TRY004  # a broken document
    keys = (_read_key(entry) for entry in entries[:MOST_KEYS] if isinstance(entry, dict))
    return {key.id: key for key in keys if key is not None}


def claims_of(token: str, key: ProviderKey, *, now: datetime | None = None) -> ForeignClaims:
    """Whom a token of the provider speaks for, by the key it names. Raises NotSignedIn."""
    import jwt

    if len(token) > LONGEST:
        raise NotSignedIn("security.token_invalid")
    try:
        claims = jwt.decode(token, key.key, algorithms=[key.algorithm], options=SIGNATURE_ONLY)
    except (jwt.InvalidTokenError, jwt.InvalidKeyError, UnicodeError, ValueError, TypeError, RecursionError) as error:
        raise NotSignedIn("security.token_invalid") from error
    settings = get_settings()
    return checked(
        claims, audience=settings.jwks_audience, issuer=settings.jwks_issuer, now=now or datetime.now(UTC)
    )  # fmt: skip


def _read_key(entry: Mapping[str, Any]) -> ProviderKey | None:
    import jwt

    kind, key_id = entry.get("kty"), entry.get("kid")
    if not isinstance(kind, str) or not isinstance(key_id, str) or not key_id:
        return None
    algorithm = _KINDS.get(kind)
    is_meant = entry.get("alg", algorithm) == algorithm and entry.get("use", "sig") == "sig"
    if algorithm is None or not is_meant or entry.get("crv") != _CURVES[kind] or "d" in entry:
        return None
    try:
        key = jwt.PyJWK(dict(entry), algorithm=algorithm).key
    except (jwt.PyJWTError, ValueError, TypeError):
        return None
    if kind == "RSA" and key.key_size < WEAKEST_RSA_BITS:
        return None
    return ProviderKey(key_id, algorithm, key)
