"""Health, liveness and readiness (contract customers 6: 13, 14)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tests.api.conftest import PROFILE, SECRET, make_client


@pytest.fixture
def started(client: TestClient) -> Iterator[TestClient]:
    """A client whose application has been started and has preloaded its models."""
    with client:
        wait_until_tried(client)
        yield client


def test_when_the_login_page_asks_from_its_origin_then_it_may_read_the_answer(started: TestClient) -> None:
    answer = started.get("/healthz", headers={"Origin": "http://localhost:3000"})

    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "http://localhost:3000"
    assert answer.json()["status"] == "ok"


def test_when_everything_is_there_then_ready_lists_each_part(started: TestClient) -> None:
    answer = started.get("/readyz")

    assert answer.status_code == 200
    assert answer.json()["status"] == "ready"
    assert answer.json()["details"] == {
        "model": "ok",
        "scaler": "ok",
        "columns": "ok",
        "customers": "ok",
        "supabase_secret": "not_needed",
        "database": "ok",
        "chat_model": "not_needed",
        "vectors": "not_needed",
        "mail": "not_needed",
        "rate_limits": "ok",
        "redis": "not_needed",
        "preload:customers": "ok",
    }


def test_when_the_scaler_is_gone_then_ready_names_it_until_it_is_back(trained: Path) -> None:
    (scaler,) = trained.glob("models/customers/*/champion/scaler.json")
    content = scaler.read_bytes()
    scaler.unlink()
    with make_client() as client:
        wait_until_tried(client)
        gone = client.get("/readyz")
        assert (gone.status_code, gone.json()["status"]) == (503, "not_ready")
        assert gone.json()["details"]["scaler"] == "missing"
        assert gone.json()["details"]["model"] == "ok"
        assert "scaler.json" in gone.json()["message"]
        assert client.get("/healthz").status_code == 200
        assert client.get("/health").json()["status"] == "degraded"
        refused = client.post("/api/analysis", json=PROFILE)
        assert (refused.status_code, refused.json()["details"]["file"]) == (503, "scaler.json")

        scaler.write_bytes(content)
        assert client.post("/api/analysis", json=PROFILE).status_code == 200
        assert client.get("/readyz").status_code == 200


def wait_until_tried(client: TestClient) -> None:
    deadline = time.monotonic() + 20
    while client.get("/healthz").json()["details"]["preload:customers"] == "loading":
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_when_the_database_is_not_prepared_then_everything_says_so_and_lives(
    tmp_path: Path, settings_from: Callable[..., object]
) -> None:
    settings_from(WORKBENCH_DATABASE_URL=f"sqlite:///{tmp_path / 'empty.db'}")
    from core.storage.database import engine

    engine.cache_clear()
    client = make_client()
    try:
        assert client.get("/healthz").status_code == client.get("/health").status_code == 200
        assert client.get("/readyz").json()["details"]["database"] == "down"
        assert client.post("/api/analysis", json=PROFILE).json()["code"] == "STORAGE_NOT_MIGRATED"
    finally:
        engine.cache_clear()


@pytest.mark.parametrize(("secret", "state"), [("", "not_needed"), (SECRET, "ok")])
def test_when_no_project_signs_people_in_then_its_secret_is_not_needed(
    trained: Path, settings_from: Callable[..., object], secret: str, state: str
) -> None:
    settings_from(DISABLE_AUTH="0", SUPABASE_JWT_SECRET=secret)
    client = make_client()

    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").json()["details"]["supabase_secret"] == state


def test_when_a_capability_is_not_mounted_then_its_model_is_not_asked_for(
    home: Path, settings_from: Callable[..., object]
) -> None:
    settings_from(WORKBENCH_ROUTES="", WORKBENCH_PRELOAD="")
    client = make_client()

    assert set(client.get("/readyz").json()["details"]) == {
        "supabase_secret",
        "database",
        "chat_model",
        "vectors",
        "mail",
        "rate_limits",
        "redis",
    }
    assert client.post("/api/analysis", json=PROFILE).status_code == 404


def test_when_the_port_has_just_opened_then_probes_say_loading_rather_than_wait(client: TestClient) -> None:
    preloading = client.app.state.preloading  # type: ignore[attr-defined]
    preloading.is_pending = True

    assert set(client.get("/healthz").json()["details"].values()) == {"loading"}
    assert client.get("/health").status_code == 200
    assert client.get("/readyz").status_code == 503

    preloading.is_pending = False
    assert client.get("/healthz").json()["details"]["database"] == "ok"


def test_when_a_chat_model_is_configured_then_health_says_so_without_calling_it(
    client: TestClient, settings_from: Callable[..., object]
) -> None:
    settings_from(WORKBENCH_LLM_PROVIDER="ollama", MODEL_NAME="llama3.2", OLLAMA_BASE_URL="http://127.0.0.1:9")

    parts = client.get("/health").json()["parts"]

    assert parts["chat_model"] == {"state": "ok", "message": "", "details": {"configured": True, "breaker": "closed"}}
    assert parts["mail"] == {"state": "not_needed", "message": "", "details": {"configured": False}}


def test_when_the_chat_model_was_found_dead_then_health_says_so_and_the_process_stays_ready(
    client: TestClient, settings_from: Callable[..., object]
) -> None:
    from core.llm.availability import available
    from core.resilience import breakers

    settings_from(
        WORKBENCH_LLM_PROVIDER="ollama",
        MODEL_NAME="llama3.2",
        OLLAMA_BASE_URL="http://127.0.0.1:9",
        WORKBENCH_BREAKER_FAILURES="1",
    )
    breakers._breakers.clear()

    assert available().problem is not None
    part = client.get("/health").json()["parts"]["chat_model"]

    breakers._breakers.clear()
    assert (part["state"], part["details"]["breaker"]) == ("ok", "open")
    assert part["message"].startswith("'ollama' does not answer")


def test_when_a_process_is_asked_whether_it_lives_then_it_looks_at_nothing(client: TestClient) -> None:
    client.app.state.preloading = None  # type: ignore[attr-defined]

    answer = client.get("/livez")

    assert (answer.status_code, answer.json()) == (200, {"status": "alive"})
