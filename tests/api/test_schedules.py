"""Schedules over HTTP: made, looked at, changed, paused, run at once, taken away and brought back."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

ORDER = {
    "name": "weekly", "notebook": "customers_train_clusters", "parameters": {"seed": 3}, "cron": "0 9 * * 1",
    "time_zone": "Asia/Seoul",
}  # fmt: skip


def made(client: TestClient, **changes: Any) -> Any:
    return client.post("/api/schedules", json={**ORDER, **changes})


def test_when_a_schedule_is_made_then_its_next_time_is_told_in_both_zones(bare_client: TestClient) -> None:
    answer = made(bare_client)

    assert answer.status_code == 201
    schedule = answer.json()
    assert schedule["next_at"].endswith("T00:00:00Z")
    assert schedule["next_local"].endswith("T09:00:00+09:00")
    assert (schedule["last"], schedule["missed"], schedule["catch_up"]) == (None, 0, "last")
    assert bare_client.get(f"/api/schedules/{schedule['id']}").json() == schedule
    assert bare_client.get("/api/schedules").json() == [schedule]


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"cron": "0 25 * * *"}, 422, "SCHEDULES_BAD_HOUR"),
        ({"time_zone": "Mars"}, 422, "SCHEDULES_UNKNOWN_ZONE"),
        ({"notebook": "nothing"}, 404, "JOBS_NO_SUCH_NOTEBOOK"),
        ({"notebook": None, "chain": "nothing"}, 404, "CHAINS_NO_SUCH_CHAIN"),
        ({"parameters": {"seed": -1}}, 422, "JOBS_OUT_OF_RANGE"),
        ({"chain": "ctr_weekly"}, 422, "SCHEDULES_NOTEBOOK_OR_CHAIN"),
    ],
)
def test_when_an_order_is_wrong_then_one_sentence_says_so_and_nothing_is_stored(
    bare_client: TestClient, changes: dict[str, Any], status: int, code: str
) -> None:
    answer = made(bare_client, **changes)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert bare_client.get("/api/schedules").json() == []


def test_when_it_is_paused_resumed_changed_removed_and_brought_back_then_each_answer_shows_it(
    bare_client: TestClient,
) -> None:
    place = f"/api/schedules/{made(bare_client).json()['id']}"

    assert bare_client.post(f"{place}/pause").json()["paused_by"] == "local"
    assert bare_client.post(f"{place}/resume").json()["next_at"] is not None
    assert bare_client.put(place, json={**ORDER, "cron": "@hourly"}).json()["cron"] == "@hourly"
    assert bare_client.delete(place).json()["removed_at"] is not None
    assert bare_client.get("/api/schedules").json() == []
    assert bare_client.post(f"{place}/pause").status_code == 404
    assert bare_client.post(f"{place}/restore").json()["removed_at"] is None


def test_when_it_is_run_at_once_then_the_run_stands_among_its_times(bare_client: TestClient) -> None:
    place = f"/api/schedules/{made(bare_client).json()['id']}"

    run = bare_client.post(f"{place}/run")

    assert run.status_code == 202
    assert (run.json()["state"], run.json()["outcome"]) == ("submitted", "queued")
    assert bare_client.get(f"{place}/times").json() == [run.json()]
    assert bare_client.get(f"/api/jobs/{run.json()['job_id']}").json()["parameters"]["seed"] == 3


def test_when_times_are_previewed_then_summer_time_shows_in_the_offset(bare_client: TestClient) -> None:
    found = bare_client.get("/api/schedules/preview", params={"cron": "30 2 29 3,7 *", "time_zone": "Europe/Berlin"})

    assert {one["local"][10:] for one in found.json()} <= {"T02:30:00+02:00", "T02:30:00+01:00", "T03:00:00+02:00"}
    wrong = bare_client.get("/api/schedules/preview", params={"cron": "30 2 * *", "time_zone": "Europe/Berlin"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "SCHEDULES_NOT_FIVE_FIELDS")


@pytest.mark.parametrize("path", ["", "/pause", "/restore", "/run"])
def test_when_a_schedule_is_unknown_then_it_is_not_there(bare_client: TestClient, path: str) -> None:
    answer = bare_client.request("POST" if path else "GET", f"/api/schedules/nobody-knows-it{path}")

    assert (answer.status_code, answer.json()["code"]) == (404, "SCHEDULES_NO_SUCH_SCHEDULE")
