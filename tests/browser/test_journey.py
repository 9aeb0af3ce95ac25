"""From an empty workbench to a downloaded batch, in a real browser against real processes.

The steps build on one another through fixtures, the first ones in customer_steps;
each test states what the visitor must see at its step.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.chromium import settle
from tests.browser.conftest import open_page
from tests.browser.customer_steps import REASON, Seen, tab
from tests.browser.workbench_processes import Workbench

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROWS = 3900


@pytest.fixture(scope="package")
def batch(visit: Page, workbench: Workbench, published: str, shared_datasets: Path, tmp_path_factory) -> Path:
    """The downloaded result of a batch over the same file."""
    open_page(visit, workbench, "customer_lookup")
    tab(visit, "A whole file").click()
    file = shared_datasets / "customer_shopping_trends" / "shopping_trends.csv"
    visit.locator("input[type=file]").first.set_input_files(str(file))
    visit.locator(".st-key-batch-run button").click()
    visit.wait_for_selector(".st-key-hero-batch")
    settle(visit)
    with visit.expect_download() as download:
        visit.locator(".st-key-hero-batch").get_by_role("button", name="Download CSV").click()
    result = tmp_path_factory.mktemp("batch") / "result.csv"
    download.value.save_as(result)
    return result


def test_when_nothing_is_stored_then_every_page_says_what_to_do_first(first_words: dict[str, str]) -> None:
    assert "No model is published yet" in first_words[""]
    assert "No datasets yet" in first_words["datasets"]
    assert "start a training" in first_words["customer_clusters"]
    assert "Train and publish" in first_words["customer_lookup"]
    assert "synthetic sample" in first_words["ctr_report"]
    assert all(first_words[name] for name in ("ctr_training", "ctr_monitoring"))
    assert "No domain has been built yet" in first_words["image_matching"]
    assert "No domains yet" in first_words["image_domains"]
    assert "Upload data" in first_words["runs"]


def test_when_a_csv_is_dropped_then_its_columns_are_suggested(mapped: list[str]) -> None:
    wanted = ["Age", "Purchase Amount (USD)", "Subscription Status", "Frequency of Purchases"]
    assert mapped[:4] == wanted


def test_when_the_page_is_reloaded_during_a_training_then_the_same_progress_is_there(trained: Seen) -> None:
    assert trained.run_after_reload == trained.run_before_reload
    assert trained.has_bar_after_reload


def test_when_the_data_holds_no_clusters_then_the_page_says_so_and_publishes_nothing(trained: Seen) -> None:
    assert "This data shows no customer clusters" in trained.outcome
    assert "was not published" in trained.outcome
    assert "No clusters are published yet" in trained.outcome


def test_when_a_candidate_is_published_with_a_reason_then_it_is_served(
    visit: Page, workbench: Workbench, published: str
) -> None:
    assert "customer clusters" in published
    assert "This data shows no customer clusters" in published
    open_page(visit, workbench, "customer_clusters")
    tab(visit, "History").click()
    visit.get_by_text(REASON).wait_for()


def test_when_a_customer_is_looked_up_then_cluster_reasons_and_origin_show(
    visit: Page, workbench: Workbench, published: str
) -> None:
    open_page(visit, workbench, "customer_lookup")
    visit.get_by_label("Age [years]", exact=True).fill("30")
    visit.get_by_role("button", name="Find the cluster").click()
    visit.wait_for_selector(".st-key-hero-answer")
    settle(visit)
    visit.get_by_text("Why this cluster?").wait_for()
    visit.get_by_role("button", name="Why this number?").click()
    visit.get_by_text("Data SHA-256").wait_for()
    visit.get_by_role("link", name="Open the run").click()
    visit.wait_for_selector(".st-key-hero-run")
    assert "run=" in visit.url


def test_when_a_file_is_looked_up_then_the_download_holds_a_cluster_for_every_row(batch: Path) -> None:
    with batch.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == ROWS
    assert {row["Customer ID"] for row in rows} == {str(number) for number in range(1, ROWS + 1)}
    assert all(row["cluster_id"].isdigit() and row["cluster_name"] for row in rows)


def test_when_the_tab_changes_then_the_batch_result_is_still_there(visit: Page, batch: Path) -> None:
    tab(visit, "One customer").click()
    settle(visit)
    tab(visit, "A whole file").click()
    visit.wait_for_selector(".st-key-hero-batch")


def test_when_a_run_has_ended_then_its_notebook_can_be_read_in_the_page(
    visit: Page, workbench: Workbench, published: str
) -> None:
    open_page(visit, workbench, "customer_clusters")
    tab(visit, "History").click()
    visit.locator("[class*=st-key-published-]").get_by_role("link").first.click()
    visit.wait_for_selector(".st-key-hero-run")
    tab(visit, "Notebook").click()
    visit.locator("[data-testid=stMain]").get_by_role("heading", name="Customer clusters").first.wait_for()
    visit.locator(".js-plotly-plot").first.wait_for()


def test_when_the_language_is_switched_then_page_and_address_follow_and_a_reload_keeps_it(
    browser: Browser, workbench: Workbench
) -> None:
    page = browser.new_context(locale="en-US").new_page()
    open_page(page, workbench, "runs")
    page.get_by_role("heading", name="Runs").wait_for()
    page.get_by_role("radio", name="한국어").or_(page.get_by_role("button", name="한국어")).first.click()
    page.get_by_role("heading", name="실행 기록").wait_for()
    assert "lang=ko" in page.url
    page.reload()
    page.get_by_role("heading", name="실행 기록").wait_for()
    page.context.close()


def test_when_the_browser_speaks_korean_then_the_page_does_too(browser: Browser, workbench: Workbench) -> None:
    page = browser.new_context(locale="ko-KR").new_page()
    open_page(page, workbench, "datasets")
    page.get_by_role("heading", name="데이터셋", exact=True).wait_for()
    page.context.close()


def test_when_a_file_cannot_be_used_then_one_sentence_says_why(
    visit: Page, workbench: Workbench, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.csv"
    broken.write_text("a,b\n1,2,3,4\n5\n", "utf-8")
    open_page(visit, workbench, "datasets")
    visit.locator("input[type=file]").first.set_input_files(str(broken))
    visit.get_by_text("broken.csv has").wait_for()
    assert "Traceback" not in visit.locator("[data-testid=stMain]").inner_text()
