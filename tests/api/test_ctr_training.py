"""Training over HTTP: what is asked for, how far it is, what was trained (contract ctr 6: 7, 8, 10, 14)."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from core.ctr.data.datasets import store_impressions
from core.customers.schema import CUSTOMER_SCHEMA
from core.datasets.records import save_dataset
from core.datasets.uploads import uploaded_from_frame
from core.security.policy import LOCAL_ANALYST
from tests.api import ctr_runs
from tests.api.conftest import make_client

CAMEL = {
    "experimentName": "spring", "epochs": 20, "batchSize": 2048, "learningRate": 0.0005, "lstmHidden": 32,
    "mlpHidden": "256,128", "dropout": 0.1, "downsampling": True, "validationSplit": 0.2,
    "notifications": ["email", "push"],
}  # fmt: skip
SNAKE = {
    "experiment_name": "spring", "epochs": 20, "batch_size": 2048, "learning_rate": 0.0005, "lstm_hidden": 32,
    "mlp_hidden": [256, 128], "dropout": 0.1, "downsampling": True, "validation_split": 0.2,
    "notifications": ["email", "push"],
}  # fmt: skip


@pytest.fixture
def file_id(bare_client: TestClient) -> str:
    columns = ("gender", "hour", "seq", ctr_runs.PLANTED, "clicked")
    table = uploaded_from_frame(ctr_runs.planted().select(columns).head(300))
    return store_impressions(table, name="few.csv", principal=LOCAL_ANALYST).id


def train(client: TestClient, file_id: str, config: dict[str, Any] | None = None, key: str | None = None) -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    return client.post("/api/train", json={"file_id": file_id, "config": config or {}}, headers=headers)


def status(client: TestClient, run_id: str) -> Any:
    return client.get(f"/api/train/status/{run_id}").json()


def test_when_the_form_and_the_documents_ask_for_the_same_then_the_same_is_stored(
    bare_client: TestClient, file_id: str
) -> None:
    first, second = train(bare_client, file_id, CAMEL), train(bare_client, file_id, SNAKE)

    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json()["status"] == "training"
    listed = {one["run_id"]: one["config"] for one in bare_client.get("/api/train/runs").json()}
    assert listed[first.json()["run_id"]] == listed[second.json()["run_id"]]
    stored = listed[first.json()["run_id"]]
    assert (stored["mlp_hidden"], stored["batch_size"], stored["downsampling"]) == ([256, 128], 2048, True)
    assert stored["notifications"] == "email,push"


def test_when_a_setting_is_unknown_then_the_answer_says_that_it_was_ignored(
    bare_client: TestClient, file_id: str
) -> None:
    assert train(bare_client, file_id, {"epochs": 5, "optimiser": "sgd"}).json()["ignored"] == ["optimiser"]


@pytest.mark.parametrize(
    "config",
    [
        {"epochs": 0},
        {"dropout": 1.5},
        {"mlpHidden": "256,wide"},
        {"learningRate": "NaN"},
        {"models": "oracle"},
        {"epochs": "many"},
        {"validationSplit": 0.9},
        {"target": "bought"},
    ],
    ids=lambda config: next(iter(config)) + str(next(iter(config.values()))),
)
def test_when_a_setting_cannot_be_used_then_422_and_nothing_is_queued(
    bare_client: TestClient, file_id: str, config: dict[str, Any]
) -> None:
    answer = train(bare_client, file_id, config)

    assert answer.status_code == 422
    assert answer.json()["message"]
    assert bare_client.get("/api/train/runs").json() == []


def test_when_the_file_is_unknown_or_only_its_beginning_is_named_then_404(
    bare_client: TestClient, file_id: str
) -> None:
    for wrong in ("none", file_id[:8], file_id[:1], f"../{file_id}", f"{file_id}%", "*", ""):
        assert train(bare_client, wrong).status_code == 404, wrong


def test_when_the_file_belongs_to_another_room_then_404(bare_client: TestClient) -> None:
    table = uploaded_from_frame(ctr_runs.planted().select("gender", "clicked").head(50))
    other = save_dataset(table, name="a.csv", room="customers", principal=LOCAL_ANALYST, schema=CUSTOMER_SCHEMA)

    assert train(bare_client, other.id).status_code == 404


def test_when_the_same_key_is_sent_twice_then_there_is_one_run(bare_client: TestClient, file_id: str) -> None:
    first, second = (train(bare_client, file_id, key="key").json() for _ in range(2))

    assert first["run_id"] == second["run_id"]
    assert len(bare_client.get("/api/train/runs").json()) == 1


def test_when_epochs_go_by_then_the_status_follows_them_to_the_last(bare_client: TestClient, file_id: str) -> None:
    run_id = train(bare_client, file_id, {"epochs": 3}).json()["run_id"]
    seen = [status(bare_client, run_id)]
    ctr_runs.begin(run_id)
    for epoch in (1, 2, 3):
        ctr_runs.tell_epoch(run_id, epoch, 3)
        ctr_runs.tell(run_id, "lstm", epoch / 3, epoch=epoch, epochs=3, batch=1, batches=9, train_loss=0.2)
        seen.append(status(bare_client, run_id))
    scores = {"log_loss": 0.2, "auc": 0.7, "average_precision": 0.3, "accuracy": 0.95, "f1": 0.2}
    ctr_runs.succeed(run_id, {"metrics": scores, "model": "lstm"})
    seen.append(status(bare_client, run_id))

    assert [one["status"] for one in seen] == ["training"] * 4 + ["completed"]
    assert [one["current_epoch"] for one in seen] == [0, 1, 2, 3, 3]
    assert {one["total_epochs"] for one in seen} == {3}
    for one in seen[1:]:
        assert {"loss", "accuracy", "auc", "average_precision", "averagePrecision"} <= set(one["metrics"])
    assert seen[2]["metrics"]["valLoss"] == seen[2]["metrics"]["val_loss"] == ctr_runs.EPOCH["val_loss"]
    assert (seen[4]["metrics"]["loss"], seen[4]["model"]) == (0.2, "lstm")


def test_when_several_settings_are_tried_then_epochs_are_counted_through(bare_client: TestClient, file_id: str) -> None:
    run_id = train(bare_client, file_id, {"epochs": 5}).json()["run_id"]
    ctr_runs.begin(run_id)
    seen = []
    for trial, epoch in ((1, 4), (2, 1), (2, 2)):
        ctr_runs.tell_epoch(run_id, epoch, 5, trial=trial, trials=2)
        seen.append(status(bare_client, run_id))

    assert [one["current_epoch"] for one in seen] == [4, 6, 7]
    assert {one["total_epochs"] for one in seen} == {10}


def test_when_the_network_stops_early_then_a_completed_run_is_at_its_last_epoch(
    bare_client: TestClient, file_id: str
) -> None:
    run_id = train(bare_client, file_id, {"epochs": 20}).json()["run_id"]
    ctr_runs.begin(run_id)
    ctr_runs.tell_epoch(run_id, 7, 20)
    ctr_runs.succeed(run_id, {})

    assert (status(bare_client, run_id)["current_epoch"], status(bare_client, run_id)["total_epochs"]) == (7, 7)


def test_when_a_run_fails_then_the_error_is_told_without_paths(bare_client: TestClient, file_id: str) -> None:
    run_id = train(bare_client, file_id).json()["run_id"]
    ctr_runs.begin(run_id)
    ctr_runs.fail(run_id, "FileNotFoundError: /srv/work bench/data/secret/rows.parquet and C:\\data\\x\\rows.csv")

    told = status(bare_client, run_id)
    assert (told["status"], told["state"]) == ("failed", "failed")
    assert "rows.parquet" in told["error"]
    assert not [part for part in ("/", "\\", "srv", "secret") if part in told["error"]]


@pytest.mark.parametrize("state", ["cancelled", "lost"])
def test_when_a_run_ended_without_success_then_it_failed_for_a_reason(
    bare_client: TestClient, file_id: str, state: str
) -> None:
    run_id = train(bare_client, file_id).json()["run_id"]
    ctr_runs.end(run_id, state)

    told = status(bare_client, run_id)
    assert (told["status"], told["state"]) == ("failed", state)
    assert told["error"]


def test_when_the_api_starts_again_then_runs_are_still_listed_newest_first(
    bare_client: TestClient, file_id: str
) -> None:
    ids = [train(bare_client, file_id).json()["run_id"] for _ in range(3)]

    listed = make_client().get("/api/train/runs").json()

    assert [one["run_id"] for one in listed] == ids[::-1]
    assert {"run_id", "created_at", "status", "accuracy", "file_id", "config"} <= set(listed[0])
    assert (listed[0]["file_id"], listed[0]["accuracy"]) == (file_id, None)


def test_when_a_run_has_finished_then_its_accuracy_is_a_share(ctr_client: TestClient, run_id: str) -> None:
    (listed,) = ctr_client.get("/api/train/runs").json()

    assert listed["run_id"] == run_id
    assert 0 < listed["accuracy"] <= 1
    assert listed["accuracy"] == ctr_client.get(f"/api/performance/{run_id}").json()["accuracy"]
    assert status(ctr_client, run_id)["metrics"]["accuracy"] == listed["accuracy"]


def test_when_a_run_is_unknown_then_404(bare_client: TestClient) -> None:
    assert bare_client.get("/api/train/status/mock-run-1").status_code == 404
