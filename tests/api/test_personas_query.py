"""POST /api/rag/query (contract customers 6: 16, 17)."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from core.customers import persona_search, serving
from core.errors import Unavailable
from tests.api.conftest import PROFILE

PATH = "/api/rag/query"


@pytest.mark.parametrize("language", ["ko", "en"])
def test_when_a_personas_own_words_are_sent_then_it_comes_first(client: TestClient, language: str) -> None:
    for name in serving.current_model().names:
        text = name.text(language)
        body = {"persona_name": text.name, "persona_description": text.description, "top_k": 3}
        (best, *rest) = client.post(PATH, json=body, headers={"Accept-Language": language}).json()["matches"]

        assert best["cluster_name"] == f"segment_{name.cluster_id}"
        assert (best["title"], best["description"]) == (text.name, text.description)
        assert all(best["score"] >= other["score"] for other in rest)


def test_when_the_path_ends_in_a_slash_then_the_answer_is_identical(client: TestClient) -> None:
    body = {"query_text": "young subscribers"}

    assert client.post(PATH + "/", json=body).json() == client.post(PATH, json=body).json()


def test_when_query_text_is_given_then_it_overrides_the_others(client: TestClient) -> None:
    alone = client.post(PATH, json={"query_text": "seldom", "top_k": 5}).json()
    beside = client.post(PATH, json={"query_text": "seldom", "persona_name": "often", "profile": PROFILE, "top_k": 5})

    assert beside.json() == alone
    assert len(alone["matches"]) == 5


def test_when_only_a_profile_is_given_then_it_is_searched_for(client: TestClient) -> None:
    answer = client.post(PATH, json={"profile": {**PROFILE, "hobby": "hiking"}})

    assert answer.status_code == 200
    assert len(answer.json()["matches"]) == 1


@pytest.mark.parametrize(
    "body", [{}, {"persona_name": "  "}, {"query_text": "x", "top_k": 0}, {"query_text": "x", "top_k": 11}]
)
def test_when_nothing_can_be_searched_then_422(client: TestClient, body: dict[str, Any]) -> None:
    assert client.post(PATH, json=body).status_code == 422


def test_when_the_store_is_empty_then_matches_are_empty(bare_client: TestClient) -> None:
    answer = bare_client.post(PATH, json={"query_text": "subscribers"})

    assert (answer.status_code, answer.json()) == (200, {"matches": []})


def test_when_the_encoder_is_down_then_503_without_internal_text(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(_: str) -> None:
        raise Unavailable("embeddings.unavailable", encoder="E5", reason="no weights") from OSError("/secret/path")

    monkeypatch.setattr(persona_search, "embed_query", down)
    answer = client.post(PATH, json={"query_text": "subscribers"})

    assert (answer.status_code, answer.json()["error_code"]) == (503, "RAG_QUERY_FAILED")
    assert "secret" not in answer.text
