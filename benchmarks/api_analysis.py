"""Claim: POST /api/analysis reaches at least 85 % of the throughput of a route that answers a constant.

The other route has the same validated body, response model and middleware, and lives in the same real uvicorn
process (uvloop, httptools, one worker). Rounds alternate, so that a slow moment of the machine hits both.
"""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass

import psutil

from benchmarks import http_load
from benchmarks.http_load import Load
from benchmarks.report import write_section

ROUTES = {"constant": "/api/constant", "analysis": "/api/analysis"}
BODY = b'{"Age":35,"Purchase Amount (USD)":50,"Subscription Status":true,"Frequency of Purchases":"Monthly"}'
ROUNDS, SECONDS, GOAL = 25, 1.0, 0.85


@dataclass(frozen=True)
class Round:
    """One route under load, and the processor time the server spent on each request."""

    load: Load
    cpu_us: float


def main() -> None:
    with tempfile.TemporaryDirectory() as home, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        os.environ |= {"WORKBENCH_HOME": home, "DISABLE_AUTH": "1", "OMP_NUM_THREADS": "1"}
        _publish_sample()
        command = [sys.executable, "-m", "uvicorn", "benchmarks.api_analysis_app:app", "--no-access-log"]
        with (
            open(os.path.join(home, "log"), "w", encoding="utf-8") as log,  # noqa: PTH118, PTH123
            subprocess.Popen([*command, "--port", str(port)], stderr=log) as server,
        ):
            try:
                rounds = _measure(f"http://127.0.0.1:{port}", server.pid)
            finally:
                server.terminate()
    write_section("api_analysis", "POST /api/analysis against a constant answer", _report(rounds))


def _publish_sample() -> None:
    from core.customers import training
    from core.customers.publishing import store
    from core.security.policy import LOCAL_ANALYST
    from core.storage.migrations import migrate

    migrate()
    data = training.load_customers("", principal=LOCAL_ANALYST)
    trained = training.train_by_evidence(data, k_min=4, k_max=6, resamples=3)
    run_id = "00000000-0000-4000-8000-000000000000"
    store(trained, run_id=run_id, principal=LOCAL_ANALYST, publish=True, reason="benchmark")


def _measure(base: str, server: int) -> dict[str, list[Round]]:
    _wait_until_ready(f"{base}/readyz")
    process = psutil.Process(server)
    rounds: dict[str, list[Round]] = {name: [] for name in ROUTES}
    for path in ROUTES.values():
        http_load.post(base + path, BODY, seconds=1)  # warm
    for number in range(ROUNDS):
        order = list(ROUTES) if number % 2 else list(reversed(ROUTES))
        for name in order:
            before = sum(process.cpu_times()[:2])
            load = http_load.post(base + ROUTES[name], BODY, seconds=SECONDS)
            used = sum(process.cpu_times()[:2]) - before
            rounds[name].append(Round(load, used / (load.per_second * SECONDS) * 1e6))
    return rounds


def _wait_until_ready(url: str) -> None:
    for _ in range(200):
        try:
            with urllib.request.urlopen(url) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the API did not become ready")


def _report(rounds: dict[str, list[Round]]) -> str:
    medians = {name: _median(one.load.per_second for one in many) for name, many in rounds.items()}
    cpu = {name: _median(one.cpu_us for one in many) for name, many in rounds.items()}
    pairs = zip(rounds["analysis"], rounds["constant"], strict=True)
    ratios = [analysis.load.per_second / constant.load.per_second for analysis, constant in pairs]
    quarter, half, three_quarters = statistics.quantiles(ratios, n=4)
    p99 = {name: _median(one.load.p99_ms for one in many) for name, many in rounds.items()}
    rows = "\n".join(
        f"| {ROUTES[name]} | {medians[name]:,.0f} | {_median(one.load.p50_ms for one in many):.1f} | "
        f"{p99[name]:.1f} | {cpu[name]:.0f} |"
        for name, many in rounds.items()
    )
    return f"""
| route | requests/s | p50 [ms] | p99 [ms] | server's processor time per request [µs] |
| --- | --- | --- | --- | --- |
{rows}

**Throughput ratio: {half:.2f}** (goal: at least {GOAL}), the median of {ROUNDS} pairs of rounds, half of them between
{quarter:.2f} and {three_quarters:.2f}; by processor time, which other work on the machine disturbs less,
{cpu["constant"] / cpu["analysis"]:.2f}; p99 {p99["analysis"] / p99["constant"]:.2f} times the constant's.
All figures are medians. One uvicorn worker (uvloop, httptools), both routes in the same process, alternating rounds of
{SECONDS:.0f} s on {http_load.CONNECTIONS} connections ({http_load.client()}), client on the same machine. Both pay
for validation, response model, request id, log line and CORS; the lookup adds permission, champion and cluster.
"""


def _median(values: Iterable[float]) -> float:
    return statistics.median(values)


if __name__ == "__main__":
    main()
