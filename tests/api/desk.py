"""A home with one person of each role, for tests of what administrators and operators ask over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from core.accounts.accounts import Account
from core.accounts.token_pairs import open_client_session
from core.security.policy import Principal, Role
from tests.api.accounts import header_of, person_named
from tests.api.conftest import make_client
from tests.conftest import process_home

SETTINGS = {
    "DISABLE_AUTH": "0", "WORKBENCH_ROUTES": "", "WORKBENCH_PRELOAD": "", "WORKBENCH_PASSWORD_MEMORY_MB": "1",
    "WORKBENCH_PASSWORD_PASSES": "1", "WORKBENCH_LOG_LEVEL": "warning",
}  # fmt: skip
NAMES = {Role.ADMIN: "boss", Role.DEVELOPER: "devi", Role.RESEARCHER: "nose", Role.ANALYST: "mina"}


@dataclass(frozen=True)
class Desk:
    """people, headers: by role."""

    client: TestClient
    people: dict[Role, Account]
    headers: dict[Role, dict[str, str]]

    def asks(self, method: str, path: str, *, who: Role | None = Role.ADMIN, **sent: Any) -> httpx.Response:
        """The response, in English; `who` None sends no token."""
        headers = {"Accept-Language": "en", **(self.headers[who] if who is not None else {})}
        return self.client.request(method, path, headers={**headers, **sent.pop("headers", {})}, **sent)

    def answer(self, method: str, path: str, *, who: Role | None = Role.ADMIN, **sent: Any) -> dict[str, Any]:
        """The body of an answer that succeeds."""
        answer = self.asks(method, path, who=who, **sent)
        assert answer.status_code in (200, 201), answer.text
        return dict(answer.json())

    def principal(self, role: Role) -> Principal:
        return self.people[role].principal


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The home of one file of tests."""
    with process_home(tmp_path_factory.mktemp("desk"), **SETTINGS):
        yield made_desk()


def made_desk() -> Desk:
    """In the home of now."""
    people = {role: person_named(name, role=role, email=f"{name}@example.com") for role, name in NAMES.items()}
    headers = {role: header_of(open_client_session(one).access) for role, one in people.items()}
    return Desk(make_client(), people, headers)
