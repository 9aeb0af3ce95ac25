"""A retraining is scheduled, comes on its minute, fails once, is tried again and succeeds; its model is promoted.

One press makes the challenger serve, another one brings the earlier model back. The first attempt fails by a cell that
this test puts into its copy of the notebook: it asks the job's own record which attempt it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from sqlalchemy import create_engine, select

from core.storage import tables
from tests.browser.chromium import settle, visitor
from tests.browser.on_page import field, go, main_text, turn_to
from tests.browser.workbench_processes import Workbench, run_in, running_workbench
from tests.quick_notebooks import quick_notebooks

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

LIMIT_MS = 240_000
BACKOFF_S = 3
FAILS_ONCE = """from core.jobs.records import get_job
attempt = get_job(run_id, principal=principal).attempt
assert attempt > 1, "the first attempt fails on purpose\""""
# Two quick trainings on a small file: the first serves, the second is held back.
FIRST = """
from core.security.policy import LOCAL_ANALYST
from tests.ctr_runs import make_finished_run
make_finished_run(rows=2000, models="hashed_logistic", experiment_name="first")
"""


def notebooks_that_fail_once(folder: Path) -> Path:
    """The shipped notebooks, with a cell in the training that lets every first attempt fail."""
    quick_notebooks(folder)
    path = folder / "ctr_train.ipynb"
    notebook = nbformat.read(path, as_version=4)
    place = next(
        number for number, cell in enumerate(notebook.cells)
        if cell.cell_type == "code" and re.search(r"^run_id\b.*=|^run_id, |run_id = ", cell.source, flags=re.M)
    )  # fmt: skip
    notebook.cells.insert(place + 1, nbformat.v4.new_code_cell(FAILS_ONCE))
    nbformat.write(notebook, path)
    return folder


@pytest.fixture(scope="module")
def own_workbench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    notebooks = notebooks_that_fail_once(tmp_path_factory.mktemp("schedules") / "notebooks")
    settings = {"WORKBENCH_NOTEBOOKS_DIR": str(notebooks), "WORKBENCH_HEARTBEAT_S": "1"}
    with running_workbench(sample_data=False, **settings) as running:
        run_in(running.home, FIRST)
        yield running


@pytest.fixture(scope="module")
def page(browser: Browser, own_workbench: Workbench) -> Iterator[Page]:
    with visitor(browser) as page:
        yield page


def rows_of(home: Path, table: Any, *order: Any) -> list[Any]:
    """Every row of a table, read past the pages."""
    engine = create_engine(f"sqlite:///{home / 'data' / 'workbench.db'}")
    with engine.connect() as connection:
        found = list(connection.execute(select(table).order_by(*order)).mappings())
    engine.dispose()
    return found


def serving(home: Path) -> str:
    """The run whose model the database says is served."""
    return str(rows_of(home, tables.champions, tables.champions.c.id)[-1]["run_id"])


@pytest.fixture(scope="module")
def scheduled(page: Page, own_workbench: Workbench) -> datetime:
    """The minute that the retraining was scheduled for, chosen as near as the form can be filled in."""
    go(page, own_workbench, "schedules")
    page.get_by_role("button", name="New schedule").click()
    page.wait_for_selector("[class*=st-key-schedule-what]")
    settle(page)
    what = page.locator("[class*=st-key-schedule-what] input")
    what.click()
    what.fill("Train click models")
    page.get_by_role("option", name="Train click models").first.click()
    settle(page)
    field(page, "Name").fill("retraining")
    field(page, "Name").press("Enter")
    page.locator("[class*=st-key-schedule-kind]").get_by_text("Cron line", exact=True).click()
    settle(page)
    zone = page.locator("[class*=st-key-schedule-zone] input")
    zone.click()
    zone.fill("Asia/Seoul")
    page.get_by_role("option", name="Asia/Seoul", exact=True).click()
    settle(page)
    page.get_by_text("Parameters (").click()
    fill_parameters(page, own_workbench)
    page.get_by_text("Missed times, overlaps and attempts").click()
    fill(page, "Attempts at most", "2")
    fill(page, "First wait [s]", str(BACKOFF_S))
    at = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(minutes=2)
    there = at + timedelta(hours=9)  # Seoul has no summer time
    fill(page, "Cron line", f"{there.minute} {there.hour} {there.day} {there.month} *")
    page.locator(".st-key-schedule-meaning").get_by_text(f"minute {there.minute}").wait_for()
    page.locator(".st-key-schedule-save button").click()
    page.wait_for_selector(".st-key-hero-schedule")
    return at


