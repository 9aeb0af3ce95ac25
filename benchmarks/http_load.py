"""Keeps a number of connections busy with one request for a while: wrk where installed, else an asyncio client.

Both run in a process of their own, so that the load costs the server no interpreter time.
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

CONNECTIONS = 16
_UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4}


@dataclass(frozen=True)
class Load:
    """What one round measured."""

    per_second: float
    p50_ms: float
    p99_ms: float


def client() -> str:
    """The load generator in use."""
    return "wrk, 1 thread" if shutil.which("wrk") else "asyncio client"


def post(url: str, body: bytes, *, seconds: float, connections: int = CONNECTIONS) -> Load:
    """Post `body` to `url` on all connections for `seconds`; raises RuntimeError when an answer is not 200."""
    return _load("POST", url, body, {"Content-Type": "application/json"}, seconds, connections)


def get(url: str, *, seconds: float, headers: Mapping[str, str] | None = None, connections: int = CONNECTIONS) -> Load:
    """The same for GET."""
    return _load("GET", url, b"", headers or {}, seconds, connections)


def _load(method: str, url: str, body: bytes, headers: Mapping[str, str], seconds: float, connections: int) -> Load:
    if shutil.which("wrk"):
        return _wrk(method, url, body, headers, seconds, connections)
    command = [sys.executable, "-m", "benchmarks.http_load", method, url, body.decode(), json.dumps(dict(headers))]
    done = subprocess.run([*command, str(seconds), str(connections)], capture_output=True, text=True, check=True)
    return Load(**json.loads(done.stdout))


def _wrk(method: str, url: str, body: bytes, headers: Mapping[str, str], seconds: float, connections: int) -> Load:
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "request.lua"
        lines = [f'wrk.method = "{method}"', f"wrk.body = [==[{body.decode()}]==]" if body else ""]
        lines += [f"wrk.headers[{json.dumps(name)}] = {json.dumps(value)}" for name, value in headers.items()]
        script.write_text("\n".join(lines), "utf-8")
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds:.0f}s", "--latency", "-s", str(script), url]
        text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in text:
        raise RuntimeError(text)
    times = {
        name: float(value) * _UNITS[unit] for name, value, unit in re.findall(r"(\d+)%\s+([\d.]+)(us|ms|s|m)\n", text)
    }
    (rate,) = re.findall(r"Requests/sec:\s+([\d.]+)", text)
    return Load(float(rate), times["50"], times["99"])


async def _ask(host: str, port: int, message: bytes, until: float, times: list[float]) -> None:
    reader, writer = await asyncio.open_connection(host, port)
    while time.perf_counter() < until:
        started = time.perf_counter()
        writer.write(message)
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(head.decode())
        (length,) = re.findall(rb"content-length: (\d+)", head.lower())
        await reader.readexactly(int(length))
        times.append(time.perf_counter() - started)
    writer.close()


async def _run(
    method: str, url: str, body: bytes, headers: Mapping[str, str], seconds: float, connections: int
) -> Load:
    parts = urlsplit(url)
    assert parts.hostname and parts.port
    told = {"Host": parts.netloc, **headers, "Content-Length": str(len(body))}
    lines = [f"{method} {parts.path} HTTP/1.1", *(f"{name}: {value}" for name, value in told.items())]
    times: list[float] = []
    until = time.perf_counter() + seconds
    message = ("\r\n".join(lines) + "\r\n\r\n").encode() + body
    await asyncio.gather(*(_ask(parts.hostname, parts.port, message, until, times) for _ in range(connections)))
    times.sort()
    return Load(len(times) / seconds, times[len(times) // 2] * 1000, times[int(len(times) * 0.99)] * 1000)


if __name__ == "__main__":
    _, kind, address, text, sent, duration, count = sys.argv
    found = asyncio.run(_run(kind, address, text.encode(), json.loads(sent), float(duration), int(count)))
    print(json.dumps(found.__dict__))
