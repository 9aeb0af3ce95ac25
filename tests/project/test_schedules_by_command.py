"""`workbench schedules`: made, listed, paused, run and removed at a terminal."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from core import cli
from core.errors import BadInput
from core.jobs.records import list_jobs
from core.jobs.schedules.schedules import list_schedules
from core.security.policy import LOCAL_ANALYST

NEW = ("add", "weekly", "0 9 * * 1", "--notebook", "customers_train_clusters", "--zone", "Asia/Seoul", "-p", "seed=3")


def workbench(*words: str) -> str:
    done = CliRunner().invoke(cli.app, ["schedules", *words], catch_exceptions=False)
    assert done.exit_code == 0
    return done.output


def test_when_a_schedule_is_made_then_the_next_times_are_shown_and_its_values_have_their_types(home: Path) -> None:
    told = workbench(*NEW)

    assert told.count("T09:00:00+09:00") == 5
    [schedule] = list_schedules(principal=LOCAL_ANALYST)
    assert schedule.parameters == {"seed": 3}
    assert f"{schedule.id}  weekly  customers_train_clusters" in workbench("list")


def test_when_a_schedule_is_paused_run_and_removed_then_each_command_says_so(home: Path) -> None:
    workbench(*NEW)
    [schedule] = list_schedules(principal=LOCAL_ANALYST)

    assert "is paused" in workbench("pause", schedule.id)
    assert "paused by local" in workbench("list")
    assert workbench("resume", schedule.id).count("UTC") == 5
    assert "queued" in workbench("run", schedule.id)
    [job] = list_jobs(principal=LOCAL_ANALYST)
    assert job.id in workbench("times", schedule.id)
    assert f"restore {schedule.id}" in workbench("remove", schedule.id)
    assert "no schedules yet" in workbench("list")
    assert workbench("restore", schedule.id).count("UTC") == 5


def test_when_the_line_is_wrong_then_the_command_names_the_field(home: Path) -> None:
    with pytest.raises(BadInput) as refused:
        workbench("add", "weekly", "0 25 * * 1", "--notebook", "customers_train_clusters")

    assert refused.value.key == "schedules.bad_hour"
