"""The chat under a server process of its own: socket, event stream, and what a killed process leaves behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from websockets.sync.client import connect

from core.chat.messages import SILENT_S
from core.storage import knowledge_tables
from core.storage.database import utc_now, writing
from tests.api.chat_home import ChatHome, events_of
from tests.chat.conversations_home import REFUND
from tests.conftest import PROJECT
from tests.workers import free_port

PATIENCE_S = 30.0
# No encoder: a server that nobody listens to is away at once, and words alone are searched.
AWAY = {
    "WORKBENCH_TEXT_MODEL": "ollama:away", "OLLAMA_BASE_URL": "http://127.0.0.1:9", "WORKBENCH_OUTSIDE_RETRIES": "0",
}  # fmt: skip


@contextmanager
def serving(log: Path) -> Iterator[str]:
    """A server process over the home of now; host and port."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "app.api.main:app", "--no-access-log", "--port", str(port)]
    with log.open("w") as errors:
        process = subprocess.Popen(command, cwd=PROJECT, env={**os.environ, **AWAY}, stderr=errors)
    try:
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                httpx.get(f"http://127.0.0.1:{port}/api/chat/health")
                break
            except httpx.TransportError:
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.05)
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        assert process.wait(10) in (0, -15), log.read_text()


@pytest.fixture(scope="module")
def server(built_chat: ChatHome, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(tmp_path_factory.mktemp("log") / "server") as address:
        yield address


def test_when_a_question_is_asked_on_the_socket_then_another_process_can_follow_and_list_it(
    chat: ChatHome, server: str
) -> None:
    header = chat.ana.header
    with connect(f"ws://{server}/api/chat/ws/{chat.ana.id}?token={chat.ana.token}", close_timeout=1) as socket:
        socket.send(json.dumps({"type": "question", "data": {"question": REFUND}, "timestamp": "now"}))
        frames = [json.loads(socket.recv(timeout=PATIENCE_S)) for _ in range(3)]
        socket.send(json.dumps({"type": "ping", "data": {}, "timestamp": "now"}))
        pong = json.loads(socket.recv(timeout=PATIENCE_S))
    told = frames[-1]["data"]
    path = f"/api/chat/answers/{told['message_id']}/events"
    there = events_of(httpx.get(f"http://{server}{path}", headers=header, timeout=PATIENCE_S).text)
    here = events_of(chat.client.get(path, headers=header).text)
    rows = chat.client.get(f"/api/chat/history/{chat.ana.id}", headers=header).json()["conversations"]

    assert [one["data"].get("status", one["type"]) for one in frames] == ["processing", "generating", "response"]
    assert pong["type"] == "pong"
    assert told["warnings"] and "30일" in told["response"]
    assert there[-1] == here[-1] and here[-1]["response"] == told["response"]
    assert [row["conversation_id"] for row in rows] == [told["conversation_id"]]


def test_when_questions_go_to_two_processes_then_they_share_the_rate_and_the_repeats(
    chat: ChatHome, server: str
) -> None:
    body = {"question": REFUND}
    there = httpx.post(
        f"http://{server}/api/chat/question", json=body, headers=chat.ben.header, timeout=PATIENCE_S
    )  # fmt: skip
    here = chat.client.post("/api/chat/question", json=body, headers=chat.ben.header)

    assert there.json()["message_id"] == here.json()["message_id"]
    assert (there.json()["is_repeated"], here.json()["is_repeated"]) == (False, True)


def test_when_the_process_that_made_an_answer_is_gone_then_it_reads_as_interrupted_and_the_same_question_tries_again(
    chat: ChatHome, server: str
) -> None:
    body, header = {"question": REFUND}, chat.ana.header
    first = chat.client.post("/api/chat/question", json=body, headers=header).json()
    silent_since = utc_now() - timedelta(seconds=2 * SILENT_S)
    with writing() as connection:  # as a killed process leaves it, once it has been silent for long enough
        table = knowledge_tables.chat_messages
        values = {"state": "generating", "answer": None, "updated_at": silent_since}
        connection.execute(table.update().where(table.c.id == first["message_id"]).values(**values))
    path = f"/api/chat/conversations/{first['conversation_id']}"
    left = httpx.get(f"http://{server}{path}", headers=header, timeout=PATIENCE_S).json()["messages"][1]
    again = httpx.post(f"http://{server}/api/chat/question", json=body, headers=header, timeout=PATIENCE_S)

    assert left["said"]["message_state"] == "interrupted" and left["content"]
    assert again.status_code == 200 and "30일" in again.json()["response"]
    assert again.json()["conversation_id"] == first["conversation_id"]
