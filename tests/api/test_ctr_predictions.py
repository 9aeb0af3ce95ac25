"""Click probabilities over HTTP, and the clicks that are reported later."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from core.ctr.runs import data_of
from core.ctr.runs import test_predictions as kept_predictions
from core.security.policy import LOCAL_ANALYST
from tests.api.conftest import make_client


@pytest.fixture
def rows(ctr_home: Any, run_id: str) -> list[dict[str, Any]]:
    """The first test rows of the run, as JSON."""
    data = data_of(run_id, principal=LOCAL_ANALYST)
    return data.frame[data.split.test[:25]].drop("clicked").to_dicts()


def predict(client: TestClient, rows: list[dict[str, Any]], **order: Any) -> Any:
    return client.post("/api/predictions", json={"rows": rows, **order})


@pytest.mark.parametrize("model", [None, "hashed_logistic", "block_logistic"])
def test_when_test_rows_are_sent_then_they_get_the_probabilities_the_training_gave_them(
    ctr_client: TestClient, rows: list[dict[str, Any]], run_id: str, model: str | None
) -> None:
    told = predict(ctr_client, rows, model=model).json()

    expected = kept_predictions(run_id, principal=LOCAL_ANALYST)[told["model"]][:25]
    assert [one["probability"] for one in told["predictions"]] == pytest.approx(expected.tolist(), abs=1e-6)
    assert model in (None, told["model"])
    assert (told["run_id"], told["ignored"]) == (run_id, [])
    assert len({one["id"] for one in told["predictions"]}) == 25


def test_when_a_click_is_reported_twice_then_it_counts_once(ctr_client: TestClient, rows: list[dict[str, Any]]) -> None:
    ids = [one["id"] for one in predict(ctr_client, rows[:2]).json()["predictions"]]

    answers = [
        ctr_client.post("/api/predictions/clicks", json={"clicks": clicks}).json()
        for clicks in ({ids[0]: 1, ids[1]: 0}, {ids[0]: 1}, {ids[1]: 1})
    ]

    assert answers == [
        {"new": 2, "unchanged": 0, "corrected": 0},
        {"new": 0, "unchanged": 1, "corrected": 0},
        {"new": 0, "unchanged": 0, "corrected": 1},
    ]


def test_when_a_click_belongs_to_no_prediction_then_404(ctr_client: TestClient) -> None:
    assert ctr_client.post("/api/predictions/clicks", json={"clicks": {"none-0": 1}}).status_code == 404


def test_when_an_outcome_is_neither_0_nor_1_then_422(ctr_client: TestClient) -> None:
    assert ctr_client.post("/api/predictions/clicks", json={"clicks": {"none-0": 2}}).status_code == 422


@pytest.mark.parametrize(
    ("order", "status"),
    [
        ({"rows": []}, 422),
        ({"rows": [{"unheard": 1}]}, 422),
        ({"rows": [{"gender": [1]}]}, 422),
        ({"rows": [{"gender": 1}], "model": "oracle"}, 404),
        ({"rows": [{"gender": 1}], "run_id": "none"}, 404),
    ],
)
def test_when_an_order_cannot_be_answered_then_it_is_refused(
    ctr_client: TestClient, order: dict[str, Any], status: int
) -> None:
    assert ctr_client.post("/api/predictions", json=order).status_code == status


def test_when_columns_are_left_out_or_unknown_then_the_rest_is_used_and_they_are_named(ctr_client: TestClient) -> None:
    told = predict(ctr_client, [{"gender": "1.0", "hour": 8, "campaign": "spring"}]).json()

    assert told["ignored"] == ["campaign"]
    assert 0 < told["predictions"][0]["probability"] < 1


def test_when_more_rows_come_than_a_batch_may_hold_then_413(ctr_client: TestClient, settings_from: Any) -> None:
    settings_from(WORKBENCH_BATCH_LIMIT="2")

    answer = predict(make_client(), [{"gender": 1}] * 3)

    assert (answer.status_code, answer.json()["code"]) == (413, "API_ROWS_TOO_MANY")


def test_when_nothing_was_trained_then_404(bare_client: TestClient) -> None:
    assert predict(bare_client, [{"gender": 1}]).status_code == 404


def test_when_somebody_else_trained_the_published_model_then_it_answers_anyway(
    ctr_home: Any, settings_from: Any, rows: list[dict[str, Any]]
) -> None:
    from core.ctr.runs import report_of
    from core.storage import champions
    from core.storage.artifacts import SavedArtifact
    from tests.api.conftest import SECRET, bearer

    report = report_of("latest", principal=LOCAL_ANALYST)
    place = SavedArtifact(**report.run.job.result["artifact"])  # type: ignore[index]
    champions.promote("ctr", run_id=report.run.id, artifact=place, why="tests", principal=LOCAL_ANALYST)
    champions._seen.clear()
    settings_from(DISABLE_AUTH="0", SUPABASE_JWT_SECRET=SECRET)
    client = make_client()

    published = client.post("/api/predictions", json={"rows": rows[:1]}, headers=bearer())
    by_run = client.post("/api/predictions", json={"rows": rows[:1], "run_id": report.run.id}, headers=bearer())

    assert published.status_code == 200
    assert by_run.status_code == 404
