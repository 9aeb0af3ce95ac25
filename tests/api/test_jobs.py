"""Notebooks as jobs over HTTP: submit, follow, cancel, run again."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

ORDER = {"notebook": "customers_train_clusters", "parameters": {"seed": 3}}


def submit(client: TestClient, key: str | None = None, **changes: Any) -> Any:
    return client.post("/api/jobs", json={**ORDER, **changes}, headers={"Idempotency-Key": key} if key else {})


def test_when_notebooks_are_listed_then_their_parameters_are_told(bare_client: TestClient) -> None:
    notebooks = {one["name"]: one for one in bare_client.get("/api/notebooks").json()}

    knobs = {one["name"]: one for one in notebooks["customers_train_clusters"]["parameters"]}
    assert (knobs["seed"]["type"], knobs["seed"]["default"]) == ("int", 0)


def test_when_a_job_is_submitted_then_it_is_queued_and_followed_by_its_run_id(bare_client: TestClient) -> None:
    answer = submit(bare_client)

    assert answer.status_code == 202
    job = answer.json()
    assert (job["state"], job["parameters"]["seed"], job["run_id"]) == ("queued", 3, job["id"])
    assert bare_client.get(f"/api/jobs/{job['id']}").json() == job
    assert bare_client.get("/api/jobs", params={"state": "queued", "room": "customers"}).json() == [job]
    assert bare_client.get("/api/jobs", params={"state": "running"}).json() == []


def test_when_the_same_key_is_sent_again_then_there_is_one_job(bare_client: TestClient) -> None:
    first, second = submit(bare_client, "key-1"), submit(bare_client, "key-1")

    assert first.json()["id"] == second.json()["id"]
    assert len(bare_client.get("/api/jobs").json()) == 1


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"notebook": "nothing"}, 404, "JOBS_NO_SUCH_NOTEBOOK"),
        ({"notebook": "../../etc/passwd"}, 404, "JOBS_NO_SUCH_NOTEBOOK"),
        ({"parameters": {"epoch": 1}}, 422, "JOBS_UNKNOWN_PARAMETER"),
        ({"parameters": {"seed": "three"}}, 422, "JOBS_WRONG_TYPE"),
        ({"parameters": {"seed": -1}}, 422, "JOBS_OUT_OF_RANGE"),
    ],
)
def test_when_an_order_is_wrong_then_nothing_is_queued(
    bare_client: TestClient, changes: dict[str, Any], status: int, code: str
) -> None:
    answer = submit(bare_client, **changes)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert bare_client.get("/api/jobs").json() == []


def test_when_a_job_is_cancelled_then_its_story_tells_and_it_can_run_again(bare_client: TestClient) -> None:
    job_id = submit(bare_client).json()["id"]

    cancelled = bare_client.post(f"/api/jobs/{job_id}/cancel")
    story = bare_client.get(f"/api/jobs/{job_id}/events").json()
    again = bare_client.post(f"/api/jobs/{job_id}/retry")

    assert cancelled.json()["state"] == "cancelled"
    assert [one["payload"]["state"] for one in story] == ["queued", "cancelled"]
    later = bare_client.get(f"/api/jobs/{job_id}/events", params={"after": story[0]["id"]}).json()
    assert later == story[1:]
    assert (again.status_code, again.json()["retry_of"], again.json()["attempt"]) == (202, job_id, 2)


def test_when_a_queued_job_is_retried_then_409(bare_client: TestClient) -> None:
    job_id = submit(bare_client).json()["id"]

    assert bare_client.post(f"/api/jobs/{job_id}/retry").status_code == 409


@pytest.mark.parametrize(("method", "rest"), [("GET", ""), ("GET", "/events"), ("POST", "/cancel"), ("POST", "/retry")])
def test_when_a_job_is_unknown_then_404(bare_client: TestClient, method: str, rest: str) -> None:
    answer = bare_client.request(method, f"/api/jobs/none{rest}")

    assert (answer.status_code, answer.json()["code"]) == (404, "JOBS_NO_SUCH_JOB")


def test_when_a_job_failed_then_its_error_is_a_sentence_in_the_callers_language(bare_client: TestClient) -> None:
    from sqlalchemy import update

    from core.storage.database import writing
    from core.storage.tables import jobs

    job_id = submit(bare_client).json()["id"]
    error = {"key": "jobs.timed_out", "details": {"limit_s": "60"}}
    with writing() as connection:
        connection.execute(update(jobs).where(jobs.c.id == job_id).values(state="failed", error=error))

    answer = bare_client.get(f"/api/jobs/{job_id}", headers={"Accept-Language": "ko"}).json()

    assert answer["error"] == error
    assert "60초" in answer["error_message"]


def test_when_a_job_is_to_be_tried_several_times_then_its_record_says_so(bare_client: TestClient) -> None:
    before = submit(bare_client).json()
    changed = submit(bare_client, most_attempts=3, backoff_s=2.5, changed_from=before["id"], parameters={"seed": 9})

    told = {name: changed.json()[name] for name in ("most_attempts", "backoff_s", "changed_from", "attempt")}
    assert told == {"most_attempts": 3, "backoff_s": 2.5, "changed_from": before["id"], "attempt": 1}


@pytest.mark.parametrize(
    ("changes", "status"), [({"most_attempts": 0}, 422), ({"backoff_s": -1}, 422), ({"changed_from": "none"}, 404)]
)
def test_when_a_plan_is_wrong_then_nothing_is_queued(
    bare_client: TestClient, changes: dict[str, Any], status: int
) -> None:
    assert submit(bare_client, **changes).status_code == status
    assert bare_client.get("/api/jobs").json() == []


def test_when_jobs_are_narrowed_down_then_only_those_come(bare_client: TestClient) -> None:
    clusters = submit(bare_client).json()["id"]
    score = submit(bare_client, notebook="ctr_score", parameters={}).json()["id"]

    def ids(**search: str) -> list[str]:
        return [one["id"] for one in bare_client.get("/api/jobs", params=search).json()]

    assert ids(notebook="ctr_score") == [score]
    assert ids(origin="person") == [score, clusters]
    assert ids(origin="schedule") == ids(origin="chain") == ids(owner="nobody") == ids(chain_run_id="none") == []


def test_when_a_job_waits_then_its_cells_wait_in_the_order_of_the_notebook(bare_client: TestClient) -> None:
    job_id = submit(bare_client).json()["id"]

    cells = bare_client.get(f"/api/jobs/{job_id}/cells").json()

    assert {one["state"] for one in cells} == {"waiting"}
    assert [one["position"] for one in cells] == sorted(one["position"] for one in cells)
    assert "Search" in [one["heading"] for one in cells]


def test_when_two_jobs_are_compared_then_what_differs_comes_first(bare_client: TestClient) -> None:
    left = submit(bare_client).json()["id"]
    right = submit(bare_client, parameters={"seed": 8}).json()["id"]

    answer = bare_client.get(f"/api/jobs/{left}/comparison", params={"with": right}).json()

    assert answer["parameters"][0] == {"name": "seed", "left": 3, "right": 8, "is_same": False}
    assert all(one["is_same"] for one in answer["parameters"][1:])
    assert (answer["left"], answer["right"], answer["is_same_code"]) == (left, right, None)


def test_when_a_job_is_compared_with_itself_or_with_nothing_known_then_a_sentence_says_so(
    bare_client: TestClient,
) -> None:
    job_id = submit(bare_client).json()["id"]

    itself = bare_client.get(f"/api/jobs/{job_id}/comparison", params={"with": job_id})
    unknown = bare_client.get(f"/api/jobs/{job_id}/comparison", params={"with": "none"})

    assert (itself.status_code, itself.json()["code"]) == (422, "JOBS_SAME_RUN")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "JOBS_NO_SUCH_JOB")
    assert bare_client.get("/api/jobs/none/cells").status_code == 404
