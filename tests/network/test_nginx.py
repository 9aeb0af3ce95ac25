"""The nginx example before two real API processes: HTTPS, cookies, sockets, callers by their address, slow clients."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import websockets

from core.security.policy import LOCAL_ANALYST, Role
from tests.conftest import process_home
from tests.debian_tools import tool
from tests.network.processes import running_apis, running_nginx

NAME, PASSWORD = "operator", "a-long-password-of-one"
LIMIT = 5


@dataclass(frozen=True)
class Site:
    """The running example: its HTTPS address, the API processes behind it, and the certificate to check it by."""

    port: int
    apis: list[int]
    certificate: Path

    def client(self) -> httpx.Client:
        """A caller at another address than the proxy: whoever asks from there is as trusted as the proxy."""
        transport = httpx.HTTPTransport(verify=self.tls(), local_address="127.0.0.2")
        return httpx.Client(base_url=f"https://127.0.0.1:{self.port}", transport=transport, timeout=20)

    def tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.certificate))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    program = tool("nginx")
    home = tmp_path_factory.mktemp("behind-nginx")
    with process_home(home):
        from core.accounts.accounts import create_account

        create_account(NAME, PASSWORD, display_name=NAME, role=Role.ADMIN, principal=LOCAL_ANALYST)
    settings = {
        "APP_ENV": "production",
        "WORKBENCH_TRUSTED_PROXIES": "127.0.0.1",
        "WORKBENCH_ROUTES": "fragrance,ctr",
        "WORKBENCH_RATE_LIMITS": f"fragrance={LIMIT}/minute",
    }
    with (
        running_apis(home, 2, **settings) as apis,
        running_nginx(program, home, apis, storefront=apis[0]) as port,
    ):
        yield Site(port, apis, home / "workbench.pem")


def test_when_an_answer_comes_through_the_proxy_then_browsers_are_told_once_to_keep_to_https(site: Site) -> None:
    with site.client() as client:
        answer = client.get("/healthz")

    assert answer.status_code == 200
    assert answer.headers.get_list("strict-transport-security") == ["max-age=31536000"]


def test_when_somebody_signs_in_through_the_proxy_then_the_cookie_is_for_https_only(site: Site) -> None:
    with site.client() as client:
        answer = client.post("/api/v1/auth/admin/login", json={"username": NAME, "password": PASSWORD})

    assert answer.status_code == 200, answer.text
    cookie = answer.headers["set-cookie"].lower()
    assert "secure" in cookie
    assert "httponly" in cookie
    assert "samesite=strict" in cookie


def test_when_the_api_is_asked_past_the_proxy_then_plain_http_is_refused_and_probes_answer(site: Site) -> None:
    past = f"http://127.0.0.1:{site.apis[0]}"

    refused = httpx.get(f"{past}/api/products")
    forged = httpx.get(f"{past}/livez", headers={"X-Forwarded-Proto": "http"})

    assert refused.status_code == 403
    assert "https://" in refused.json()["message"]
    assert "strict-transport-security" not in refused.headers
    assert forged.status_code == 200


def test_when_a_forged_address_is_sent_through_the_proxy_then_two_processes_count_one_caller(site: Site) -> None:
    with site.client() as client:
        answers = [
            client.get("/api/products", headers={"X-Forwarded-For": f"198.51.100.{number}"})
            for number in range(LIMIT + 1)
        ]

    assert [one.status_code == 429 for one in answers] == [False] * LIMIT + [True]
    assert [one.headers["x-ratelimit-remaining"] for one in answers] == ["4", "3", "2", "1", "0", "0"]
    assert {one.headers["x-ratelimit-limit"] for one in answers} == {str(LIMIT)}
    refused = answers[-1]
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert refused.json()["retry_after"] == int(refused.headers["retry-after"])
    assert refused.json()["error"]
    assert refused.json()["detail"]


def test_when_a_socket_is_opened_through_the_proxy_then_it_speaks(site: Site) -> None:
    async def listen() -> dict[str, object]:
        address = f"wss://127.0.0.1:{site.port}/ws/alerts"
        async with websockets.connect(address, ssl=site.tls()) as connection:
            heard: dict[str, object] = json.loads(await asyncio.wait_for(connection.recv(), 20))
            return heard

    assert asyncio.run(listen())["type"] == "log"  # nobody signed in, and is told so


def test_when_metrics_are_asked_for_through_the_proxy_then_they_are_not_there(site: Site) -> None:
    with site.client() as client:
        assert client.get("/metrics").status_code == 404


def test_when_a_storefront_asks_its_own_address_then_the_api_answers(site: Site) -> None:
    with site.client() as client:
        answer = client.get("/api/products", headers={"Host": "shop.workbench.example"})

    assert "x-ratelimit-limit" in answer.headers


def test_when_a_body_is_larger_than_an_upload_may_be_then_the_proxy_refuses_it(site: Site) -> None:
    head = b"POST /api/datasets HTTP/1.1\r\nHost: workbench.example\r\nContent-Length: 600000000\r\n\r\n"

    assert b" 413 " in _answer(site, head, until=b"\r\n\r\n")


def test_when_a_head_is_too_large_then_it_is_refused(site: Site) -> None:
    head = b"GET /livez HTTP/1.1\r\nHost: workbench.example\r\nX-Long: " + b"a" * 40_000 + b"\r\n\r\n"

    assert b" 400 " in _answer(site, head)


@pytest.mark.parametrize(
    "begun",
    [b"GET /livez HTTP/1.1\r\nHost: work", b"POST /api/v1/x HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\nhalf"],
    ids=["head", "body"],
)
def test_when_a_client_stops_half_way_then_its_connection_is_cut(site: Site, begun: bytes) -> None:
    answer = _answer(site, begun)  # returns only because the other end closes

    assert b" 200 " not in answer


def _answer(site: Site, sent: bytes, until: bytes = b"\0") -> bytes:
    """Everything that comes back until the server closes, or has sent `until`."""
    received = b""
    with (
        socket.create_connection(("127.0.0.1", site.port), timeout=30) as plain,
        site.tls().wrap_socket(plain, server_hostname="localhost") as connection,
    ):
        connection.sendall(sent)
        try:
            while until not in received and (piece := connection.recv(65_536)):
                received += piece
        except ConnectionError:
            pass
    return received
