"""200 keep-alive clients for a minute against a running workbench: what each route's callers wait, and who fails.

The whole workbench runs as `workbench run` starts it, its samples trained, one API worker; its result cache is off,
so that every request does its work. Clients ask, wait for the answer, think, ask again, from another process.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from benchmarks.report import write_section
from benchmarks.second_start import free_port, wait_for

CLIENTS, SECONDS, THINK_S = 200, 60.0, 2.0
WARM_S = 10.0
USERS = 1000
PATIENCE_S = 900.0
MIX = {"lookup": 50, "search": 25, "match": 10, "status": 15}  # shares of requests [%]
SAMPLES = ("customers_train_clusters", "images_build_prototypes", "ctr_train", "ctr_explain", "fragrance_prepare")
QUERIES = (
    "따뜻한 바닐라 겨울 향", "citrus for a hot summer morning", "장미와 머스크", "smoky wood evening", "비 온 뒤의 숲",
    "clean cotton and soap", "우디하고 신비로운 향", "green tea and bergamot", "달콤하지 않은 꽃향기",
    "leather and tobacco",
)  # fmt: skip


@dataclass
class Seen:
    """What the clients saw. waits: route -> seconds of each answer; statuses: route -> status -> count."""

    waits: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in MIX})
    statuses: dict[str, Counter[int]] = field(default_factory=lambda: {name: Counter() for name in MIX})
    broken: int = 0


def main() -> None:
    if len(sys.argv) > 1:
        print(json.dumps(_as_client(int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]))))
        return
    with tempfile.TemporaryDirectory(prefix="wb-load-") as home:
        ui, api = free_port(), free_port()
        environment = {
            **os.environ, "WORKBENCH_HOME": home, "WORKBENCH_UI_PORT": str(ui), "WORKBENCH_API_PORT": str(api),
            "WORKBENCH_RATE_LIMIT_FREE": "127.0.0.0/8", "WORKBENCH_RESULT_CACHE_MB": "0", "OMP_NUM_THREADS": "1",
        }  # fmt: skip
        with open(Path(home) / "out", "w", encoding="utf-8") as out:  # noqa: PTH123
            running = subprocess.Popen([sys.executable, "-m", "core.cli", "run"], env=environment, stdout=out)
            try:
                _wait_for_samples(api)
                server = _api_process(api)
                idle = _measured(api, clients=1, seconds=10.0, think_s=0.2)
                memory = [server.memory_info().rss]
                _measured(api, clients=CLIENTS, seconds=WARM_S, think_s=THINK_S)
                memory.append(server.memory_info().rss)
                used = sum(server.cpu_times()[:2])
                crowd = _measured(api, clients=CLIENTS, seconds=SECONDS, think_s=THINK_S)
                busy = (sum(server.cpu_times()[:2]) - used) / SECONDS
                memory.append(server.memory_info().rss)
                ceiling = _measured(api, clients=CLIENTS, seconds=20.0, think_s=0.0)
                memory.append(server.memory_info().rss)
            finally:
                running.send_signal(signal.SIGINT)
                running.wait(60)
    write_section("api_load", "200 clients at once, one API worker", _report(idle, crowd, ceiling, busy, memory))


def _wait_for_samples(api: int) -> None:
    wait_for(f"http://127.0.0.1:{api}/health")
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        with urllib.request.urlopen(f"http://127.0.0.1:{api}/api/jobs?limit=100", timeout=30) as answer:
            jobs = json.load(answer)
        # Everything: what still trains would share the processors with the API.
        if {one["notebook"] for one in jobs} >= set(SAMPLES) and all(
            one["state"] not in ("queued", "running") for one in jobs
        ):
            return
        time.sleep(2)
    raise RuntimeError("the samples were not trained")


def _api_process(port: int) -> psutil.Process:
    for one in psutil.process_iter():
        try:
            words = one.cmdline()
        except psutil.Error:
            continue
        if "uvicorn" in " ".join(words) and str(port) in words:
            return one
    raise RuntimeError("the API's process was not found")


def _measured(api: int, *, clients: int, seconds: float, think_s: float) -> Seen:
    command = [sys.executable, "-m", "benchmarks.api_load", str(clients), str(seconds), str(think_s)]
    environment = {**os.environ, "LOAD_PORT": str(api)}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    found = json.loads(done.stdout.splitlines()[-1])
    statuses = {name: Counter({int(status): n for status, n in one.items()}) for name, one in found["statuses"].items()}
    return Seen(found["waits"], statuses, found["broken"])


def _as_client(clients: int, seconds: float, think_s: float) -> dict[str, Any]:
    seen = Seen()
    asyncio.run(_crowd(int(os.environ["LOAD_PORT"]), clients, seconds, think_s, seen))
    return {"waits": seen.waits, "statuses": seen.statuses, "broken": seen.broken}


async def _crowd(port: int, clients: int, seconds: float, think_s: float, seen: Seen) -> None:
    requests = _requests(port)
    until = time.perf_counter() + seconds
    await asyncio.gather(*(_client(port, number, until, think_s, requests, seen) for number in range(clients)))


async def _client(
    port: int, number: int, until: float, think_s: float, requests: dict[str, list[bytes]], seen: Seen
) -> None:
    chance = random.Random(number)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await asyncio.sleep(chance.uniform(0, think_s))  # people do not begin together
    while time.perf_counter() < until:
        (name,) = chance.choices(list(MIX), list(MIX.values()))
        started = time.perf_counter()
        try:
            writer.write(chance.choice(requests[name]))
            head = await reader.readuntil(b"\r\n\r\n")
            (length,) = re.findall(rb"content-length: (\d+)", head.lower())
            await reader.readexactly(int(length))
        except (OSError, asyncio.IncompleteReadError):
            seen.broken += 1
            writer.close()
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            continue
        seen.waits[name].append(time.perf_counter() - started)
        seen.statuses[name][int(head.split(b" ", 2)[1])] += 1
        await asyncio.sleep(chance.uniform(0.5, 1.5) * think_s)
    writer.close()


def _requests(port: int) -> dict[str, list[bytes]]:
    from benchmarks.image_uploads import uploads

    chance = random.Random(7)
    profiles = [
        {"Age": chance.randint(18, 70), "Purchase Amount (USD)": chance.randint(20, 100),
         "Subscription Status": chance.random() < 0.5, "Frequency of Purchases": "Monthly"}
        for _ in range(50)
    ]  # fmt: skip
    pictures = [content for _, content in uploads(per_class=8, seed=11, size=(640, 480))]
    return {
        "lookup": [_json(port, "/api/analysis", one) for one in profiles],
        "search": [_json(port, "/api/v1/search/semantic", {"query": one, "top_k": 10}) for one in QUERIES],
        "match": [_form(port, "/api/v1/similarity/find-by-upload", one) for one in pictures],
        "status": [_message(port, "GET", "/health", "", b"")],
    }


def _json(port: int, path: str, body: dict[str, Any]) -> bytes:
    return _message(port, "POST", path, "application/json", json.dumps(body).encode())


def _form(port: int, path: str, picture: bytes) -> bytes:
    about = b'Content-Disposition: form-data; name="file"; filename="a.jpg"\r\nContent-Type: image/jpeg'
    body = b"--part\r\n" + about + b"\r\n\r\n" + picture + b"\r\n--part--\r\n"
    return _message(port, "POST", path, "multipart/form-data; boundary=part", body)


def _message(port: int, method: str, path: str, kind: str, body: bytes) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", f"Content-Length: {len(body)}"]
    lines += [f"Content-Type: {kind}"] if kind else []
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def _report(idle: Seen, crowd: Seen, ceiling: Seen, busy: float, memory: list[int]) -> str:
    rows = "\n".join(
        f"| {name} | {MIX[name]} | {len(crowd.waits[name]):,} | {_ms(idle, name, 50)} | {_ms(crowd, name, 50)} | "
        f"{_ms(crowd, name, 95)} | {_ms(crowd, name, 99)} | {_other_than_200(crowd, name)} |"
        for name in MIX
    )
    answered = sum(len(one) for one in crowd.waits.values())
    most = sum(len(one) for one in ceiling.waits.values()) / 20.0
    wait = statistics.mean(one for many in crowd.waits.values() for one in many)
    users = most * (THINK_S + wait)
    shown = " → ".join(f"{one / 2**20:,.0f}" for one in memory)
    return f"""
