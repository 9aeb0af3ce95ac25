"""The health check of images that carry no curl."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

from core.telemetry.probe import answers_200


class Fine(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/livez" else 503)
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        """Nothing."""


def test_when_an_address_is_probed_then_only_200_is_healthy() -> None:
    with HTTPServer(("127.0.0.1", 0), Fine) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        found = [answers_200(f"{url}{path}") for path in ("/livez", "/readyz")]
        server.shutdown()

    assert found == [True, False]
    assert not answers_200(url)
