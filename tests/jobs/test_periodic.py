"""Work named on the command line is repeated beside the jobs, and one bad round does not end it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from core.errors import Unavailable
from core.jobs.running import periodic, start
from core.storage.database import reading, utc_now, writing
from core.storage.operator_tables import periodic_rounds
from tests.conftest import PROJECT

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


RELAY = """
import os
from core.jobs.running.periodic import make_round
other = os.fork()  # from here on two processes do the same
made = sum(make_round("tests:shared", lambda: None, every_s=3600) for _ in range(20))
os.write(1, f"{made}\\n".encode())
if other:
    raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(other, 0)[1]))
os._exit(0)
"""


def row_of(name: str) -> Any:
    with reading() as connection:
        return connection.execute(select(periodic_rounds).where(periodic_rounds.c.name == name)).mappings().one()


def test_when_a_round_was_made_then_its_row_says_when_and_how_it_went(home: Path) -> None:
    def fails() -> None:
        raise Unavailable("storage.database_down")

    began = utc_now()
    assert periodic.make_round("a:b", lambda: None, every_s=0)
    good = row_of("a:b")
    assert began <= good["started_at"] <= good["ended_at"] <= utc_now()
    assert (good["failures"], good["last_error"], good["last_failure_at"]) == (0, "", None)

    for _ in range(2):
        assert periodic.make_round("a:b", fails, every_s=0)
    bad = row_of("a:b")
    assert (bad["failures"], bad["last_error"]) == (2, Unavailable("storage.database_down").text())
    assert bad["last_failure_at"] >= bad["started_at"]

    assert periodic.make_round("a:b", lambda: None, every_s=0)
    assert row_of("a:b")["failures"] == 0  # when it failed last stays on record
    assert row_of("a:b")["last_error"] == bad["last_error"]


def test_when_an_error_was_not_foreseen_then_only_its_kind_is_kept(home: Path) -> None:
    def fails() -> None:
        raise RuntimeError("postgresql://me:word@host")

    periodic.make_round("a:b", fails, every_s=0)
    assert row_of("a:b")["last_error"] == "RuntimeError"


def test_when_a_round_has_begun_within_its_period_then_it_is_not_made_again(home: Path) -> None:
    made = [periodic.make_round("a:b", lambda: None, every_s=60) for _ in range(3)]
    assert made == [True, False, False]


@pytest.mark.parametrize(("ago", "is_made"), [(61, True), (30, False), (-3600, True)])
def test_when_a_period_is_over_or_the_clock_was_set_back_then_the_round_is_made(
    home: Path, ago: float, is_made: bool
) -> None:
    periodic.make_round("a:b", lambda: None, every_s=60)
    with writing() as connection:
        connection.execute(update(periodic_rounds).values(started_at=utc_now() - timedelta(seconds=ago)))

    assert periodic.make_round("a:b", lambda: None, every_s=60) is is_made


def test_when_two_processes_repeat_the_same_then_each_round_is_made_once(home: Path) -> None:
    environment = {**os.environ, "WORKBENCH_HOME": str(home)}
    told = subprocess.run(
        [sys.executable, "-c", RELAY], cwd=PROJECT, env=environment, capture_output=True, check=True, timeout=60
    )

    assert sorted(told.stdout.split()) == [b"0", b"1"]


def test_when_the_database_is_away_then_there_is_no_round_and_nothing_breaks(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> None:
        raise Unavailable("storage.database_down")

    monkeypatch.setattr(periodic, "writing", away)
    assert periodic.make_round("a:b", lambda: pytest.fail("made without a row"), every_s=0) is False


def test_when_a_name_is_wrong_then_nothing_is_found() -> None:
    with pytest.raises(AttributeError):
        periodic.named("core.jobs.running.start:no_such_work")


def test_when_the_workbench_starts_jobs_then_the_checks_are_handed_in() -> None:
    from core.settings.current import get_settings
    from core.supervisor import CLEAN_EVERY_S, UPKEEP_EVERY_S, commands

    asked = start._read(commands(get_settings())["jobs"][3:])

    assert len(asked.after) == 2
    periods = [get_settings().check_every_s, UPKEEP_EVERY_S, CLEAN_EVERY_S]
    assert [float(seconds) for seconds, _ in asked.every] == periods
    assert all(callable(periodic.named(name)) for _, name in asked.every)
