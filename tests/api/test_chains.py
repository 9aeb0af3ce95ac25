"""Chains over HTTP: list, start once for a key, follow, stop, go on; and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from core.jobs.chains import chain_runs
from tests.jobs import chain_homes
from tests.jobs.chain_homes import THREE, write_chain


@pytest.fixture
def chains(bare_client: TestClient, home: Path, settings_from: Callable[..., object]) -> TestClient:
    folder = home / "notebooks"
    folder.mkdir()
    chain_homes.fill(folder)
    settings_from(WORKBENCH_NOTEBOOKS_DIR=str(folder))
    return bare_client


def start(client: TestClient, name: str = "three", key: str | None = None, **order: Any) -> Any:
    return client.post(f"/api/chains/{name}/runs", json=order, headers={"Idempotency-Key": key} if key else {})


def test_when_chains_are_listed_then_parameters_steps_and_refused_files_are_told(
    chains: TestClient, home: Path
) -> None:
    write_chain(home / "notebooks", "broken", THREE.replace("demo_data", "demo_gone"))

    answer = chains.get("/api/chains", headers={"Accept-Language": "ko"}).json()

    three = answer["chains"][1]
    assert (three["title"], [one["name"] for one in three["parameters"]]) == (
        "세 단계", ["word", "dataset_id", "notifications"]
    )  # fmt: skip
    assert [(step["name"], step["needs"]) for step in three["steps"]][1] == ("middle", ["first"])
    (refused,) = answer["refused"]
    assert refused["name"] == "broken"
    assert "demo_gone" in refused["message"]


def test_when_a_chain_is_started_then_it_is_followed_step_by_step_and_the_same_key_is_the_same_run(
    chains: TestClient,
) -> None:
    answer = start(chains, key="k", parameters={"word": "published"}, fresh=True)
    assert answer.status_code == 202
    run = answer.json()
    chain_runs.advance()

    followed = chains.get(f"/api/chain-runs/{run['id']}").json()

    assert (followed["state"], followed["fresh"], followed["parameters"]["word"]) == ("running", True, "published")
    assert [(step["name"], step["state"]) for step in followed["steps"]] == [
        ("first", "running"), ("middle", "waiting"), ("last", "waiting")
    ]  # fmt: skip
    assert chains.get(f"/api/jobs/{followed['steps'][0]['job_id']}").json()["notebook"] == "demo_data"
    assert start(chains, key="k").json()["id"] == run["id"]
    assert [one["id"] for one in chains.get("/api/chain-runs", params={"chain": "three"}).json()] == [run["id"]]
    assert chains.get("/api/chain-runs", params={"state": "failed"}).json() == []


def test_when_a_run_is_stopped_then_it_is_cancelled_and_can_go_on(chains: TestClient) -> None:
    run = start(chains).json()
    chain_runs.advance()

    stopped = chains.post(f"/api/chain-runs/{run['id']}/cancel").json()
    again = chains.post(f"/api/chain-runs/{run['id']}/retry")

    assert (stopped["state"], {step["state"] for step in stopped["steps"]}) == ("cancelled", {"cancelled"})
    assert (again.status_code, again.json()["state"]) == (202, "running")


@pytest.mark.parametrize(
    ("name", "order", "status", "code"),
    [
        ("nothing", {}, 404, "CHAINS_NO_SUCH_CHAIN"),
        ("three", {"parameters": {"words": "x"}}, 422, "CHAINS_NO_SUCH_PARAMETER"),
        ("three", {"parameters": {"word": 3}}, 422, "JOBS_WRONG_TYPE"),
        ("three", {"parameters": {"word": "x"}}, 422, "JOBS_NOT_A_CHOICE"),
    ],
)
def test_when_an_order_is_wrong_then_nothing_is_begun(
    chains: TestClient, name: str, order: dict[str, Any], status: int, code: str
) -> None:
    answer = start(chains, name, **order)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert chains.get("/api/chain-runs").json() == []


def test_when_a_run_is_unknown_then_it_is_not_there(chains: TestClient) -> None:
    for method, path in (("GET", ""), ("POST", "/cancel"), ("POST", "/retry")):
        answer = chains.request(method, f"/api/chain-runs/no-such-run{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "CHAINS_NO_SUCH_RUN")
