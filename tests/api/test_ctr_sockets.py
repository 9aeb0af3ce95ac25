"""The WebSockets under a real server, with the traps of the client that listens (contract ctr 6: 11, 13, 14)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import insert
from websockets.sync.client import ClientConnection, connect

from core.storage.database import utc_now, writing
from tests.api import ctr_runs
from tests.api.conftest import SECRET
from tests.conftest import PROJECT, process_home
from tests.workers import free_port

CAMEL = ("trainLoss", "valLoss", "trainAccuracy", "valAccuracy")
PATIENCE_S = 15.0
STAYS_OPEN_S = 10.0


@contextmanager
def serving(folder: Path, **environment: str) -> Iterator[str]:
    """A server of its own process over the home of now; the address of its sockets."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "app.api.main:app", "--no-access-log", "--port", str(port)]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=PROJECT, env={**os.environ, **environment}, stderr=log)
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                httpx.get(f"http://127.0.0.1:{port}/api/health")
                break
            except httpx.TransportError:
                assert time.monotonic() < deadline
                time.sleep(0.05)
        yield f"ws://127.0.0.1:{port}"
    finally:
        process.terminate()
        assert process.wait(10) in (0, -15)


@pytest.fixture(scope="module")
def server(trained_ctr_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    import shutil

    home = tmp_path_factory.mktemp("sockets") / "home"
    shutil.copytree(trained_ctr_home, home)
    with process_home(home, migrated=False), serving(home) as address:
        yield address


@pytest.fixture
def run(server: str) -> str:
    """A run that has begun."""
    run_id = ctr_runs.submit("")
    ctr_runs.begin(run_id)
    return run_id


def listen(server: str, path: str, **options: Any) -> ClientConnection:
    return connect(f"{server}{path}", close_timeout=1, **options)


def heard(socket: ClientConnection, until: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
    """Frames up to the first that `until` accepts."""
    frames: list[dict[str, Any]] = []
    while not frames or not until(frames[-1]):
        frames.append(json.loads(socket.recv(timeout=PATIENCE_S)))
    return frames


def of(kind: str) -> Callable[[dict[str, Any]], bool]:
    return lambda frame: frame["type"] == kind


def is_silent(socket: ClientConnection, seconds: float = 1.2) -> bool:
    """Nothing comes and the connection stands."""
    try:
        socket.recv(timeout=seconds)
    except TimeoutError:
        return True
    return False


@pytest.fixture(scope="module")
def ended(server: str) -> Iterator[tuple[float, dict[str, ClientConnection]]]:
    """Sockets of a completed, a failed and an unknown run that have been told all there is."""
    with ExitStack() as stack:
        failed, done = ctr_runs.submit(""), ctr_runs.submit("")
        for run_id in (failed, done):
            ctr_runs.begin(run_id)
        ctr_runs.fail(failed, "ValueError: /srv/data/rows.parquet is gone")
        ctr_runs.tell_epoch(done, 4, 4)
        ctr_runs.succeed(done, ctr_runs.latest_result())
        paths = {"completed": done, "failed": failed, "unknown": "mock-run-1"}
        sockets = {
            name: stack.enter_context(listen(server, f"/ws/training/{run_id}")) for name, run_id in paths.items()
        }
        yield time.monotonic(), sockets


def test_when_epochs_go_by_then_each_frame_is_complete_in_both_spellings(server: str, run: str) -> None:
    with listen(server, f"/ws/training/{run}") as socket:
        heard(socket, of("log"))
        ctr_runs.tell_epoch(run, 1, 3)
        ctr_runs.tell(run, "lstm", 0.4, epoch=2, epochs=3, batch=5, batches=9, train_loss=0.3)
        ctr_runs.tell_epoch(run, 2, 3)
        frames = heard(socket, lambda frame: frame.get("epoch") == 2 and frame["type"] == "epoch_update")

    epochs = [frame for frame in frames if frame["type"] == "epoch_update"]
    assert [frame["epoch"] for frame in epochs] == [1, 2]
    for frame in epochs:
        metrics = frame["metrics"]
        assert [metrics[name] for name in CAMEL] == [ctr_runs.EPOCH[name] for name in ctr_runs.TWINS]
        assert all(metrics[name] == value for name, value in {**ctr_runs.EPOCH, **ctr_runs.QUALITY}.items())
        assert frame["totalEpochs"] == frame["total_epochs"] == 3
    (batch,) = [frame for frame in frames if frame["type"] == "batch_update"]
    assert (batch["batch"], batch["batches"], batch["trainLoss"]) == (5, 9, 0.3)


def test_when_somebody_reconnects_mid_run_then_only_the_current_epoch_is_told(server: str, run: str) -> None:
    for epoch in (1, 2, 3):
        ctr_runs.tell_epoch(run, epoch, 10)

    with listen(server, f"/ws/training/{run}") as first, listen(server, f"/ws/training/{run}") as second:
        told = [heard(socket, of("epoch_update")) for socket in (first, second)]
        first.close()
        assert is_silent(second)
        ctr_runs.tell_epoch(run, 4, 10)
        later = heard(second, of("epoch_update"))

    assert [[frame["epoch"] for frame in frames if frame["type"] == "epoch_update"] for frames in told] == [[3], [3]]
    assert later[-1]["epoch"] == 4


def test_when_the_training_ends_then_it_is_complete_once_with_its_figures(server: str, run: str) -> None:
    result = ctr_runs.latest_result()
    result["metrics"] |= {"average_precision": 0.3, "precision": None}
    with listen(server, f"/ws/training/{run}") as socket:
        ctr_runs.succeed(run, result)
        frames = heard(socket, of("training_complete"))

        assert is_silent(socket)
    assert frames[-1]["metrics"]["averagePrecision"] == 0.3
    assert None not in frames[-1]["metrics"].values()


def test_when_a_run_failed_then_a_log_says_why_without_paths(ended: tuple[float, dict[str, Any]]) -> None:
    frames = heard(ended[1]["failed"], of("training_failed"))

    (log,) = [frame for frame in frames if frame["type"] == "log"]
    assert "rows.parquet" in log["message"]
    assert "/srv" not in log["message"]


def test_when_the_run_is_unknown_then_a_log_says_so(ended: tuple[float, dict[str, Any]]) -> None:
    frame = json.loads(ended[1]["unknown"].recv(timeout=PATIENCE_S))

    assert (frame["type"], "mock-run-1" in frame["message"]) == ("log", True)


def test_when_a_run_is_queued_then_a_log_says_that_it_waits(server: str) -> None:
    with listen(server, f"/ws/training/{ctr_runs.submit('')}") as socket:
        (frame,) = heard(socket, of("log"))

    assert frame["message"] == "The training waits for its turn."


def test_when_a_client_talks_or_pings_then_nothing_happens(server: str, run: str) -> None:
    with listen(server, f"/ws/training/{run}") as socket:
        heard(socket, of("log"))
        socket.send("ping")
        socket.send(b"\x00")
        assert socket.ping().wait(PATIENCE_S)
        ctr_runs.tell_epoch(run, 1, 3)
        assert heard(socket, of("epoch_update"))[-1]["epoch"] == 1


def test_when_performance_is_listened_to_then_metrics_and_health_hold_no_null(server: str) -> None:
    with listen(server, "/ws/performance") as socket:
        frames = heard(socket, of("system_health"))

    (metrics,) = [frame["metrics"] for frame in frames if frame["type"] == "metrics_update"]
    assert 1 < metrics["accuracy"] <= 100
    assert metrics["f1Score"] == metrics["f1_score"]
    assert None not in metrics.values()
    assert None not in frames[-1]["health"].values()


def test_when_a_training_failed_then_performance_lists_it(server: str, ended: tuple[float, dict[str, Any]]) -> None:
    with listen(server, "/ws/performance") as socket:
        log = heard(socket, of("error_log"))[-1]["log"]

    assert (log["level"], log["stack"]) == ("error", "")
    assert "/srv" not in log["message"]
    assert log["timestamp"]


def test_when_an_alert_is_open_then_it_is_told(server: str) -> None:
    from core.storage.tables import alerts

    details = {"percent": "61.0", "limit": "70", "known": 400, "expected": "95.0"}
    values = {
        "owner": "local", "kind": "accuracy", "severity": "critical", "run_id": None, "active_key": "local:accuracy:",
        "opened_at": utc_now(), "last_seen_at": utc_now(), "value": 0.61, "limit": 0.7, "details": details, "streak": 0,
    }  # fmt: skip
    with writing() as connection:
        connection.execute(insert(alerts).values(**values))

    with listen(server, "/ws/alerts") as socket:
        frame = heard(socket, of("alert"))[-1]

    assert (frame["alert"]["kind"], frame["alert"]["severity"]) == ("accuracy", "critical")
    assert "61.0" in frame["alert"]["message"]


def test_when_a_page_of_an_unknown_origin_listens_then_it_is_told_why_and_hears_nothing(server: str, run: str) -> None:
    ctr_runs.tell_epoch(run, 1, 3)

    with listen(server, f"/ws/training/{run}", origin="http://elsewhere.example") as socket:
        frame = json.loads(socket.recv(timeout=PATIENCE_S))
        assert is_silent(socket)
    with listen(server, f"/ws/training/{run}", origin="http://localhost:5173") as socket:
        heard(socket, of("epoch_update"))

    assert "elsewhere.example" in frame["message"]


def test_when_nobody_is_signed_in_then_the_handshake_succeeds_and_one_log_says_so(ctr_home: Path, run_id: str) -> None:
    with serving(ctr_home, DISABLE_AUTH="0", SUPABASE_JWT_SECRET=SECRET) as address:
        for path in (f"/ws/training/{run_id}", "/ws/performance", "/ws/alerts"):
            with listen(address, path) as socket:
                frame = json.loads(socket.recv(timeout=PATIENCE_S))
                assert (frame["type"], frame["level"]) == ("log", "error")
                assert is_silent(socket, 0.5)


def test_when_everything_is_told_then_the_server_closes_no_socket(ended: tuple[float, dict[str, Any]]) -> None:
    since, sockets = ended
    assert heard(sockets["completed"], of("training_complete"))

    time.sleep(max(0.0, since + STAYS_OPEN_S - time.monotonic()))

    for socket in sockets.values():
        assert socket.ping().wait(PATIENCE_S)
        assert is_silent(socket, 0.1)
