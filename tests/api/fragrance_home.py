"""A home with a few perfumes, encoded by an encoder that loads nothing, and three people who ask in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi.testclient import TestClient

from core.accounts.token_pairs import open_client_session
from core.security.policy import Role
from tests.api.accounts import header_of, person_named
from tests.api.conftest import make_client
from tests.conftest import process_home

SETTINGS = {
    "DISABLE_AUTH": "0", "WORKBENCH_ROUTES": "fragrance", "WORKBENCH_PRELOAD": "",
    "WORKBENCH_OPEN_ROUTES": "fragrance.read,fragrance.compose", "WORKBENCH_PASSWORD_MEMORY_MB": "1",
    "WORKBENCH_PASSWORD_PASSES": "1", "WORKBENCH_LOG_LEVEL": "warning",
}  # fmt: skip
# As the components send it (contract fragrance 1.1).
CHAT_BODY: dict[str, Any] = {
    "description": "비 갠 뒤의 정원에서 나는 상쾌한 베르가못", "fragrance_family": "fresh", "mood": "elegant",
    "intensity": "moderate", "gender": "unisex", "season": "all",
    "preferences": {"notes": ["bergamot"], "exclude_notes": ["vanilla"]},
}  # fmt: skip
CREATOR_BODY: dict[str, Any] = {
    "description": "a rose garden at dusk", "fragrance_family": "floral", "mood": "romantic", "intensity": "moderate",
    "gender": "unisex",
}  # fmt: skip
PAGE_BODY: dict[str, Any] = {
    "fragrance_family": "woody", "mood": "mysterious", "intensity": "strong", "season": "winter", "gender": "masculine",
    "korean_region": "강원", "korean_season": "겨울", "traditional_element": "한지", "unique_request": "smoky cedar",
    "conversation_context": "I like quiet forests",
}  # fmt: skip


@dataclass(frozen=True)
class Perfumery:
    """perfumer: may see formulas. customer: may compose. Whoever sends no header is a guest of the open routes."""

    client: TestClient
    perfumer: dict[str, str]
    customer: dict[str, str]
    other: dict[str, str]

    def asks(self, path: str, body: Any = None, *, who: dict[str, str] | None = None, method: str = "POST") -> Any:
        """The response; in English."""
        headers = {"Accept-Language": "en", **(self.perfumer if who is None else who)}
        return self.client.request(method, path, json=body, headers=headers)

    def answer(self, path: str, body: Any = None, **more: Any) -> dict[str, Any]:
        """The body of an answer that succeeds."""
        answer = self.asks(path, body, **more)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


@pytest.fixture(scope="module")
def perfumery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Perfumery]:
    """The home of one file of tests."""
    from tests.fragrance import search_home

    with process_home(tmp_path_factory.mktemp("perfumery"), **SETTINGS) as patch:
        search_home.use(patch, search_home.encoder())
        search_home.fill()
        yield Perfumery(
            make_client(), _header("nose", Role.RESEARCHER), _header("mina", Role.ANALYST), _header("jun", Role.ANALYST)
        )


def _header(name: str, role: Role) -> dict[str, str]:
    return header_of(open_client_session(person_named(name, role=role)).access)
