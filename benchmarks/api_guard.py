"""Claims: signing in and policy add at most 10 % to an empty route's latency, breaker and measures at most 3 %.

Four real uvicorn workers serve an empty route of the real application, with all its middleware: as it is, with guard
and a bearer token whose session is asked of the database, with a guarded outside call that does nothing, and without
what counts and measures requests. Rounds alternate; meanwhile the other three wait.
"""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks import http_load
from benchmarks.report import write_section
from benchmarks.second_start import wait_for

ROUNDS, SECONDS, CONNECTIONS = 11, 2.0, 1
KINDS = ("empty", "guarded", "call", "bare")
GOALS = {"guarded": 1.10, "call": 1.03, "measured": 1.03}


@dataclass(frozen=True)
class Round:
    """Latency of one request after the other, and the server's processor time for each."""

    p50_ms: float
    cpu_us: float


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="wb-guard-") as home, ExitStack() as stack:
        os.environ |= {
            "WORKBENCH_HOME": home, "DISABLE_AUTH": "0", "OMP_NUM_THREADS": "1", "WORKBENCH_TOKEN_SECRET": "b" * 40,
            "WORKBENCH_LOG_LEVEL": "warning", "WORKBENCH_PRELOAD": "",
        }  # fmt: skip
        token = _signed_in()
        servers = {kind: stack.enter_context(_server(Path(home), kind)) for kind in KINDS}
        rounds = _measure(servers, {"Authorization": f"Bearer {token}"})
    write_section("api_guard", "What signing in, policy, breaker and measures cost a request", _report(rounds))


def _signed_in() -> str:
    from core.accounts.accounts import create_account
    from core.accounts.token_pairs import open_client_session
    from core.security.policy import LOCAL_ANALYST
    from core.storage.migrations import migrate

    migrate()
    account = create_account("ana", "a long enough secret", display_name="Ana", principal=LOCAL_ANALYST)
    return open_client_session(account).access


@contextmanager
def _server(home: Path, kind: str) -> Iterator[tuple[str, psutil.Process]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "benchmarks.api_guard_app:app", "--no-access-log", "--port", str(port)]
    with (
        open(home / f"log{port}", "w", encoding="utf-8") as log,  # noqa: PTH123
        subprocess.Popen(command, stderr=log, env={**os.environ, "GUARD_BENCHMARK": kind}) as running,
    ):
        try:
            base = f"http://127.0.0.1:{port}"
            wait_for(f"{base}/openapi.json")
            yield base, psutil.Process(running.pid)
        finally:
            running.terminate()


Server = tuple[str, psutil.Process]


def _measure(servers: dict[str, Server], bearer: dict[str, str]) -> dict[str, list[Round]]:
    rounds: dict[str, list[Round]] = {name: [] for name in servers}
    for number in range(ROUNDS + 1):
        names = list(servers) if number % 2 else list(reversed(servers))
        for name in names:
            base, process = servers[name]
            headers = bearer if name == "guarded" else {}
            before = sum(process.cpu_times()[:2])
            load = http_load.get(f"{base}/benchmark", seconds=SECONDS, headers=headers, connections=CONNECTIONS)
            used = sum(process.cpu_times()[:2]) - before
            if number:  # the first round warms
                rounds[name].append(Round(load.p50_ms, used / (load.per_second * SECONDS) * 1e6))
    return rounds


def _report(rounds: dict[str, list[Round]]) -> str:
    pairs = {"guarded": ("guarded", "empty"), "call": ("call", "empty"), "measured": ("empty", "bare")}
    words = {
        "guarded": "bearer token, session and permission",
        "call": "a guarded call that does nothing (breaker)",
        "measured": "noting, counting and storing requests (measures)",
    }
    rows = []
    for name, (one, other) in pairs.items():
        latency = _ratio((a.p50_ms, b.p50_ms) for a, b in zip(rounds[one], rounds[other], strict=True))
        processor = _ratio((a.cpu_us, b.cpu_us) for a, b in zip(rounds[one], rounds[other], strict=True))
        more = statistics.median(a.cpu_us for a in rounds[one]) - statistics.median(b.cpu_us for b in rounds[other])
        rows.append(f"| {words[name]} | {latency:.3f} | {GOALS[name]:.2f} | {processor:.3f} | {more:.0f} |")
    plain = rounds["empty"]
    table = "\n".join(rows)
    return f"""
| what | latency against the same route without it | goal: at most | processor time against it | more per request [µs] |
| --- | --- | --- | --- | --- |
{table}

The empty route answers in {statistics.median(one.p50_ms for one in plain):.3f} ms (median) and takes
{statistics.median(one.cpu_us for one in plain):.0f} µs of processor. Medians of the ratios of {ROUNDS} pairs of rounds
of {SECONDS:.0f} s, {CONNECTIONS} connection asking one request after the other ({http_load.client()}), client on the
same machine, log level warning in all of them.
"""


def _ratio(pairs: Iterable[tuple[float, float]]) -> float:
    return statistics.median(one / other for one, other in pairs)


if __name__ == "__main__":
    main()
