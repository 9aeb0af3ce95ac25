"""The chat frontend's job page with its event source, and its socket (contract chat 1.1 routes 8 to 16, 2.2, 2.3)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from tests.contracts.carrying_out import carry_out_ingestion
from tests.contracts.chat_reads import BEGUN, FRAMES, JOB, JOBS, PROFILE, PROGRESS, REFUSED, SOURCE
from tests.contracts.frontends import PATIENCE_S, Frontend, Listening
from tests.contracts.reading import assert_read, within
from tests.contracts.sidecar import Person, Sidecar

ENDS = ("completed", "failed")  # after which the client closes the stream


@pytest.fixture
def jun(sidecar: Sidecar) -> Person:
    return sidecar.jun


@pytest.fixture
def page(chat: Frontend, jun: Person) -> Frontend:
    return chat.signed_in(jun.token)


def test_when_results_are_processed_then_list_stream_status_and_profile_follow_to_the_end(
    page: Frontend, jun: Person
) -> None:
    page.asks("GET", f"/api/users/{jun.id}/profile", reads=PROFILE)
    begun = page.asks("POST", f"/api/users/{jun.id}/reprocess", json={"force": True}, reads=BEGUN)
    job_id = begun["job_id"]
    page.asks("GET", f"/api/etl/users/{jun.id}/jobs?page=1&limit=20", reads=JOBS)
    stream = f"{begun['progress_url']}?token={jun.token}"
    events: list[dict[str, Any]] = []
    with carried_out(job_id):
        for event in page.follows(stream, reads=PROGRESS):
            events.append(event)
            if event["status"] in ENDS:
                break
    again = page.http.get(stream, headers={"Origin": page.origin})
    done = page.asks("GET", f"/api/etl/jobs/{job_id}/status", reads=JOB)
    profile = page.asks("GET", f"/api/users/{jun.id}/profile", reads=PROFILE)

    assert [one["progress"] for one in events] == sorted(one["progress"] for one in events)
    assert (events[-1]["status"], events[-1]["progress"]) == ("completed", 100)
    assert again.status_code == 204, f"{page.name} would open its event source again and again"
    assert (done["status"], profile["user"]["processing_status"]) == ("completed", "completed")
    page.asks("GET", f"/api/etl/users/{jun.id}/jobs?page=1&limit=100", reads=JOBS)


def test_when_a_job_is_cancelled_then_it_can_be_tried_again_and_a_reloaded_page_follows_without_a_token(
    page: Frontend, jun: Person
) -> None:
    order = {"json": {"force": True}}
    job_id = page.asks("POST", f"/api/etl/users/{jun.id}/reprocess", **order, reads=BEGUN)["job_id"]
    page.fetches("POST", f"/api/etl/jobs/{job_id}/cancel")
    cancelled = page.fetches("GET", f"/api/etl/jobs/{job_id}/status").json()
    retried = page.asks("POST", f"/api/etl/jobs/{job_id}/retry", reads=BEGUN)
    followed = next(iter(page.follows(retried["progress_url"], reads=PROGRESS)))
    page.asks("POST", f"/api/etl/jobs/{job_id}/retry", status=409, reads=REFUSED)
    page.fetches("POST", f"/api/etl/jobs/{job_id}/cancel")

    assert (cancelled["status"], followed["status"]) == ("cancelled", "pending")


def test_when_nothing_changed_then_reprocessing_without_force_reads_why_not(chat: Frontend, sidecar: Sidecar) -> None:
    mina = sidecar.mina
    address = f"/api/users/{mina.id}/reprocess"

    chat.signed_in(mina.token).asks("POST", address, json={"force": False}, status=409, reads=REFUSED)


def test_when_a_question_is_sent_on_the_socket_then_status_and_response_are_read(
    chat: Frontend, sidecar: Sidecar
) -> None:
    mina = sidecar.mina
    with chat.listens(f"/api/chat/ws/{mina.id}?token={mina.token}") as socket:
        say(socket, "question", question="나의 사고력은 어떻습니까?")
        frames = socket.hears(until="response", reads=FRAMES)
        say(socket, "question", question="")
        refused = socket.hears(until="error", reads=FRAMES)
        say(socket, "ping")
        socket.hears(until="pong", reads=FRAMES)

    assert [one["data"].get("status") for one in frames[:-1]] == ["processing", "generating"]
    assert [one["type"] for one in refused] == ["error"]
    assert_read(chat.name, "frame response of its socket", frames[-1]["data"], within("retrieved_documents[]", SOURCE))


@pytest.mark.parametrize(("whose", "code"), [("", 4001), ("?token=a.b.c", 4001), ("somebody else's", 4003)])
def test_when_the_socket_is_refused_then_the_close_code_stops_the_client(
    chat: Frontend, sidecar: Sidecar, whose: str, code: int
) -> None:
    end = f"?token={sidecar.jun.token}" if whose == "somebody else's" else whose
    with chat.listens(f"/api/chat/ws/{sidecar.mina.id}{end}") as listening:
        with pytest.raises(ConnectionClosed):
            listening.socket.recv(timeout=PATIENCE_S)
        assert listening.socket.close_code == code, f"{chat.name} stops reconnecting after {code}"


@contextmanager
def carried_out(job_id: str) -> Iterator[None]:
    """The run goes on beside the block, and has ended after it."""
    working = Thread(target=carry_out_ingestion, args=(job_id,))
    working.start()
    try:
        yield
    finally:
        working.join(PATIENCE_S)


def say(listening: Listening, kind: str, **data: Any) -> None:
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    listening.says({"type": kind, "data": data, "timestamp": at})
