"""Over https the certificate is that of the name, although the connection goes to a judged address."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpcore
import pytest

from core.errors import BadInput
from core.security.outbound.fetching import Reach, fetch
from core.security.outbound.public_addresses import Address

NAME = "pictures.example"


@dataclass
class SecureSite:
    """A server with a certificate for NAME; `greeted` holds the names that clients asked for in their greeting."""

    port: int
    certificate: Path
    greeted: list[str | None] = field(default_factory=list)

    def reach(self) -> Reach:
        def connect(address: Address, port: int, timeout_s: float) -> Any:
            return httpcore.SyncBackend().connect_tcp("127.0.0.1", self.port, timeout_s)

        trust = ssl.create_default_context(cafile=str(self.certificate))
        return Reach(look_up=lambda host, port, timeout_s: ["1.1.1.1"], connect=connect, trust=trust)


def write_certificate(path: Path) -> Path:
    x509 = pytest.importorskip("cryptography.x509", reason="makes the certificate of the test server")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    pem = serialization.Encoding.PEM
    path.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain) + made.public_bytes(pem))
    return path


@pytest.fixture
def site(tmp_path: Path) -> Iterator[SecureSite]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "image/png")
            self.send_header("Content-Length", "7")
            self.end_headers()
            self.wfile.write(b"picture")

        def log_message(self, format: str, *args: object) -> None:
            return

    class Server(ThreadingHTTPServer):
        def get_request(self) -> Any:
            connection, address = self.socket.accept()
            return context.wrap_socket(connection, server_side=True), address

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate = write_certificate(tmp_path / "site.pem")
    context.load_cert_chain(certificate)
    with Server(("127.0.0.1", 0), Handler) as server:
        made = SecureSite(server.server_address[1], certificate)
        context.sni_callback = lambda connection, name, _: made.greeted.append(name)
        serving = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        serving.start()
        yield made
        server.shutdown()
        serving.join()


def test_when_the_certificate_is_that_of_the_name_then_the_picture_comes(site: SecureSite) -> None:
    fetched = fetch(f"https://{NAME}/a.png", reach=site.reach())

    assert (fetched.content, site.greeted) == (b"picture", [NAME])


def test_when_the_certificate_is_for_another_name_then_it_is_refused(site: SecureSite) -> None:
    with pytest.raises(BadInput) as refused:
        fetch("https://other.example/a.png", reach=site.reach())

    assert refused.value.key == "security.outbound_no_answer"
