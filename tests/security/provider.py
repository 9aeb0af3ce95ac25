"""An identity provider for tests: keys of every kind, the document that publishes them, and tokens they sign."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

AUDIENCE = "authenticated"
_WRITERS: dict[str, Any] = {"RS256": RSAAlgorithm, "ES256": ECAlgorithm, "EdDSA": OKPAlgorithm}


@dataclass(frozen=True)
class SigningKey:
    """A private key with the name and algorithm it is published under."""

    id: str
    algorithm: str
    private: Any

    @property
    def published(self) -> dict[str, Any]:
        public = _WRITERS[self.algorithm].to_jwk(self.private.public_key(), as_dict=True)
        return {**public, "kid": self.id, "alg": self.algorithm, "use": "sig"}

    @property
    def public_pem(self) -> bytes:
        spki = serialization.PublicFormat.SubjectPublicKeyInfo
        return bytes(self.private.public_key().public_bytes(serialization.Encoding.PEM, spki))

    def token(self, claims: dict[str, Any] | None = None, **header: Any) -> str:
        content = genuine() if claims is None else claims
        return jwt.encode(content, self.private, self.algorithm, headers={"kid": self.id, **header})


@cache
def key(algorithm: str = "RS256", name: str = "") -> SigningKey:
    """A key of that kind; the same for the same name."""
    private: Any = {
        "RS256": lambda: rsa.generate_private_key(65537, 2048),
        "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
        "EdDSA": ed25519.Ed25519PrivateKey.generate,
    }[algorithm]()
    return SigningKey(name or f"key of {algorithm}", algorithm, private)


def document(*entries: dict[str, Any]) -> bytes:
    return json.dumps({"keys": list(entries)}).encode()


def genuine(**changes: Any) -> dict[str, Any]:
    """Claims that are right; None takes one out."""
    claims = {"aud": AUDIENCE, "exp": int(time.time()) + 3600, "sub": "user-1", "role": "authenticated", **changes}
    return {name: value for name, value in claims.items() if value is not None}
