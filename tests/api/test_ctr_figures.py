"""Figures of a finished run for charts (contract ctr 6: 16, 17), and which model they describe."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import delete

from core.storage.database import writing
from core.storage.tables import jobs
from tests.api import ctr_runs


def get(client: TestClient, path: str) -> Any:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return json.loads(answer.text, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))


def forget_explanations() -> None:
    with writing() as connection:
        connection.execute(delete(jobs).where(jobs.c.notebook == "ctr_explain"))


def test_when_importance_is_asked_then_the_planted_column_leads_and_every_interval_holds_its_value(
    ctr_client: TestClient, run_id: str
) -> None:
    rows = get(ctr_client, f"/api/report/feature-importance/{run_id}")

    assert rows[0]["feature"] == ctr_runs.PLANTED
    assert [one["importance"] for one in rows] == sorted((one["importance"] for one in rows), reverse=True)
    for one in rows:
        low, high = one["ci"]
        assert low <= one["importance"] <= high
        assert 0 <= one["pValue"] <= 1
        assert one["description"]
    assert rows == get(ctr_client, f"/api/features/{run_id}") == get(ctr_client, "/api/features/latest")


def test_when_a_resampled_interval_misses_the_value_then_it_is_widened_to_hold_it(
    ctr_client: TestClient, run_id: str
) -> None:
    ctr_runs.explain_by_hand(run_id)

    rows = {one["feature"]: one for one in get(ctr_client, f"/api/report/feature-importance/{run_id}")}

    assert (rows["hour"]["importance"], rows["hour"]["ci"]) == (0.2, [0.2, 0.26])


def test_when_a_feature_was_not_tested_then_its_p_is_one_with_a_reason(ctr_client: TestClient, run_id: str) -> None:
    ctr_runs.explain_by_hand(run_id)

    rows = {one["feature"]: one for one in get(ctr_client, f"/api/report/feature-importance/{run_id}")}

    assert (rows["seq"]["pValue"], rows["seq"]["status"]) == (1.0, "not_tested")
    assert rows["seq"]["reason"]
    assert (rows["hour"]["pValue"], rows["hour"]["qValue"], rows["hour"]["reason"]) == (0.03, 0.06, None)


def test_when_the_explanation_is_missing_then_409_says_whether_it_is_on_its_way(
    ctr_client: TestClient, run_id: str
) -> None:
    forget_explanations()
    never = ctr_client.get(f"/api/report/feature-importance/{run_id}")
    ctr_runs.queue_explanation(run_id)
    pending = ctr_client.get(f"/api/report/feature-importance/{run_id}")

    assert (never.status_code, never.json()["code"]) == (409, "CTR_NOT_EXPLAINED")
    assert (pending.status_code, pending.json()["code"]) == (409, "CTR_EXPLANATION_PENDING")


def test_when_columns_are_constant_then_the_correlation_is_still_whole(ctr_client: TestClient, run_id: str) -> None:
    found = get(ctr_client, f"/api/report/correlation/{run_id}")

    size = len(found["features"])
    assert size > 2
    assert [len(row) for row in found["matrix"]] == [size] * size
    for place, row in enumerate(found["matrix"]):
        assert row[place] == 1
        assert row == [other[place] for other in found["matrix"]]
        assert all(-1 <= cell <= 1 for cell in row)


def test_when_performance_is_asked_then_it_says_which_model_it_describes(ctr_client: TestClient, run_id: str) -> None:
    chosen = get(ctr_client, f"/api/performance/{run_id}")
    names = {"hashed_logistic", "block_logistic"}
    (other,) = names - {chosen["model"]}
    second = get(ctr_client, f"/api/performance/{run_id}?model={other}")

    assert (chosen["chosen"], second["chosen"], second["model"]) == (True, False, other)
    assert chosen["auc"] != second["auc"]
    assert chosen["response_time"] == chosen["responseTime"] > 0
    assert chosen["f1_score"] == chosen["f1Score"]
    assert chosen["base"]["accuracy"] > 0.8
    assert (second["response_time"], "response_time" in second["unavailable"]) == (None, True)
    assert chosen == get(ctr_client, "/api/metrics/latest")


@pytest.mark.parametrize(
    "path", ["performance", "metrics", "features", "report/feature-importance", "report/correlation", "report/ai"]
)
def test_when_a_run_is_unknown_or_unfinished_then_it_is_refused(ctr_client: TestClient, run_id: str, path: str) -> None:
    from core.ctr.runs import get_run
    from core.security.policy import LOCAL_ANALYST

    queued = ctr_runs.submit(get_run(run_id, principal=LOCAL_ANALYST).dataset_id)

    assert ctr_client.get(f"/api/{path}/mock-run-1").status_code == 404
    assert ctr_client.get(f"/api/{path}/{queued}").status_code == 409


def test_when_a_model_is_unknown_then_the_known_ones_are_named(ctr_client: TestClient) -> None:
    answer = ctr_client.get("/api/performance/latest?model=oracle")

    assert answer.status_code == 404
    assert "hashed_logistic" in answer.json()["message"]
