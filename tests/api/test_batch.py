"""POST /api/analysis/batch (contract customers 6: 7)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tests.api.conftest import PROFILE, make_client

OTHER = {**PROFILE, "Age": 62, "Purchase Amount (USD)": 98, "Frequency of Purchases": "Annually"}
PATHS = ("/api/analysis/batch", "/api/analysis/batch/")


@pytest.mark.parametrize("path", PATHS)
def test_when_two_profiles_are_sent_then_each_answer_equals_the_single_one(client: TestClient, path: str) -> None:
    answer = client.post(path, json={"profiles": [PROFILE, OTHER]})

    assert answer.status_code == 200
    assert answer.json() == [client.post("/api/analysis", json=one).json() for one in (PROFILE, OTHER)]


def test_when_the_batch_is_empty_then_so_is_the_answer(client: TestClient) -> None:
    answer = client.post("/api/analysis/batch", json={"profiles": []})

    assert (answer.status_code, answer.json()) == (200, [])


def test_when_one_profile_is_bad_then_the_location_names_it(client: TestClient) -> None:
    answer = client.post("/api/analysis/batch", json={"profiles": [PROFILE, {**PROFILE, "Age": 200}]})

    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", "profiles", 1, "Age"]


def test_when_the_batch_is_over_the_limit_then_413_tells_limit_and_count(
    trained: Path, settings_from: Callable[..., object]
) -> None:
    settings_from(WORKBENCH_BATCH_LIMIT="2")

    answer = make_client().post("/api/analysis/batch", json={"profiles": [PROFILE] * 3})

    assert answer.status_code == 413
    assert answer.json()["error_code"] == "BATCH_ANALYSIS_FAILED"
    assert answer.json()["details"] == {"limit": 2, "count": 3}


def test_when_nothing_is_published_then_503_carries_the_old_code(bare_client: TestClient) -> None:
    answer = bare_client.post("/api/analysis/batch", json={"profiles": [PROFILE]})

    assert (answer.status_code, answer.json()["error_code"]) == (503, "BATCH_ANALYSIS_FAILED")
