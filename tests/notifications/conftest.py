"""A real mail server and a real webhook on sockets of their own, and settings that point at them."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from core.resilience import breakers
from tests.workers import free_port

PASSWORD = "hidden-password"


@dataclass
class MailServer:
    """What arrived, and what the server answers to a message."""

    port: int = 0
    arrived: list[Any] = field(default_factory=list)
    answer: str = "250 OK"

    async def handle_DATA(self, server: object, session: object, envelope: Any) -> str:
        if self.answer.startswith("250"):
            self.arrived.append(envelope)
        return self.answer

    async def handle_RCPT(
        self, server: object, session: object, envelope: Any, address: str, options: list[str]
    ) -> str:
        if address.startswith("nobody@"):
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"


@dataclass
class Webhook:
    """What was posted, and the statuses it answers, the last one for ever."""

    url: str = ""
    posted: list[dict[str, Any]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=lambda: [200])


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    server = MailServer(free_port())

    def check(smtp: object, session: object, envelope: object, mechanism: str, login: LoginPassword) -> AuthResult:
        return AuthResult(success=login.password.decode() == PASSWORD, handled=False)

    controller = Controller(
        server,
        hostname="127.0.0.1",
        port=server.port,
        authenticator=check,
        auth_require_tls=False,
    )
    controller.start()
    yield server
    controller.stop()


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    hook = Webhook()

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            hook.posted.append(json.loads(self.rfile.read(length)))
            self.send_response(hook.statuses.pop(0) if len(hook.statuses) > 1 else hook.statuses[0])
            self.end_headers()

        def log_message(self, *values: object) -> None:
            """Say nothing on the terminal."""

    server = HTTPServer(("127.0.0.1", 0), Answer)
    hook.url = f"http://127.0.0.1:{server.server_address[1]}/hook/secret-part"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield hook
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def quick(settings_from: Callable[..., object]) -> Iterator[None]:
    settings_from(WORKBENCH_OUTSIDE_BACKOFF_S="0", WORKBENCH_OUTSIDE_TIMEOUT_S="5")
    breakers._breakers.clear()
    yield
    breakers._breakers.clear()


@pytest.fixture
def configured(
    home: object, mail_server: MailServer, webhook: Webhook, settings_from: Callable[..., object]
) -> Callable[..., object]:
    """Settings that name both servers; call it to change some."""
    settings_from(
        WORKBENCH_SMTP_URL=f"smtp://desk:{PASSWORD}@127.0.0.1:{mail_server.port}",
        WORKBENCH_NOTIFY_EMAIL="analyst@example.com",
        WORKBENCH_NOTIFY_FROM="workbench@example.com",
        WORKBENCH_SLACK_WEBHOOK_URL=webhook.url,
    )
    return settings_from
