"""The internet of a test: a real server of this machine behind names and addresses that are made up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

import httpcore

from core.security.outbound.fetching import Reach
from core.security.outbound.public_addresses import Address

PUBLIC, SECOND = "93.184.216.34", "1.1.1.1"
Answer = Callable[[BaseHTTPRequestHandler], None]


def sends(content: bytes = b"picture", status: int = 200, **headers: str) -> Answer:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        named = {"Content_Type": "image/png", "Content_Length": str(len(content))} | headers
        for name, value in named.items():
            request.send_header(name.replace("_", "-"), value)
        request.end_headers()
        request.wfile.write(content)

    return answer


def leads_to(location: str) -> Answer:
    return sends(b"", 302, Location=location)


@dataclass
class Site:
    """A server of this machine: what it answers at each path, and who came."""

    answers: dict[str, Answer] = field(default_factory=dict)
    connections: int = 0
    headers: list[dict[str, str]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    port: int = 0
    is_over: Event = field(default_factory=Event)


@dataclass
class Internet:
    """Names and connections of a test; `reached` holds every address a connection was opened to."""

    site: Site
    names: dict[str, list[str]]
    reached: list[str] = field(default_factory=list)
    looked_up: list[str] = field(default_factory=list)

    def look_up(self, host: str, port: int, timeout_s: float) -> list[str]:
        self.looked_up.append(host)
        return self.names.get(host, [])

    def connect(self, address: Address, port: int, timeout_s: float) -> Any:
        self.reached.append(str(address))
        return httpcore.SyncBackend().connect_tcp("127.0.0.1", self.site.port, timeout_s)

    @property
    def reach(self) -> Reach:
        return Reach(look_up=self.look_up, connect=self.connect)


@contextmanager
def serving_site() -> Iterator[Site]:
    made = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.asked.append(self.path)
            made.headers.append({name.lower(): value for name, value in self.headers.items()})
            made.answers[self.path](self)

        def log_message(self, format: str, *args: object) -> None:
            return

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

        def verify_request(self, request: Any, client_address: Any) -> bool:
            made.connections += 1
            return True

        def handle_error(self, request: Any, client_address: Any) -> None:
            return  # clients here hang up on purpose

    with Server(("127.0.0.1", 0), Handler) as server:
        made.port = server.server_address[1]
        made.answers["/a.png"] = sends()
        serving = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        serving.start()
        yield made
        made.is_over.set()
        server.shutdown()
        serving.join()
