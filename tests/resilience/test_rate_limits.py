"""How often one caller may ask: windows, sharing, and a count that cannot be kept."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.errors import TooManyRequests
from core.resilience import rate_limits
from core.resilience.counter_file import CounterFile
from tests.conftest import PROJECT
from tests.debian_tools import tool
from tests.network.processes import running_redis

Configure = Callable[..., object]
LIMIT = 3


@pytest.fixture(autouse=True)
def limited(home: Path, settings_from: Configure) -> None:
    settings_from(WORKBENCH_RATE_LIMITS=f"fragrance={LIMIT}/minute")


def asked(times: int, group: str = "fragrance", key: str = "at:198.51.100.1") -> list[int]:
    """What remains after each admitted request."""
    return [rate_limits.check(group, key).remaining for _ in range(times)]


def test_when_the_limit_is_reached_then_the_next_request_is_refused_with_its_wait() -> None:
    assert asked(LIMIT) == [2, 1, 0]

    with pytest.raises(TooManyRequests) as refusal:
        asked(1)

    assert refusal.value.details["limit"] == LIMIT
    assert 1 <= int(str(refusal.value.details["retry_after"])) <= 60


def test_when_another_caller_asks_then_it_has_a_count_of_its_own() -> None:
    asked(LIMIT)

    assert asked(1, key="at:198.51.100.2") == [2]


def test_when_a_group_has_no_limit_then_everything_passes() -> None:
    assert not rate_limits.has_limit("customers")
    assert asked(LIMIT + 2, group="customers") == [0] * (LIMIT + 2)


def test_when_threads_ask_at_once_then_no_more_than_the_limit_are_admitted() -> None:
    admitted: list[int] = []

    def ask() -> None:
        try:
            admitted.append(asked(1)[0])
        except TooManyRequests:
            return

    threads = [threading.Thread(target=ask) for _ in range(12)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert sorted(admitted) == [0, 1, 2]


def test_when_another_process_of_this_machine_asks_then_both_share_one_count(home: Path) -> None:
    program = "from core.resilience.rate_limits import check; check('fragrance', 'at:198.51.100.1')"
    subprocess.run([sys.executable, "-c", program], cwd=PROJECT, check=True)

    assert asked(1) == [1]


def test_when_a_window_is_over_or_of_a_later_clock_then_a_new_one_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1_000_000.0
    monkeypatch.setattr("core.resilience.counter_file.time.time", lambda: now)
    counters = CounterFile(tmp_path / "rates.db")
    assert [counters.incr("one", 60), counters.incr("one", 60)] == [1, 2]

    now += 61
    assert counters.incr("one", 60) == 1

    now -= 5000  # the clock was set back: nobody waits until it has caught up
    assert counters.incr("one", 60) == 1


def test_when_the_file_is_damaged_then_counting_begins_anew(home: Path) -> None:
    file = home / "data" / "cache" / "rates.db"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"this is no database, and long enough to be sure of it" * 50)

    assert asked(1) == [2]


def test_when_counting_fails_then_requests_pass_and_health_says_why(home: Path) -> None:
    (home / "data" / "cache").mkdir(parents=True, exist_ok=True)
    (home / "data" / "cache" / "rates.db").mkdir()

    assert asked(LIMIT + 2) == [LIMIT] * (LIMIT + 2)
    assert rate_limits.failing() == "OperationalError"

    (home / "data" / "cache" / "rates.db").rmdir()
    assert asked(1) == [2]
    assert rate_limits.failing() == ""


@pytest.fixture(scope="module")
def redis_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with running_redis(tool("redis-server"), tmp_path_factory.mktemp("redis")) as port:
        yield port


def test_when_machines_share_a_redis_then_they_share_one_count(
    redis_port: int, settings_from: Configure, tmp_path: Path
) -> None:
    url = f"redis://127.0.0.1:{redis_port}/0"
    settings_from(WORKBENCH_REDIS_URL=url)
    assert asked(1) == [2]

    settings_from(WORKBENCH_HOME=str(tmp_path / "another"))  # another machine: no file in common
    assert asked(2) == [1, 0]
    with pytest.raises(TooManyRequests):
        asked(1)


@pytest.mark.fault(
    "Redis gone", "configured and not there, while requests are counted",
    "requests pass, the breaker opens",
)  # fmt: skip
def test_when_the_redis_is_away_then_requests_pass_and_its_breaker_opens(settings_from: Configure) -> None:
    from core.resilience import breakers

    settings_from(WORKBENCH_REDIS_URL="redis://127.0.0.1:1/0")

    assert asked(7) == [LIMIT] * 7
    assert rate_limits.failing() == "Unavailable"
    assert [(one.name, one.state) for one in breakers.states()] == [("redis", breakers.State.OPEN)]
