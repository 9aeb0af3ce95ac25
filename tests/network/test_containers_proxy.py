"""The proxy of compose.yaml before several API containers: a real nginx, a name that leads to several addresses."""

from __future__ import annotations

import json
import re
import socket
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from tests.conftest import PROJECT
from tests.debian_tools import tool
from tests.jobs.conftest import wait_until
from tests.network.processes import running
from tests.workers import free_port

SITE = PROJECT / "deploy" / "containers" / "nginx.conf"


class Told(BaseHTTPRequestHandler):
    """Answers with the address that was reached and with the headers that came."""

    def do_GET(self) -> None:
        address = self.server.server_address[0]
        body = json.dumps(
            {"address": address, "path": self.path, **{key.lower(): self.headers[key] for key in self.headers}}
        )
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *arguments: object) -> None:
        """Nothing: what is asked is known here."""


class Names(threading.Thread):
    """A name server over UDP that gives every name the same addresses (RFC 1035, section 4)."""

    def __init__(self, addresses: list[str]) -> None:
        super().__init__(daemon=True)
        self.addresses = addresses
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port: int = self.socket.getsockname()[1]

    def run(self) -> None:
        while True:
            try:
                asked, caller = self.socket.recvfrom(512)
            except OSError:
                return
            end = asked.index(b"\0", 12) + 5  # of the question: name, type, class
            head = asked[:2] + struct.pack(">HHHHH", 0x8580, 1, len(self.addresses), 0, 0)
            answer = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 1, 4)
            found = b"".join(answer + socket.inet_aton(one) for one in self.addresses)
            self.socket.sendto(head + asked[12:end] + found, caller)


@dataclass
class Site:
    names: Names
    api: str
    pages: str


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    program, folder, port = tool("nginx"), tmp_path_factory.mktemp("proxy"), free_port()
    servers = [ThreadingHTTPServer((f"127.0.0.{last}", port), Told) for last in (2, 3, 4)]
    for one in servers:
        threading.Thread(target=one.serve_forever, daemon=True).start()
    names = Names(["127.0.0.2", "127.0.0.3"])
    names.start()
    listens = {"8000": free_port(), "8501": free_port()}
    text = SITE.read_text("utf-8").replace("resolver 127.0.0.11 valid=5s", f"resolver 127.0.0.1:{names.port} valid=1s")
    text = re.sub(r"listen (\d+);", lambda match: f"listen 127.0.0.1:{listens[match[1]]};", text)
    text = re.sub(r"(set \$\w+ \w+):\d+;", rf"\1:{port};", text)
    (folder / "site.conf").write_text(text, "utf-8")
    places = " ".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    main = f"daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log; events {{}}\n"
    (folder / "nginx.conf").write_text(
        f"{main}http {{ access_log off; {places} include {folder}/site.conf; }}", "utf-8"
    )
    command = [program, "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf")]
    with running(command, listens["8000"], folder / "nginx.log"):
        yield Site(names, *(f"http://127.0.0.1:{one}" for one in listens.values()))
    for one in servers:
        one.shutdown()
        one.server_close()
    names.socket.close()


def reached(site: Site, requests: int = 12) -> set[str]:
    return {httpx.get(f"{site.api}/livez").json()["address"] for _ in range(requests)}


def test_when_a_name_leads_to_several_containers_then_all_of_them_answer_also_one_that_comes_later(site: Site) -> None:
    wait_until(lambda: reached(site) == {"127.0.0.2", "127.0.0.3"}, seconds=30)

    site.names.addresses.append("127.0.0.4")

    wait_until(lambda: reached(site) == {"127.0.0.2", "127.0.0.3", "127.0.0.4"}, seconds=30)


def test_when_a_request_passes_then_path_host_and_caller_reach_the_container(site: Site) -> None:
    told = httpx.get(f"{site.api}/api/jobs?limit=3", headers={"X-Forwarded-Proto": "https"}).json()
    plain = httpx.get(f"{site.pages}/").json()

    assert told["path"] == "/api/jobs?limit=3"
    assert f"http://{told['host']}" == site.api
    assert (told["x-forwarded-for"], told["x-forwarded-proto"]) == ("127.0.0.1", "https")
    assert plain["x-forwarded-proto"] == "http"


def test_when_metrics_are_asked_for_through_the_proxy_then_they_are_not_there(site: Site) -> None:
    assert httpx.get(f"{site.api}/metrics").status_code == 404