def fill(page: Page, label: str, value: str) -> None:
    field(page, label).first.fill(value)
    field(page, label).first.press("Enter")
    settle(page)


def fill_parameters(page: Page, workbench: Workbench) -> None:
    """One quick candidate on the stored file, whose model is not published by itself."""
    dataset = rows_of(workbench.home, tables.datasets, tables.datasets.c.created_at)[-1]
    stored = page.locator("[class*=st-key-schedule-][class*=dataset_id] input")
    stored.click()
    stored.fill(dataset["name"])
    page.get_by_role("option", name=re.compile(rf"^{dataset['name']} · ")).click()
    settle(page)
    fill(page, "Experiment name", "challenger")
    fill(page, "Candidates", "block_logistic")
    fill(page, "Settings per candidate", "1")
    page.locator("[class*=st-key-schedule-][class*=explain]").get_by_role("switch").or_(
        page.locator("[class*=st-key-schedule-][class*=explain] label")
    ).first.click()
    settle(page)
    page.locator("[class*=st-key-schedule-][class*=publish] label").first.click()
    settle(page)


@pytest.fixture(scope="module")
def finished(page: Page, own_workbench: Workbench, scheduled: datetime) -> list[Any]:
    """The jobs of the schedule, once its page says that the second attempt succeeded."""
    times = page.locator(".st-key-schedule-times")
    times.get_by_text("attempt 2 of 2").wait_for(timeout=LIMIT_MS)
    times.get_by_text("Succeeded").wait_for(timeout=LIMIT_MS)
    settle(page)
    jobs = rows_of(own_workbench.home, tables.jobs, tables.jobs.c.created_at)
    return [job for job in jobs if job["schedule_id"] is not None]


def test_when_a_retraining_is_scheduled_then_it_runs_on_its_minute_fails_once_and_succeeds(
    page: Page, finished: list[Any], scheduled: datetime
) -> None:
    assert [(job["attempt"], job["state"]) for job in finished] == [(1, "failed"), (2, "succeeded")]
    assert {job["logical_at"] for job in finished} == {scheduled}
    assert "on purpose" in json.dumps(finished[0]["error"])
    assert (finished[1]["not_before"] - finished[0]["finished_at"]).total_seconds() >= BACKOFF_S - 1
    assert finished[1]["result"]["published"] is False
    assert "retraining" in main_text(page)


def test_when_the_challenger_is_promoted_with_one_press_then_it_serves_and_another_press_brings_the_first_back(
    page: Page, own_workbench: Workbench, finished: list[Any]
) -> None:
    home, challenger = own_workbench.home, finished[1]["id"]
    first = serving(home)
    assert first != challenger

    go(page, own_workbench, f"ctr_report?run={challenger}")
    page.locator(".st-key-promote button").click()
    page.locator(".st-key-challenger").wait_for(state="detached")
    settle(page)
    assert serving(home) == challenger

    turn_to(page, "Publications")
    page.locator("[class*=st-key-ctr-serve-again] button").first.click()
    page.get_by_text("is served again").wait_for()
    settle(page)
    assert serving(home) == first
    assert rows_of(home, tables.champions, tables.champions.c.id)[-1]["why"].startswith("Back to version")
