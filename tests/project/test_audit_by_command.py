"""The audit log on the command line: its entries in words, and whether it is whole."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import delete
from typer.testing import CliRunner

from core import cli
from core.doctor import report
from core.security.open_routes import OPEN
from core.security.policy import Principal, Role
from core.storage.audit import note_now
from core.storage.database import writing
from core.storage.operator_tables import audit_log

ANA = Principal("ana", Role.ANALYST, "Ana Lee")


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli.app, ["audit", *words], catch_exceptions=False)
    return done.exit_code, done.stdout


@pytest.fixture
def two(home: Path) -> None:
    note_now(ANA, "dataset.added", "clicks", rows=3)
    note_now(ANA, "champion.rolled_back", "ctr/champion")


def test_when_the_log_is_listed_then_the_newest_comes_first_in_words(two: None) -> None:
    code, out = run()
    first, second = out.splitlines()

    assert code == 0
    assert "Ana Lee (ana)  rolled back to an earlier result  ctr/champion" in first
    assert 'Ana Lee (ana)  stored a dataset  clicks  {"rows": 3}' in second


def test_when_words_or_a_limit_are_given_then_fewer_entries_are_listed(two: None) -> None:
    assert len(run("--words", "clicks")[1].splitlines()) == 1
    assert len(run("--limit", "1")[1].splitlines()) == 1


def test_when_the_log_is_whole_then_the_command_tells_what_to_keep_and_later_counts_it(two: None) -> None:
    code, out = run("verify")
    assert code == 0
    kept = out.splitlines()[-1].removeprefix("workbench audit ").split()

    assert run(*kept)[0] == 0
    with writing() as connection:
        connection.execute(delete(audit_log).where(audit_log.c.id == 2))
    assert run("verify")[0] == 0
    code, out = run(*kept)
    assert (code, out.startswith("Entry 2 is gone")) == (1, True)


def test_when_a_row_was_taken_out_then_the_command_names_the_place_and_fails(two: None) -> None:
    with writing() as connection:
        connection.execute(delete(audit_log).where(audit_log.c.id == 1))

    code, out = run("verify")
    assert (code, out.startswith("Entry 2 does not fit")) == (1, True)


def test_when_the_check_up_is_read_then_each_open_route_and_grant_stands_there_with_its_reason(
    home: Path, settings_from: Callable[..., object]
) -> None:
    settings_from(WORKBENCH_OPEN_ROUTES="customers.lookup,datasets.read,accounts.manage,typo")
    told = report()[0]
    lines = [line.strip() for line in told]

    for reason, routes in OPEN.items():
        assert {f"{route}: {reason}" for route in routes} <= set(lines)
    granted = [line for line in lines if "WORKBENCH_OPEN_ROUTES, " in line]
    assert "for the customer analysis frontend (POST /api/analysis)" in granted[0]
    assert "no known client needs it" in granted[1]
    (bad,) = [line for line in told if line.startswith("BAD ") and "OPEN_ROUTES" in line]
    assert "accounts.manage, typo" in bad
