"""Tokens of this workbench and of a Supabase project are accepted side by side, each by its own key."""

from __future__ import annotations

import time
from collections.abc import Callable

import jwt
import pytest

from core.accounts.accounts import Account
from core.accounts.callers import principal_of
from core.accounts.token_pairs import open_client_session
from core.errors import NotSignedIn
from core.security.policy import Principal, Role

SECRET = "a-long-and-real-secret-of-a-project"
THEIRS = {"aud": "authenticated", "exp": int(time.time()) + 3600, "sub": "user-1", "email": "a@b.example"}


def test_when_both_issue_tokens_then_each_speaks_for_its_own_people(
    person: Account, settings_from: Callable[..., object]
) -> None:
    settings_from(SUPABASE_JWT_SECRET=SECRET)

    assert principal_of(open_client_session(person).access) == person.principal
    assert principal_of(jwt.encode(THEIRS, SECRET, "HS256")) == Principal("user-1", Role.ANALYST, "a@b.example")


def test_when_a_token_of_ours_is_signed_with_the_secret_of_the_project_then_it_is_refused(
    person: Account, settings_from: Callable[..., object]
) -> None:
    settings_from(SUPABASE_JWT_SECRET=SECRET)
    ours = jwt.decode(open_client_session(person).access, options={"verify_signature": False})

    for claims in (ours, {**ours, **THEIRS, "aud": "anon"}):
        with pytest.raises(NotSignedIn):
            principal_of(jwt.encode(claims, SECRET, "HS256"))


@pytest.mark.parametrize("with_project", [True, False])
@pytest.mark.parametrize("token", ["", "not.a.token", "a.b", "\ud800"])
def test_when_a_token_is_nobodys_then_it_is_refused(
    settings_from: Callable[..., object], token: str, with_project: bool
) -> None:
    settings_from(SUPABASE_JWT_SECRET=SECRET if with_project else "")

    with pytest.raises(NotSignedIn):
        principal_of(token)


def test_when_no_project_is_set_then_its_tokens_are_refused() -> None:
    with pytest.raises(NotSignedIn):
        principal_of(jwt.encode(THEIRS, SECRET, "HS256"))
