"""Tokens of an identity provider: by its published keys only, each for its own algorithm."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given, settings
from hypothesis import strategies as st
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from core.errors import NotSignedIn
from core.security.foreign_claims import ForeignClaims
from core.security.provider_tokens import ALGORITHMS, claims_of, read_keys
from tests.security.provider import SigningKey, document, genuine, key

RSA, EC = key("RS256"), key("ES256")


def read(token: str, by: SigningKey = RSA) -> ForeignClaims:
    return claims_of(token, read_keys(document(by.published))[by.id])


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_when_a_token_is_genuine_then_it_says_whom_it_speaks_for(algorithm: str) -> None:
    token = key(algorithm).token(genuine(email="a@b.example"))

    assert read(token, key(algorithm)) == ForeignClaims("user-1", "authenticated", "a@b.example")


@pytest.mark.parametrize(
    "claims",
    [
        genuine(exp=int(time.time()) - 1),
        genuine(exp=None),
        genuine(sub=None),
        genuine(aud=None),
        genuine(aud="anon"),
        genuine(aud=["anon", "other"]),
        genuine(nbf=int(time.time()) + 3600),
        genuine(sub="local"),
        genuine(sub=7),
        genuine(padding="a" * 10_000),
    ],
    ids=["expired", "no exp", "no sub", "no aud", "aud", "aud list", "too early", "reserved", "number", "oversized"],
)
def test_when_a_claim_is_not_right_then_a_genuine_signature_does_not_help(claims: dict[str, Any]) -> None:
    with pytest.raises(NotSignedIn):
        read(RSA.token(claims))


def test_when_the_audience_is_one_of_several_then_the_token_counts() -> None:
    assert read(RSA.token(genuine(aud=["other", "authenticated"]))).subject == "user-1"


def test_when_an_issuer_is_set_then_only_its_tokens_count(settings_from: Callable[..., object]) -> None:
    settings_from(WORKBENCH_JWKS_ISSUER="https://login.example", WORKBENCH_JWKS_AUDIENCE="workbench")

    assert read(RSA.token(genuine(iss="https://login.example", aud="workbench"))).subject == "user-1"
    for claims in (genuine(aud="workbench"), genuine(iss="https://elsewhere.example", aud="workbench"), genuine()):
        with pytest.raises(NotSignedIn):
            read(RSA.token(claims))


@pytest.mark.fault(
    "forged tokens", "signed by HS256 with the public key",
    "refused",
)  # fmt: skip
def test_when_a_public_key_is_used_as_a_secret_then_the_token_is_refused() -> None:
    """PyJWT refuses to sign so, an attacker does not: the token is put together by hand."""
    for secret in (RSA.public_pem, document(RSA.published), RSA.published["n"].encode()):
        forged = by_hand({"alg": "HS256", "kid": RSA.id}, genuine(), secret)
        assert jwt.decode(forged, options={"verify_signature": False})["sub"] == "user-1"  # well formed
        with pytest.raises(NotSignedIn):
            read(forged)


@pytest.mark.parametrize("header", [{"alg": "none"}, {"alg": "None"}, {"alg": "RS512"}, {"alg": "ES256"}, {}], ids=str)
@pytest.mark.fault(
    "forged tokens", "a provider's token with `alg: none` or another algorithm",
    "refused",
)  # fmt: skip
def test_when_a_token_names_another_algorithm_than_its_key_then_it_is_refused(header: dict[str, str]) -> None:
    genuine_parts = RSA.token().split(".")

    for signature in ("", genuine_parts[2]):
        with pytest.raises(NotSignedIn):
            read(".".join([part({**header, "kid": RSA.id}), genuine_parts[1], signature]))


def test_when_a_token_brings_its_own_key_then_the_published_one_decides() -> None:
    other = SigningKey(RSA.id, "RS256", rsa.generate_private_key(65537, 2048))

    for header in ({}, {"jwk": other.published}, {"jku": "https://evil.example/keys"}, {"x5u": "https://evil.example"}):
        with pytest.raises(NotSignedIn):
            read(other.token(**header))


@settings(max_examples=60)
@given(data=st.data())
def test_when_one_character_of_a_token_is_changed_then_it_is_refused(data: st.DataObject) -> None:
    token = EC.token()
    place = data.draw(st.integers(0, len(token) - 2))
    letter = data.draw(st.sampled_from("ABCabc019._-").filter(lambda other: other != token[place]))

    with pytest.raises(NotSignedIn):
        read(token[:place] + letter + token[place + 1 :], EC)


def test_when_a_document_has_keys_of_all_kinds_then_only_usable_ones_are_read() -> None:
    weak = RSAAlgorithm.to_jwk(rsa.generate_private_key(65537, 1024).public_key(), as_dict=True)
    curve = ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP384R1()).public_key(), as_dict=True)
    secret = {"kty": "oct", "k": base64.urlsafe_b64encode(b"secret" * 8).decode(), "kid": "secret"}
    private = RSAAlgorithm.to_jwk(rsa.generate_private_key(65537, 2048), as_dict=True)
    entries = [
        RSA.published,
        {**secret},
        {**secret, "alg": "HS256"},
        {**weak, "kid": "weak"},
        {**curve, "kid": "another curve"},
        {**private, "kid": "private"},
        {**RSA.published, "kid": "for encryption", "use": "enc"},
        {**RSA.published, "kid": "for secrets", "alg": "HS256"},
        {**RSA.published, "kid": ""},
        {**RSA.published, "kid": 7},
        {**RSA.published, "kid": "broken", "n": "!"},
        {"kty": "RSA", "kid": "empty"},
        {"kty": ["RSA"], "kid": "list"},
        {},
        "text",
        None,
    ]

    assert set(read_keys(json.dumps({"keys": entries}))) == {RSA.id}


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"keys": {}}', b"<html>", b"\xff", b"7"])
def test_when_a_document_is_no_set_of_keys_then_that_is_said(content: bytes) -> None:
    with pytest.raises(ValueError):  # of json, of its decoding or of ours
        read_keys(content)


def test_when_a_document_is_endless_then_its_beginning_is_read() -> None:
    many = [{**RSA.published, "kid": str(number)} for number in range(300)]

    assert len(read_keys(document(*many))) == 100


def part(content: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


def by_hand(header: dict[str, str], claims: dict[str, Any], secret: bytes) -> str:
    signed = f"{part(header)}.{part(claims)}"
    mark = hmac.digest(secret, signed.encode(), hashlib.sha256)
    return f"{signed}.{base64.urlsafe_b64encode(mark).decode().rstrip('=')}"
