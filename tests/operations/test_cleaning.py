"""What could go is planned first and never holds what somebody needs; then exactly the plan goes."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

import pytest
from sqlalchemy import insert, update

from core.errors import Conflict, NotAllowed
from core.operations import cleaning, disk
from core.operations.cleaning import Item, Plan, clean, keep_clean, plan
from core.security.policy import LOCAL_ANALYST, Principal, Role
from core.storage import tables
from core.storage.audit import search_entries
from core.storage.database import utc_now, writing
from core.supervisor import CLEANING

DAY = 24 * 3600


def add_run(home: Path, run_id: str, *, state: str = "succeeded", days: float = 100, **values: object) -> None:
    """A run with an artifact and a log, last touched so many days ago."""
    now = utc_now()
    row = {
        "id": run_id, "owner": "o", "notebook": "n", "room": "ctr", "parameters": {}, "state": state, "attempt": 1,
        "created_at": now, "cancel_requested": 0, "step": "", "fraction": 0.0, **values,
    }  # fmt: skip
    with writing() as connection:
        connection.execute(insert(tables.jobs).values(**row))
    for path in (f"models/ctr/{run_id}/champion/metadata.json", f"data/runs/{run_id}/runner.log"):
        aged(home / path, days)


def aged(path: Path, days: float) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * 100)
    for one in (path, path.parent, path.parent.parent):
        os.utime(one, (time.time() - days * DAY,) * 2)
    return path


def serve(run_id: str) -> None:
    with writing() as connection:
        connection.execute(insert(tables.champions).values(
            owner="o", room="ctr", slot="champion", run_id=run_id, path=f"models/ctr/{run_id}/champion", sha256="s",
            findings=[], why="w", created_at=utc_now()))  # fmt: skip


def planned(days: float = 30) -> set[str]:
    return {one.path for one in plan(older_than_days=days, principal=LOCAL_ANALYST).items}


def test_when_a_run_is_old_and_nobody_needs_it_then_its_files_are_planned_with_the_reason(home: Path) -> None:
    add_run(home, "old")
    add_run(home, "young", days=3)

    found = plan(older_than_days=30, principal=LOCAL_ANALYST)

    assert {one.path: (one.kind, one.bytes) for one in found.items} == {
        "models/ctr/old": ("run_artifacts", 100), "data/runs/old": ("run_log", 100),
    }  # fmt: skip
    assert found.bytes == 200
    assert all(one.reason("en") and one.reason("ko") for one in found.items)


def test_when_a_run_serves_served_or_goes_on_then_its_files_stay(home: Path) -> None:
    add_run(home, "served")
    add_run(home, "serves")
    serve("served")
    serve("serves")
    for state in ("queued", "running"):
        add_run(home, state, state=state)

    assert planned() == set()


def test_when_a_run_is_tied_to_one_that_stays_then_it_stays_too(home: Path) -> None:
    add_run(home, "model")
    serve("model")
    add_run(home, "explains", parameters={"run_id": "model"})
    add_run(home, "first try", state="failed")
    add_run(home, "second try", state="queued", retry_of="first try")
    add_run(home, "scored with", result={"deep": [{"run": "model"}]})
    add_run(home, "alone", parameters={"run_id": "gone"})

    assert planned() == {"models/ctr/alone", "data/runs/alone"}


def test_when_answers_of_a_run_are_watched_then_its_report_stays(home: Path) -> None:
    add_run(home, "watched")
    with writing() as connection:
        connection.execute(insert(tables.ctr_predictions).values(
            id="p", owner="o", run_id="watched", model="m", at=utc_now(), probability=0.1, latency_ms=1.0))  # fmt: skip
    assert planned() == set()


def test_when_no_age_is_set_then_files_of_runs_are_left_alone(home: Path) -> None:
    add_run(home, "old")
    assert planned(0) == set()
    assert keep_clean().removed == ()


def test_when_a_file_is_nobodys_then_only_those_we_know_are_planned(home: Path) -> None:
    with writing() as connection:
        connection.execute(insert(tables.datasets).values(
            id="d", owner="o", name="n", room="ctr", sha256="s", path="data/datasets/named.parquet", bytes=1, rows=1,
            columns=[], format="csv", mapping={}, profile={}, findings=[], created_at=utc_now()))  # fmt: skip
    for name in (
        "data/datasets/named.parquet", "data/datasets/unnamed.parquet", "data/documents/abc", "data/token.key",
        "data/domains/shapes/prototypes.npz", "data/something/else", "models/mlflow.db", "models/ctr/no-run/champion/f",
        "data/backups/workbench-20200101T000000000Z.zip", "data/incoming/half", "models/ctr/r/.writing-1/f",
    ):  # fmt: skip
        aged(home / name, 400)

    assert planned(1) == {"data/datasets/unnamed.parquet", "data/incoming/half", "models/ctr/r/.writing-1"}


def test_when_a_plan_is_carried_out_then_exactly_it_goes_and_the_log_knows(home: Path) -> None:
    for name in ("one", "two"):
        add_run(home, name)
    whole = plan(older_than_days=30, principal=LOCAL_ANALYST)
    agreed = Plan(tuple(one for one in whole.items if one.path == "models/ctr/one"), 30)

    cleaned = clean(agreed, principal=Principal("op", Role.DEVELOPER, "Operator"))

    assert [one.path for one in cleaned.removed] == ["models/ctr/one"]
    assert not (home / "models/ctr/one").exists()
    assert planned() == {"models/ctr/two", "data/runs/one", "data/runs/two"}
    (entry,) = search_entries(action="files.cleaned", principal=LOCAL_ANALYST)
    assert (entry.owner, entry.details["paths"], entry.details["bytes"]) == ("op", ["models/ctr/one"], 100)


def test_when_a_run_came_to_be_needed_since_the_plan_then_it_is_skipped(home: Path) -> None:
    for name in ("served", "touched", "retried"):
        add_run(home, name)
    agreed = plan(older_than_days=30, principal=LOCAL_ANALYST)
    serve("served")
    (home / "models/ctr/touched/champion/metadata.json").write_text("new", "utf-8")
    with writing() as connection:
        connection.execute(update(tables.jobs).where(tables.jobs.c.id == "retried").values(state="queued"))

    cleaned = clean(agreed, principal=LOCAL_ANALYST)

    assert {one.path for one in cleaned.removed} == {"data/runs/touched"}
    assert len(cleaned.skipped) == 5
    assert (home / "models/ctr/served").exists()


@pytest.mark.parametrize("path", ["../outside", "data/../../outside", "/etc/hostname", "data/token.key"])
def test_when_a_plan_names_what_no_plan_of_ours_would_then_nothing_of_it_goes(home: Path, path: str) -> None:
    aged(home / "data" / "token.key", 400)
    forged = Plan((Item(path, "unfinished", 1, 0.0),), 30)
    with contextlib.suppress(Conflict):
        assert clean(forged, principal=LOCAL_ANALYST).removed == ()
    assert (home / "data" / "token.key").exists()


def test_when_the_setting_says_so_then_the_daily_round_cleans(home: Path, settings_from) -> None:
    settings_from(WORKBENCH_KEEP_RUN_DAYS="30")
    add_run(home, "old")
    assert f"{keep_clean.__module__}:{keep_clean.__name__}" == CLEANING

    assert {one.path for one in keep_clean().removed} == {"models/ctr/old", "data/runs/old"}


def test_when_an_analyst_asks_then_nothing_is_planned_or_removed(home: Path) -> None:
    analyst = Principal("a", Role.ANALYST)
    with pytest.raises(NotAllowed):
        plan(principal=analyst)
    with pytest.raises(NotAllowed):
        clean(Plan((), 0), principal=analyst)
    with pytest.raises(NotAllowed):
        disk.usage(principal=analyst)


def test_when_the_disk_is_counted_then_each_file_is_counted_once_and_kept_for_a_while(home: Path) -> None:
    disk.forget()
    add_run(home, "old")
    aged(home / "data" / "cache" / "knowledge_index" / "a", 1)
    aged(home / "data" / "cache" / "other" / "a", 1)
    (home / "data" / "linked").symlink_to(home / "models")

    usage = disk.usage(principal=LOCAL_ANALYST)
    parts = {one.name: one.bytes for one in usage.parts}

    assert (parts["models"], parts["runs"], parts["indexes"], parts["caches"]) == (100, 100, 100, 100)
    assert [(one.run_id, one.room, one.bytes) for one in usage.runs] == [("old", "ctr", 200)]
    assert usage.free_bytes > 0
    aged(home / "models" / "ctr" / "new" / "champion" / "f", 1)
    assert disk.usage(principal=LOCAL_ANALYST) is usage
    cleaning.disk.forget()
    assert len(disk.usage(principal=LOCAL_ANALYST).runs) == 2