| route | share [%] | answers | p50 alone [ms] | p50 [ms] | p95 [ms] | p99 [ms] | other than 200 |
| --- | --- | --- | --- | --- | --- | --- | --- |
{rows}

{answered / SECONDS:,.0f} requests/s answered, {crowd.broken} connections broken; the worker used {100 * busy:.0f} %
of one processor. Without a pause between requests the same {CLIENTS} clients got {most:,.0f} requests/s
({ceiling.broken} broken, p95 of a lookup {_ms(ceiling, "lookup", 95)} ms). Memory of the worker [MiB], before, after
{WARM_S:.0f} s, after {SECONDS:.0f} s more, after the burst: {shown}.

**{USERS:,} users, by arithmetic**: whoever thinks {THINK_S:.0f} s and waits {1000 * wait:.0f} ms asks
{1 / (THINK_S + wait):.2f} times a second, so that {most:,.0f} requests/s are {users:,.0f} such users on one worker of
this machine; {USERS:,} need {USERS / users:.1f} times that: workers on processors of their own (here the clients, the
pages and the jobs share two with the API).
Alone: one client at a time. Think time {0.5 * THINK_S:.0f} to {1.5 * THINK_S:.0f} s. lookup: POST /api/analysis;
search: POST /api/v1/search/semantic over the sample perfumes; match: POST .../find-by-upload, a JPEG of 640 x 480;
status: GET /health with all its probes. The result cache is off; rate limits are lifted for the clients' address.
"""


def _ms(seen: Seen, name: str, percent: int) -> str:
    waits = sorted(seen.waits[name])
    return f"{1000 * waits[min(len(waits) - 1, len(waits) * percent // 100)]:,.0f}" if waits else "-"


def _other_than_200(seen: Seen, name: str) -> str:
    others = {status: count for status, count in sorted(seen.statuses[name].items()) if status != 200}
    return ", ".join(f"{status}: {count}" for status, count in others.items()) or "none"


if __name__ == "__main__":
    main()
