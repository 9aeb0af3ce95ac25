"""Accounts and their tokens for tests of routes."""

from __future__ import annotations

from typing import Any

from fastapi.testclient import TestClient

from core.accounts.accounts import Account, create_account
from core.security.policy import LOCAL_ANALYST

PASSWORD = "네 개의 낱말 correct"


def person_named(login_name: str, **values: Any) -> Account:
    return create_account(login_name, PASSWORD, **{"display_name": "김민지", **values}, principal=LOCAL_ANALYST)


def header_of(access: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {access}"}


def signed_in(client: TestClient, login_name: str, **values: str) -> dict[str, Any]:
    """The answer to a sign-in that succeeds."""
    answer = client.post("/api/auth/login", json={"username": login_name, "password": PASSWORD, **values})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())
