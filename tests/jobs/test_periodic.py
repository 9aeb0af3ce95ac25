"""Work named on the command line is repeated beside the jobs, and one bad round does not end it."""

from __future__ import annotations

import threading

import pytest

from core.errors import Unavailable
from core.jobs import periodic, start

ROUNDS: list[int] = []
ENOUGH = threading.Event()


def work() -> None:
    """Fails in the first two rounds: once on purpose, once unforeseen."""
    ROUNDS.append(1)
    if len(ROUNDS) == 1:
        raise Unavailable("storage.database_down")
    if len(ROUNDS) == 2:
        raise RuntimeError
    ENOUGH.set()


def test_when_rounds_fail_then_the_next_one_comes_all_the_same() -> None:
    stopping = threading.Event()
    thread = periodic.repeat(f"{__name__}:work", every_s=0.01, stopping=stopping)

    assert ENOUGH.wait(10)
    stopping.set()
    thread.join(10)
    assert not thread.is_alive()


def test_when_a_name_is_wrong_then_nothing_is_found() -> None:
    with pytest.raises(AttributeError):
        periodic.named("core.jobs.start:no_such_work")


def test_when_the_workbench_starts_jobs_then_the_checks_are_handed_in() -> None:
    from core.settings.current import get_settings
    from core.supervisor import UPKEEP_EVERY_S, commands

    asked = start._read(commands(get_settings())["jobs"][3:])

    assert len(asked.after) == 2
    assert [float(seconds) for seconds, _ in asked.every] == [get_settings().check_every_s, UPKEEP_EVERY_S]
    assert all(callable(periodic.named(name)) for _, name in asked.every)
