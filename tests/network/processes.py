"""Real servers for the tests of what stands on a network: API processes, nginx and Redis on free ports."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.conftest import MARK, PROJECT
from tests.workers import free_port

START_LIMIT_S = 60
SECRET = "0123456789abcdef0123456789abcdef"
SITE = PROJECT / "deploy" / "nginx" / "workbench.conf"


@contextmanager
def running(command: Sequence[str], port: int, log: Path, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process that listens on `port`; stopped when the block is left."""
    with log.open("ab") as written:
        process = subprocess.Popen(
            command, cwd=PROJECT, env={**os.environ, **environment}, stdout=written, stderr=written
        )
        try:
            wait_for(port, process, log)
            yield process
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return once something listens there. Raises AssertionError with what the process said."""
    ends_at = time.monotonic() + START_LIMIT_S
    while time.monotonic() < ends_at and process.poll() is None:
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(f"nothing listens on {port}: {log.read_text(errors='replace')[-2000:]}")


@contextmanager
def running_apis(home: Path, count: int = 1, **settings: str) -> Iterator[list[int]]:
    """The ports of as many API processes over one home, started as the supervisor starts them."""
    from core.settings.current import get_settings
    from core.supervisor import commands

    ports = [free_port() for _ in range(count)]
    environment = {
        "WORKBENCH_HOME": str(home), "WORKBENCH_PRELOAD": "", "WORKBENCH_RATE_LIMIT_FREE": "", "DISABLE_AUTH": "0",
        "WORKBENCH_TOKEN_SECRET": SECRET, **settings,
    }  # fmt: skip
    if "WORKBENCH_DATABASE_URL" not in os.environ and (mark := home / MARK).exists():  # the home is not in use here
        environment["WORKBENCH_DATABASE_URL"] = mark.read_text("utf-8")
    with ExitStack() as stack:
        for number, port in enumerate(ports):
            command = commands(get_settings())["api"]
            command[command.index("--port") + 1] = str(port)
            stack.enter_context(running(command, port, home / f"api-{number}.log", **environment))
        yield ports


@contextmanager
def running_redis(program: str, folder: Path) -> Iterator[int]:
    """The port of a Redis server that keeps nothing."""
    port = free_port()
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    with running(command, port, folder / "redis.log"):
        yield port


@contextmanager
def running_nginx(program: str, folder: Path, apis: Sequence[int], storefront: int) -> Iterator[int]:
    """The HTTPS port of nginx with the example of deploy/nginx, its addresses and certificate put in place."""
    port = free_port()
    certificate(folder)
    lines = "\n".join(f"server 127.0.0.1:{one};" for one in apis)
    site = SITE.read_text("utf-8")
    for was, becomes in (
        ("server 127.0.0.1:8000;", lines),
        ("127.0.0.1:3000", f"127.0.0.1:{storefront}"),
        ("listen 80 ", f"listen 127.0.0.1:{free_port()} "),
        ("listen 443 ", f"listen 127.0.0.1:{port} "),
        ("/etc/nginx/tls/", f"{folder}/"),
        ("client_body_timeout 20s", "client_body_timeout 1s"),
        ("client_header_timeout 15s", "client_header_timeout 1s"),
    ):
        assert was in site, f"{SITE.name} has no {was!r} any more"
        site = site.replace(was, becomes)
    (folder / "site.conf").write_text(site, "utf-8")
    places = "\n".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    main = f"""
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{}}
http {{
    access_log off;
    {places}
    include {folder}/site.conf;
}}
"""
    (folder / "nginx.conf").write_text(main, "utf-8")
    command = [program, "-p", str(folder), "-e", str(folder / "nginx.log"), "-c", str(folder / "nginx.conf")]
    with running(command, port, folder / "nginx.log"):
        yield port


def certificate(folder: Path) -> Path:
    """A certificate for the names of the example, signed by itself; its key lies beside it."""
    from datetime import UTC, datetime, timedelta
    from ipaddress import ip_address

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "workbench.example")])
    names = [x509.DNSName(one) for one in ("workbench.example", "shop.workbench.example", "localhost")]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([*names, x509.IPAddress(ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "workbench.pem"
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "workbench.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return file
