"""The notebook of a failed run in a real browser: one click leads to the failing cell, and no output can act."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.browser.accessibility import problems
from tests.browser.chromium import settle, visitor
from tests.browser.workbench_processes import Workbench, run_in, running_workbench

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

FAIL = """
import nbformat
from core.jobs.process_groups import run_folder
from core.jobs.records import submit
from core.jobs.states import change_state
from core.security.policy import LOCAL_ANALYST
from core.storage.database import utc_now, writing
job = submit("ctr_score", {}, principal=LOCAL_ANALYST)
new = nbformat.v4
html = "<h3>own html</h3><script>parent.parent.stolen = 1; document.body.append('ran')</script>"
shown = [new.new_output("display_data", data={"text/html": html})]
cells = [new.new_markdown_cell("# Demo"), new.new_code_cell("show()", outputs=shown)]
cells += [new.new_code_cell("pass", outputs=[new.new_output("stream", text="line\\n" * 60)]) for _ in range(3)]
cells += [new.new_code_cell("fail()", outputs=[new.new_output("error", ename="ValueError", evalue="no", traceback=[])])]
run_folder(job.id).mkdir(parents=True)
nbformat.write(new.new_notebook(cells=cells), run_folder(job.id) / "notebook.ipynb")
error = {"key": "jobs.cell_failed", "details": {"cell": 5, "problem": "ValueError: no"}, "cell": 5}
with writing() as connection:
    change_state(connection, job, "running", expected=("queued",), started_at=utc_now())
    change_state(connection, job, "failed", expected=("running",), error=error)
"""


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """The page of a failed run, after the click that leads to its failing cell."""
    with running_workbench(sample_data=False, jobs=False) as own, visitor(browser) as page:
        run_in(own.home, FAIL)
        _open_failed(page, own)
        page.locator(".st-key-jump button").click()
        page.locator(".st-key-failing-cell").wait_for()
        settle(page)
        yield page


def _open_failed(page: Page, own: Workbench) -> None:
    with sqlite3.connect(own.home / "data" / "workbench.db") as connection:
        (run,) = connection.execute("SELECT id FROM jobs").fetchone()
    page.goto(f"{own.url}/runs?lang=en&run={run}")
    settle(page)


def test_when_the_failing_cell_is_asked_for_then_it_is_in_sight(page: Page) -> None:
    page.wait_for_function(
        """() => {
            const place = document.querySelector('.st-key-failing-cell').getBoundingClientRect();
            return place.top >= 0 && place.top < window.innerHeight;
        }"""
    )


def test_when_a_cell_put_out_html_then_it_is_seen_and_its_script_did_not_run(page: Page) -> None:
    cage = page.frame_locator("[data-testid=stIFrame]").frame_locator("iframe")
    cage.get_by_role("heading", name="own html").wait_for()

    assert "ran" not in cage.locator("body").inner_text()
    assert page.evaluate("window.stolen === undefined")


def test_when_every_kind_of_output_is_shown_then_no_rule_is_broken_and_a_phone_holds_it(page: Page) -> None:
    assert problems(page, "runs?run, notebook", "en") == []
