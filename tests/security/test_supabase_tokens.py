"""Genuine Supabase tokens are accepted, everything else is not."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import jwt
import pytest

from core.errors import NotAllowed, NotSignedIn, Unavailable
from core.security.foreign_claims import ForeignClaims
from core.security.policy import PERMISSIONS, Permission, Principal, Role, is_allowed, require
from core.security.supabase_tokens import claims_of

SECRET = "a-long-and-real-secret-of-a-project"
NOW = int(time.time())
GENUINE = {"aud": "authenticated", "exp": NOW + 3600, "sub": "user-1", "role": "authenticated", "email": "a@b.example"}


def token(claims: dict[str, object], secret: str = SECRET, algorithm: str = "HS256") -> str:
    return jwt.encode(claims, secret, algorithm=algorithm)


@pytest.fixture(autouse=True)
def secret(settings_from: Callable[..., object]) -> None:
    settings_from(SUPABASE_JWT_SECRET=SECRET)


def test_when_the_token_is_genuine_then_its_subject_and_role_are_known() -> None:
    assert claims_of(token(GENUINE)) == ForeignClaims("user-1", "authenticated", "a@b.example")


@pytest.mark.parametrize(
    "bad",
    [
        token({**GENUINE, "exp": NOW - 10}),
        token(GENUINE, secret="another-secret-that-is-long-enough"),
        token({**GENUINE, "aud": "anon"}),
        token({key: value for key, value in GENUINE.items() if key != "aud"}),
        token({key: value for key, value in GENUINE.items() if key != "exp"}),
        token({key: value for key, value in GENUINE.items() if key != "sub"}),
        token({**GENUINE, "exp": "tomorrow"}),
        token({**GENUINE, "exp": True}),
        token({**GENUINE, "exp": float("inf")}),
        token({**GENUINE, "nbf": NOW + 3600}),
        token({**GENUINE, "sub": "local"}),
        token({**GENUINE, "sub": " System"}),
        token({**GENUINE, "sub": "a\nb"}),
        token({**GENUINE, "sub": "a" * 201}),
        token({**GENUINE, "sub": ""}),
        token({**GENUINE, "aud": ["anon"]}),
        token({**GENUINE, "padding": "a" * 10_000}),
        token(GENUINE, secret="", algorithm="none"),
        token(GENUINE, algorithm="HS512"),
        "not.a.token",
        "",
    ],
    ids=[
        "expired",
        "wrong secret",
        "wrong aud",
        "no aud",
        "no exp",
        "no sub",
        "exp text",
        "exp true",
        "exp inf",
        "too early",
        "sub local",
        "sub system",
        "sub lines",
        "sub long",
        "sub empty",
        "aud list",
        "oversized",
        "alg none",
        "HS512",
        "text",
        "empty",
    ],
)
def test_when_the_token_is_not_genuine_then_it_is_refused(bad: str) -> None:
    with pytest.raises(NotSignedIn):
        claims_of(bad)


def test_when_no_secret_is_configured_then_the_operator_is_told(settings_from: Callable[..., object]) -> None:
    settings_from(SUPABASE_JWT_SECRET="")

    with pytest.raises(Unavailable, match="SUPABASE_JWT_SECRET"):
        claims_of(token(GENUINE))


def test_when_a_guest_asks_for_more_than_public_then_it_is_refused_unless_granted_to_everybody() -> None:
    guest = Principal("guest", Role.GUEST)

    with pytest.raises(NotAllowed):
        require(guest, Permission.CUSTOMERS_LOOKUP)
    assert is_allowed(replace(guest, granted=frozenset({"customers.lookup"})), Permission.CUSTOMERS_LOOKUP)


def test_when_roles_are_compared_then_each_holds_what_a_less_trusted_one_holds() -> None:
    roles = [Role.GUEST, Role.ANALYST, Role.RESEARCHER, Role.DEVELOPER, Role.ADMIN]

    for less, more in pairwise(roles):
        assert PERMISSIONS[less] <= PERMISSIONS[more]
    assert PERMISSIONS[Role.ADMIN] == frozenset(Permission)
