"""How dependencies have been, over all processes, and closing a breaker by hand."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from core.errors import NotAllowed, NotFound, Unavailable
from core.resilience import breakers, dependency_log
from core.resilience.breakers import State, breaker
from core.resilience.dependency_log import DependencySeen, dependencies
from core.resilience.guarded_call import guarded_call
from core.security.policy import LOCAL_ANALYST, Principal, Role
from core.storage.audit import search_entries
from tests.conftest import PROJECT

ANALYST = Principal("analyst", Role.ANALYST, "analyst")
FAILING = """
from core.errors import Unavailable
from core.resilience import dependency_log
from core.resilience.guarded_call import guarded_call

def fail(limit_s):
    raise ConnectionError("http://name:password@host")

for _ in range({times}):
    try:
        guarded_call("chroma", fail, failures=(ConnectionError,), retries=0)
    except Unavailable:
        pass
dependency_log.flush()
"""


@pytest.fixture(autouse=True)
def quiet(home: Path) -> None:
    dependency_log.forget()


def call(works: bool = True, name: str = "chroma") -> None:
    def answer(_limit_s: float) -> str:
        if not works:
            raise ConnectionError("http://name:password@host")
        return "fine"

    try:
        guarded_call(name, answer, failures=(ConnectionError,), retries=0)
    except Unavailable:
        return


def seen(name: str = "chroma") -> DependencySeen:
    return next(one for one in dependencies(principal=LOCAL_ANALYST) if one.name == name)


def elsewhere(times: int) -> None:
    subprocess.run([sys.executable, "-c", FAILING.format(times=times)], cwd=PROJECT, check=True)


def test_when_calls_succeed_and_fail_then_both_are_told_without_what_the_error_said() -> None:
    call()
    call(works=False)
    call(works=False)

    found = seen()

    assert (found.state, found.failures, found.failed_calls, found.good_calls) == ("closed", 2, 2, 1)
    assert found.last_error == "ConnectionError"
    assert found.last_failure_at is not None
    assert found.last_success_at is not None
    assert found.processes == 1


def test_when_another_process_fails_then_the_worst_state_and_all_calls_are_told() -> None:
    call()
    elsewhere(times=5)

    found = seen()

    assert (found.state, found.failures, found.processes) == ("open", 5, 2)
    assert (found.failed_calls, found.good_calls) == (5, 1)


def test_when_everything_goes_well_then_a_row_is_not_written_for_each_call(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[object] = []
    monkeypatch.setattr(dependency_log, "_write", written.append)
    call()
    dependency_log.flush()
    for _ in range(100):
        call()
    dependency_log.flush()

    assert len(written) == 1


def test_when_the_database_is_away_then_calls_go_on(settings_from: Callable[..., object], tmp_path: Path) -> None:
    from core.storage import database

    database.engine.cache_clear()
    settings_from(DATABASE_URL=f"sqlite:///{tmp_path}/no/such/folder/file.db")

    for _ in range(6):
        call(works=False)
    dependency_log.flush()

    with pytest.raises(Unavailable, match="left alone"):
        guarded_call("chroma", lambda _: "fine", failures=(ConnectionError,))
    database.engine.cache_clear()


def test_when_an_operator_closes_a_breaker_then_calls_pass_and_it_is_noted() -> None:
    for _ in range(5):
        call(works=False)
    assert breaker("chroma").state().state is State.OPEN

    breakers.reset("chroma", principal=LOCAL_ANALYST)

    assert guarded_call("chroma", lambda _: "fine", failures=(ConnectionError,)) == "fine"
    assert seen().state == "closed"
    entries = search_entries(action="breaker.reset", principal=LOCAL_ANALYST)
    assert [one.target for one in entries] == ["chroma"]


def test_when_another_process_closes_a_breaker_then_it_closes_here_too() -> None:
    for _ in range(5):
        call(works=False)
    program = (
        "from core.resilience import breakers; from core.security.policy import LOCAL_ANALYST; "
        "breakers.reset('chroma', principal=LOCAL_ANALYST)"
    )
    dependency_log.flush()
    subprocess.run([sys.executable, "-c", program], cwd=PROJECT, check=True)

    assert guarded_call("chroma", lambda _: "fine", failures=(ConnectionError,)) == "fine"


def test_when_nobody_may_or_nothing_is_called_so_then_no_breaker_is_closed() -> None:
    with pytest.raises(NotAllowed):
        breakers.reset("chroma", principal=ANALYST)
    with pytest.raises(NotAllowed):
        dependencies(principal=ANALYST)
    with pytest.raises(NotFound, match="nothing"):
        breakers.reset("nothing", principal=LOCAL_ANALYST)
