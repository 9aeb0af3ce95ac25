"""The progress stream through a real server (contract chat 2.3, 5: 20): it tells, ends, and does not loop."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import update

from core.errors import Unavailable
from core.settings.current import get_settings
from core.storage import knowledge_tables
from core.storage.database import utc_now, writing
from tests.api.chat_home import Person
from tests.api.etl_home import EtlHome, carry_out, forget_runs, settle, take_up
from tests.conftest import PROJECT
from tests.knowledge.collections_home import HashEncoder
from tests.workers import free_port

SIX = {"job_id", "progress", "current_step", "status", "estimated_completion_time", "error_message"}
ALWAYS = {"job_id", "progress", "current_step", "status"}


@pytest.fixture(scope="module")
def server(built_etl: EtlHome) -> Iterator[httpx.Client]:
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "app.api.main:app", "--no-access-log", "--port", str(port)]
    with (get_settings().data_dir / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=PROJECT, env=dict(os.environ), stderr=log)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
            until = time.monotonic() + 60
            while time.monotonic() < until:
                try:
                    client.get("/healthz")
                    break
                except httpx.TransportError:
                    time.sleep(0.05)
            yield client
    finally:
        process.terminate()
        process.wait(10)


def heard(server: httpx.Client, job_id: str, *, who: Person | None = None, most: int = 999) -> list[dict[str, Any]]:
    """Events until the run ended, as an event source reads them."""
    found: list[dict[str, Any]] = []
    with server.stream("GET", address(job_id), params={"token": who.token} if who else {}) as answer:
        assert answer.status_code == 200, answer.read()
        assert answer.headers["content-type"].startswith("text/event-stream")
        for line in answer.iter_lines():
            assert not line.startswith("event:")
            if line.startswith("data: "):
                found.append(json.loads(line.removeprefix("data: ")))
                if len(found) == most or found[-1]["status"] in ("completed", "failed", "cancelled"):
                    break
    return found


def address(job_id: str) -> str:
    return f"/api/etl/jobs/{job_id}/progress"


def in_background(job_id: str, encoder: HashEncoder | None = None) -> threading.Thread:
    work = threading.Thread(target=lambda: carry_out(job_id, encoder=encoder, told=lambda _: time.sleep(0.05)))
    work.start()
    return work


def test_when_a_run_is_followed_then_events_rise_to_its_end_and_asking_again_is_204(
    server: httpx.Client, etl: EtlHome
) -> None:
    job_id = etl.begin()
    work = in_background(job_id)

    events = heard(server, job_id, who=etl.ana)
    again = server.get(address(job_id), params={"token": etl.ana.token})
    work.join()

    assert len(events) > 2 and all(set(one) <= SIX and set(one) >= ALWAYS for one in events)
    assert [one["progress"] for one in events] == sorted(one["progress"] for one in events)
    assert (events[-1]["status"], events[-1]["progress"]) == ("completed", 100)
    assert {one["status"] for one in events[:-1]} <= {"pending", "running"}
    assert any("estimated_completion_time" in one for one in events)
    assert (again.status_code, again.content) == (204, b"")


def test_when_the_end_was_told_then_the_stream_stays_open_a_moment_and_closes(
    server: httpx.Client, etl: EtlHome
) -> None:
    job_id = etl.processed(force=True)
    began = time.monotonic()

    body = server.get(address(job_id), params={"token": etl.ana.token})
    headers = {"Last-Event-ID": "1"}  # as an event source says when it lost its connection

    assert body.text.count("data: ") == 1 and '"completed"' in body.text
    assert time.monotonic() - began > 1
    assert server.get(address(job_id), headers={**headers, **etl.root.header}).status_code == 204


def test_when_there_is_no_token_then_the_id_is_enough_while_it_goes_on_but_tells_no_reason(
    server: httpx.Client, etl: EtlHome
) -> None:
    job_id = etl.begin()
    work = in_background(job_id, HashEncoder(broken={"이름은": Unavailable}))

    last = heard(server, job_id)[-1]
    work.join()
    own = heard(server, job_id, who=etl.ana)[-1]

    assert last["status"] == own["status"] == "failed"
    assert "embedding_generation" in last["error_message"] and "hash-1" not in last["error_message"]
    assert "hash-1" in own["error_message"]
    assert server.get(f"/api/etl/jobs/{job_id}/status").status_code == 401


def test_when_it_ended_long_ago_then_the_id_alone_is_not_enough(server: httpx.Client, etl: EtlHome) -> None:
    job_id = etl.processed(force=True)
    with writing() as connection:
        connection.execute(update(knowledge_tables.ingestions).values(finished_at=utc_now() - timedelta(hours=2)))

    assert server.get(address(job_id)).status_code == 404
    assert heard(server, job_id, who=etl.ana)[-1]["status"] == "completed"


def test_when_a_token_is_bad_or_somebody_elses_then_the_stream_is_refused(server: httpx.Client, etl: EtlHome) -> None:
    job_id = etl.begin()

    assert server.get(address(job_id), params={"token": "no.such.token"}).status_code == 401
    assert server.get(address(job_id), params={"token": etl.ben.token}).status_code == 404
    assert server.get(address(str(uuid4()))).status_code == 404


def test_when_a_plan_was_only_looked_at_then_its_id_opens_nothing(server: httpx.Client, etl: EtlHome) -> None:
    from core.knowledge.aptitude.records import begin_processing

    made = begin_processing(etl.ana.account.principal, 17)

    assert server.get(address(made.id)).status_code == 404
    forget_runs()


def test_when_a_run_is_cancelled_or_its_runner_killed_then_the_stream_says_so_and_ends(
    server: httpx.Client, etl: EtlHome
) -> None:
    cancelled = etl.begin()
    assert heard(server, cancelled, who=etl.ana, most=1)[0]["status"] == "pending"
    etl.post(f"/api/etl/jobs/{cancelled}/cancel")
    lost = etl.begin()
    take_up(lost)
    settle(lost, "lost", error={"key": "jobs.runner_lost", "details": {}})

    assert heard(server, cancelled, who=etl.ana)[-1]["status"] == "cancelled"
    assert heard(server, lost, who=etl.ana)[-1]["status"] == "failed"
