"""A real API process and clients that take their time, send too much, or are still there when it stops."""

from __future__ import annotations

import http.client
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import process_home
from tests.network.processes import running_apis

BODY = b'{"query": "rose"}'
HEAD = b"POST /api/v1/search/semantic HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    home = tmp_path_factory.mktemp("slow")
    with process_home(home):
        pass
    settings = {
        "DISABLE_AUTH": "1", "WORKBENCH_ROUTES": "fragrance", "WORKBENCH_SLOW_HEAD_S": "1",
        "WORKBENCH_SLOW_BODY_S": "1", "WORKBENCH_RATE_LIMITS": "",
    }  # fmt: skip
    with running_apis(home, **settings) as (port,):
        yield port


def answer(port: int, *sent: bytes) -> bytes:
    """Everything that comes back until the server closes, which it must."""
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        try:
            for piece in sent:
                connection.sendall(piece)
            while piece := connection.recv(65_536):
                received += piece
        except ConnectionError:
            pass
    return received


@pytest.mark.parametrize("begun", [b"", b"GET /livez HT", b"GET /livez HTTP/1.1\r\nHost: a\r\nX-One", b"\r\n"])
@pytest.mark.fault(
    "slow clients", "a head that never ends",
    "408 and the connection is cut",
)  # fmt: skip
def test_when_a_head_does_not_come_then_the_connection_is_cut(port: int, begun: bytes) -> None:
    assert answer(port, begun).startswith(b"HTTP/1.1 408 ")


@pytest.mark.fault(
    "slow clients", "a body that never ends",
    "408 in one sentence",
)  # fmt: skip
def test_when_a_body_does_not_come_then_408_says_so(port: int) -> None:
    told = answer(port, HEAD + b"Content-Length: 9999\r\n\r\n" + BODY)

    assert told.startswith(b"HTTP/1.1 408 ")
    assert b"too long to arrive" in told


@pytest.mark.parametrize("pieces", [1, 300])
@pytest.mark.fault(
    "oversized headers", "90 kB in one header and in 300",
    "431 or 400",
)  # fmt: skip
def test_when_a_head_is_too_large_then_it_is_refused(port: int, pieces: int) -> None:
    long = [b"X-%d: " % number + b"a" * (90_000 // pieces) + b"\r\n" for number in range(pieces)]

    assert answer(port, b"GET /livez HTTP/1.1\r\nHost: a\r\n", *long)[:12] in (b"HTTP/1.1 431", b"HTTP/1.1 400", b"")


@pytest.mark.fault(
    "oversized bodies", "100 GB announced",
    "413 before it is read",
)  # fmt: skip
def test_when_a_body_is_announced_too_large_then_413_says_so(port: int) -> None:
    told = answer(port, HEAD + b"Content-Length: 99999999999\r\nConnection: close\r\n\r\n{")

    assert told.startswith(b"HTTP/1.1 413 ")


def test_when_a_client_keeps_to_the_rules_then_one_connection_serves_it_again_and_again(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    statuses = []
    for _ in range(3):
        connection.request("POST", "/api/v1/search/semantic", body=b"[]", headers={"Content-Type": "application/json"})
        told = connection.getresponse()
        told.read()
        statuses.append(told.status)
    connection.close()

    assert set(statuses) <= {400, 422}


@pytest.mark.soak  # a server of its own, which it stops
def test_when_the_api_is_stopped_then_a_request_on_its_way_is_answered_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with process_home(tmp_path):
        pass
    stopped: list[subprocess.Popen[bytes]] = []
    begin = subprocess.Popen

    def remembering(*arguments: object, **named: object) -> subprocess.Popen[bytes]:
        stopped.append(begin(*arguments, **named))  # type: ignore[call-overload]
        return stopped[-1]

    monkeypatch.setattr("tests.network.processes.subprocess.Popen", remembering)
    with running_apis(tmp_path, DISABLE_AUTH="1", WORKBENCH_ROUTES="fragrance") as (port,):
        connection = socket.create_connection(("127.0.0.1", port), timeout=30)
        connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY[:5])
        _wait_until_served(port)
        stopped[0].send_signal(signal.SIGTERM)
        _wait_until_closed(port)
        connection.sendall(BODY[5:])
        told = connection.recv(65_536)
        connection.close()
        status = stopped[0].wait(30)

    assert told.startswith(b"HTTP/1.1 "), told
    assert b" 408 " not in told
    assert status in (0, -signal.SIGTERM)


def _wait_until_served(port: int) -> None:
    """Another request was answered, so the one before it has begun."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", "/livez")
    connection.getresponse().read()
    connection.close()


def _wait_until_closed(port: int) -> None:
    """Nobody is let in any more."""
    done = threading.Event()
    for _ in range(300):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return
        done.wait(0.05)
    raise AssertionError("the API goes on to take connections")
