"""What is published is what is served: at once, without a restart, and with a way back."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from core.security.policy import LOCAL_ANALYST
from tests.api.conftest import FREQUENCIES, PROFILE, RUN_ID, make_client

WHY = "the team decided so"


def publish_compatibility_as_champion() -> None:
    from core.storage import champions
    from core.storage.artifacts import SavedArtifact

    old = champions.history("customers", "compatibility")[0]
    champions.promote(
        "customers",
        run_id=old.run_id,
        artifact=SavedArtifact(old.path, old.sha256),
        why=WHY,
        principal=LOCAL_ANALYST,
    )


def clusters(client: TestClient) -> set[int]:
    profiles = [{**PROFILE, "Frequency of Purchases": one} for one in FREQUENCIES]
    return {one["predicted_cluster"] for one in client.post("/api/analysis/batch", json={"profiles": profiles}).json()}


def test_when_another_model_is_published_then_it_is_served_without_a_restart(client: TestClient) -> None:
    assert len(clusters(client)) < 7

    publish_compatibility_as_champion()

    deadline = time.monotonic() + 5
    while len(clusters(client)) < 7:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert client.get("/api/champions/customers").json()["champion"]["why"] == WHY


def test_when_files_vanish_after_loading_then_the_model_in_memory_goes_on(client: TestClient, trained: Path) -> None:
    assert client.post("/api/analysis", json=PROFILE).status_code == 200

    (model,) = trained.glob("models/customers/*/champion/model.json")
    model.unlink()

    assert client.post("/api/analysis", json=PROFILE).status_code == 200
    assert client.get("/readyz").json()["details"]["model"] == "missing"


def test_when_the_setting_names_the_compatibility_model_then_the_old_seven_are_served(
    trained: Path, settings_from: Callable[..., object]
) -> None:
    settings_from(WORKBENCH_CUSTOMERS_MODEL="compatibility")

    assert clusters(make_client()) == set(range(7))


def test_when_the_history_is_read_then_rolling_back_adds_to_it(client: TestClient) -> None:
    publish_compatibility_as_champion()
    first = client.get("/api/champions/customers/history").json()[-1]

    answer = client.post("/api/champions/customers/rollback", json={"to_id": first["id"], "why": WHY})

    assert answer.status_code == 200
    assert answer.json()["run_id"] == first["run_id"] == RUN_ID
    assert len(client.get("/api/champions/customers/history").json()) == 3


@pytest.mark.parametrize(("body", "status"), [({"to_id": 99, "why": WHY}, 404), ({"to_id": 1, "why": " "}, 422)])
def test_when_a_rollback_cannot_be_made_then_nothing_is_recorded(
    client: TestClient, body: dict[str, Any], status: int
) -> None:
    assert client.post("/api/champions/customers/rollback", json=body).status_code == status
    assert len(client.get("/api/champions/customers/history").json()) == 1


def test_when_nothing_is_published_then_current_is_null_and_history_empty(bare_client: TestClient) -> None:
    assert bare_client.get("/api/champions/customers").json() == {"champion": None}
    assert bare_client.get("/api/champions/customers/history").json() == []


def held_back(client: TestClient, **result: Any) -> str:
    """A succeeded training whose model was not published."""
    from sqlalchemy import update

    from core.storage import champions
    from core.storage.database import writing
    from core.storage.tables import jobs

    row = champions.history("customers")[0]
    job_id: str = client.post("/api/jobs", json={"notebook": "customers_train_clusters"}).json()["id"]
    outcome = {
        "slot": "champion",
        "published": False,
        "artifact": {"path": row.path, "sha256": row.sha256},
        "findings": [
            {"code": "customers.dominant_factor", "severity": "blocking", "details": {"column": "Age", "share": 1.0}}
        ],
        **result,
    }
    with writing() as connection:
        connection.execute(update(jobs).where(jobs.c.id == job_id).values(state="succeeded", result=outcome))
    return job_id


def test_when_a_model_was_held_back_then_a_reason_publishes_it(client: TestClient) -> None:
    job_id = held_back(client)

    answer = client.post("/api/champions/customers/publish", json={"job_id": job_id, "why": WHY})

    assert answer.status_code == 200
    assert (answer.json()["run_id"], answer.json()["why"]) == (job_id, WHY)
    assert answer.json()["findings"][0]["severity"] == "blocking"


def test_when_a_held_back_model_was_published_then_it_waits_no_more(client: TestClient) -> None:
    body = {"job_id": held_back(client), "why": WHY}

    answers = [client.post("/api/champions/customers/publish", json=body) for _ in range(2)]

    assert [one.status_code for one in answers] == [200, 409]
    assert len(client.get("/api/champions/customers/history").json()) == 2


@pytest.mark.parametrize(
    ("room", "changes", "why", "status"),
    [
        ("customers", {}, " ", 422),
        ("customers", {"published": True}, WHY, 409),
        ("ctr", {}, WHY, 404),
        ("customers", {"artifact": {"path": "models/customers/none/champion", "sha256": "0"}}, WHY, 503),
    ],
    ids=["no reason", "already published", "another room", "artifact gone"],
)
def test_when_a_candidate_cannot_be_published_then_the_champion_stays(
    client: TestClient, room: str, changes: dict[str, Any], why: str, status: int
) -> None:
    job_id = held_back(client, **changes)

    assert client.post(f"/api/champions/{room}/publish", json={"job_id": job_id, "why": why}).status_code == status
    assert client.get("/api/champions/customers").json()["champion"]["run_id"] == RUN_ID


def test_when_segments_are_read_then_they_are_those_of_the_served_model(client: TestClient) -> None:
    korean = client.get("/api/customers/segments").json()
    english = client.get("/api/customers/segments", headers={"Accept-Language": "en"}).json()

    ids = [one["cluster_id"] for one in korean["cluster_segments"]]
    assert len(ids) == 5
    assert type(korean["cluster_segments"][0]["avg_age"]) is float
    assert len(korean["overall_data_summary"]["overall_items_purchase_rate"]) > 0
    assert [one["cluster_id"] for one in english["cluster_segments"]] == ids
    assert "items" in korean["cluster_segments"][0]["top_items"][0]
    answer = client.post("/api/analysis", json=PROFILE).json()
    assert korean["cluster_segments"][answer["predicted_cluster"]]["cluster_name"] == answer["cluster_name"]


def test_when_a_lookup_asks_why_then_the_answer_leads_back_to_the_run(client: TestClient) -> None:
    answer = client.post("/api/customers/lookup", json=PROFILE).json()
    plain = client.post("/api/analysis", json=PROFILE).json()

    assert {name: answer[name] for name in plain} == plain
    assert (answer["run_id"], answer["version"], answer["slot"]) == (RUN_ID, "1", "champion")
    assert answer["distance"] == min(answer["distances"])
    assert answer["margin"] == pytest.approx(answer["distance_second"] - answer["distance"])
    assert sum(abs(one["share"]) for one in answer["why"]) == pytest.approx(1.0)
    assert answer["outside_known_range"] == []


def test_when_a_profile_lies_outside_the_training_data_then_the_lookup_warns(client: TestClient) -> None:
    answer = client.post("/api/customers/lookup", json={**PROFILE, "Age": 119}).json()

    assert answer["outside_known_range"] == ["age"]


@pytest.mark.parametrize("path", ["/api/customers/segments", "/api/customers/lookup"])
def test_when_no_model_is_published_then_503(bare_client: TestClient, path: str) -> None:
    method = "GET" if path.endswith("segments") else "POST"
    answer = bare_client.request(method, path, json=PROFILE)

    assert (answer.status_code, answer.json()["code"]) == (503, "CUSTOMERS_NO_MODEL")
