"""Readiness waits for the encoder and the default domain (contract images 6: 17)."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest
from fastapi.testclient import TestClient

from app.api import main
from core.resilience.resident_models import resident_models
from tests.api.conftest import make_client
from tests.api.image_cases import DOMAINS, PATIENCE_S, UPLOAD, picture, upload, wait_until


@pytest.fixture(autouse=True)
def only_images(settings_from: Callable[..., object], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(main, "LISTEN_FIRST_S", 0.0)
    settings_from(WORKBENCH_ROUTES="images", WORKBENCH_PRELOAD="customers,images")


def state(client: TestClient) -> tuple[int, str]:
    answer = client.get("/readyz")
    return answer.status_code, answer.json()["details"]["preload:images"]


def test_when_images_are_preloaded_then_ready_only_once_encoder_and_domain_are_there(
    image_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_go, at_once = Event(), main.load_default

    def slowly() -> None:
        assert may_go.wait(PATIENCE_S)
        at_once()

    monkeypatch.setattr(main, "load_default", slowly)
    with make_client() as client:
        assert state(client) == (503, "loading")
        assert (client.get("/health").status_code, client.get("/healthz").status_code) == (200, 200)
        may_go.set()
        wait_until(lambda: state(client)[1] != "loading")
        seen = state(client)
        loaded = set(resident_models().loaded())

    assert seen == (200, "ok")
    assert any(key.startswith("image_encoder:") for key in loaded)
    assert any(key.startswith("image_domain:") and key.endswith("shapes") for key in loaded)


def test_when_no_domain_is_built_then_missing_and_the_rest_still_answers(
    home: Path, built_image_home: Path, settings_from: Callable[..., object]
) -> None:
    with make_client() as client:
        wait_until(lambda: state(client)[1] != "loading")
        assert state(client) == (503, "missing")
        assert client.get("/health").json()["status"] == "degraded"
        assert client.get(DOMAINS).status_code == 200
        assert client.get("/api/jobs").status_code == 200

        shutil.copytree(built_image_home / "data", home / "data", symlinks=True, dirs_exist_ok=True)
        wait_until(lambda: state(client) == (200, "ok"))
        assert upload(client, picture()).status_code == 200


def test_when_images_are_not_mounted_then_nothing_waits_for_them(
    home: Path, settings_from: Callable[..., object]
) -> None:
    settings_from(WORKBENCH_ROUTES="ctr", WORKBENCH_PRELOAD="images")
    client = make_client()

    assert not any(name.startswith("preload") for name in client.get("/readyz").json()["details"])
    assert client.post(UPLOAD).status_code == 404
