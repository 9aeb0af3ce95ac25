"""Results of repeated questions: found again by key and version, made once, shared through Redis, bounded."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.resilience import breakers, redis_server, result_cache
from core.resilience.result_cache import hit_rates, remembered
from tests.debian_tools import tool
from tests.network.processes import running_redis

Configure = Callable[..., object]


@dataclass(frozen=True)
class Result:
    """Something that was found."""

    name: str
    score: float


class Maker:
    """Counts how often it was asked to make a result."""

    def __init__(self, name: str = "found") -> None:
        self.name = name
        self.times = 0

    def __call__(self) -> tuple[Result, ...]:
        self.times += 1
        return (Result(self.name, 0.1 + 0.2),)


@pytest.fixture(autouse=True)
def fresh(home: Path) -> Iterator[None]:
    result_cache.forget()
    yield
    result_cache.forget()


def ask(make: Callable[[], tuple[Result, ...]], key: object = ("rose", 10), version: str = "1") -> tuple[Result, ...]:
    return remembered("searches", key, version, make, model=tuple[Result, ...])  # type: ignore[arg-type]


def test_when_the_same_is_asked_again_then_it_is_made_once_and_counted() -> None:
    make = Maker()

    assert ask(make) == ask(make) == (Result("found", 0.1 + 0.2),)
    assert make.times == 1
    (rate,) = hit_rates()
    assert (rate.kind, rate.in_memory, rate.missed, rate.share) == ("searches", 1, 1, 0.5)


def test_when_key_version_or_database_differ_then_it_is_another_result(settings_from: Configure) -> None:
    make = Maker()

    ask(make)
    ask(make, key=("rose", 11))
    ask(make, version="2")
    settings_from(WORKBENCH_DATABASE_URL="sqlite:///another.db")
    ask(make)

    assert make.times == 4


def test_when_making_fails_then_nothing_is_kept_and_the_error_is_told() -> None:
    def fail() -> tuple[Result, ...]:
        raise LookupError("gone")

    with pytest.raises(LookupError):
        ask(fail)

    assert ask(Maker()) == (Result("found", 0.1 + 0.2),)


def test_when_many_ask_at_once_then_one_makes_it_for_all() -> None:
    begun, goes_on = threading.Event(), threading.Event()
    make = Maker()

    def slowly() -> tuple[Result, ...]:
        begun.set()
        goes_on.wait(20)
        return make()

    answers: list[tuple[Result, ...]] = []
    threads = [threading.Thread(target=lambda: answers.append(ask(slowly))) for _ in range(8)]
    for one in threads:
        one.start()
    begun.wait(20)
    goes_on.set()
    for one in threads:
        one.join(20)

    assert len(answers) == 8
    assert make.times == 1


def test_when_the_memory_is_full_then_the_oldest_results_go_and_a_huge_one_is_not_kept(
    settings_from: Configure,
) -> None:
    settings_from(WORKBENCH_RESULT_CACHE_MB="1")
    make = Maker("x" * 20_000)
    huge = Maker("x" * 500_000)

    for number in range(40):
        ask(make, key=number)
    ask(huge, key="huge")
    ask(huge, key="huge")

    assert result_cache.size_bytes() <= 1_000_000
    assert make.times == 40
    assert huge.times == 2


def test_when_no_memory_is_given_then_everything_is_made_anew(settings_from: Configure) -> None:
    settings_from(WORKBENCH_RESULT_CACHE_MB="0")
    make = Maker()

    ask(make)
    ask(make)

    assert make.times == 2


@pytest.fixture(scope="module")
def redis_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with running_redis(tool("redis-server"), tmp_path_factory.mktemp("redis")) as port:
        yield port


def test_when_another_process_made_it_then_it_comes_from_redis_to_the_last_digit(
    redis_port: int, settings_from: Configure
) -> None:
    settings_from(WORKBENCH_REDIS_URL=f"redis://127.0.0.1:{redis_port}/0")
    make = Maker()
    first = ask(make)
    result_cache.forget()  # as another process, which has the server in common

    assert ask(make) == first
    assert make.times == 1
    assert [one.in_redis for one in hit_rates()] == [1]


def test_when_redis_holds_something_else_then_it_is_made_anew(redis_port: int, settings_from: Configure) -> None:
    settings_from(WORKBENCH_REDIS_URL=f"redis://127.0.0.1:{redis_port}/0")
    make = Maker()
    ask(make, key="damaged")
    client = redis_server.client()
    for name in client.keys("workbench:searches:*"):
        client.set(name, b'["not", "ours"')
    result_cache.forget()

    assert ask(make, key="damaged")[0].name == "found"
    assert make.times == 2


@pytest.mark.fault(
    "Redis gone", "configured and not there, while results are kept",
    "results are made, the breaker opens",
)  # fmt: skip
def test_when_redis_is_away_then_results_are_made_and_its_breaker_opens(settings_from: Configure) -> None:
    settings_from(WORKBENCH_REDIS_URL="redis://127.0.0.1:1/0")
    make = Maker()

    for number in range(4):
        ask(make, key=number)
    ask(make, key=0)

    assert make.times == 4
    assert [(one.name, one.state) for one in breakers.states()] == [("redis", breakers.State.OPEN)]
