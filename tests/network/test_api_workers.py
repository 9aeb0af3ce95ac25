"""Several processes behind one port: a sign-in holds in all, a limit is counted once, a killed one comes back."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from core.settings.current import get_settings
from tests.conftest import process_home
from tests.jobs.conftest import wait_until
from tests.network.processes import running_apis

PASSWORD = "a-long-password-of-one"
LIMIT = 8


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    home = tmp_path_factory.mktemp("workers")
    with process_home(home, WORKBENCH_API_WORKERS="2"):
        from core.accounts.accounts import create_account
        from core.security.policy import LOCAL_ANALYST

        create_account("ana", PASSWORD, display_name="Ana", principal=LOCAL_ANALYST)
        limits = {"WORKBENCH_RATE_LIMITS": f"customers={LIMIT}/minute", "WORKBENCH_ROUTES": "customers"}
        with running_apis(home, **limits) as (port,):
            wait_until(lambda: len(_workers(home)) == 2, seconds=30)
            yield f"http://127.0.0.1:{port}", home


def _workers(home: Path) -> set[int]:
    """The processes that said they listen."""
    told = re.findall(r"Started server process .*?(\d+)", (home / "api-0.log").read_text("utf-8", "replace"))
    return {int(one) for one in told if psutil.pid_exists(int(one))}


def _asked(base: str, path: str, **options: object) -> httpx.Response:
    """Over a connection of its own, which either process may take."""
    return httpx.get(base + path, timeout=20, **options)  # type: ignore[arg-type]


def _bearer(base: str) -> dict[str, str]:
    order = {"username": "ana", "password": PASSWORD, "loginType": "personal"}
    tokens = httpx.post(f"{base}/api/auth/login", json=order, timeout=20).json()["tokens"]
    return {"Authorization": f"Bearer {tokens['access']}"}


def test_when_somebody_signs_in_at_one_process_then_all_know_until_the_sign_out(api: tuple[str, Path]) -> None:
    base, _ = api
    bearer = _bearer(base)

    assert {_asked(base, "/api/auth/me", headers=bearer).status_code for _ in range(20)} == {200}
    assert httpx.post(f"{base}/api/auth/logout", headers=bearer, timeout=20).status_code == 200
    assert {_asked(base, "/api/auth/me", headers=bearer).status_code for _ in range(20)} == {401}


def test_when_both_processes_answer_then_a_limit_counts_their_requests_together(api: tuple[str, Path]) -> None:
    base, _ = api
    bearer = _bearer(base)

    statuses = [_asked(base, "/api/customers/segments", headers=bearer).status_code for _ in range(LIMIT + 4)]

    assert statuses.count(429) == 4
    assert 429 not in statuses[:LIMIT]


def test_when_one_process_is_killed_then_the_other_answers_and_another_takes_its_place(api: tuple[str, Path]) -> None:
    base, home = api
    assert get_settings().api_workers == 2
    one = min(_workers(home))

    os.kill(one, signal.SIGKILL)

    wait_until(lambda: len(_workers(home) - {one}) == 2, seconds=30)
    assert {_asked(base, "/healthz").status_code for _ in range(10)} == {200}
