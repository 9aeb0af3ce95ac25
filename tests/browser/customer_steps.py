"""The first steps of the journey with customers: a file becomes a dataset, clusters, and a published model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.chromium import settle
from tests.browser.on_page import go
from tests.browser.workbench_processes import Workbench

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

REASON = "shown to colleagues as an example of data without clusters"


@pytest.fixture(scope="package")
def mapped(visit: Page, workbench: Workbench, first_words: dict[str, str], shared_datasets: Path) -> list[str]:
    """The suggested columns after dropping the file; the dataset is saved afterwards."""
    go(visit, workbench, "datasets")
    file = shared_datasets / "customer_shopping_trends" / "shopping_trends.csv"
    visit.locator("input[type=file]").first.set_input_files(str(file))
    visit.wait_for_selector(".st-key-dataset-save")
    settle(visit)
    chosen = visit.locator("[class*=st-key-map-row-] input").evaluate_all("all => all.map(one => one.value)")
    visit.locator(".st-key-dataset-save button").click()
    visit.wait_for_selector(".st-key-hero-dataset")
    settle(visit)
    return chosen


@dataclass
class Seen:
    """What was on screen while the training ran and when it ended."""

    run_before_reload: str
    run_after_reload: str
    has_bar_after_reload: bool
    outcome: str


@pytest.fixture(scope="package")
def trained(visit: Page, workbench: Workbench, mapped: list[str]) -> Seen:
    """Train on the stored dataset by its button, and reload the page while it runs."""
    visit.locator(".st-key-dataset-train button").click()
    live = "[class*=st-key-live-]"
    visit.wait_for_selector(live)
    before = visit.locator(live).first.get_attribute("class") or ""
    visit.reload()
    visit.wait_for_selector(live)
    after = visit.locator(live).first.get_attribute("class") or ""
    bar = visit.wait_for_selector(f"{live} [data-testid=stProgress]")
    visit.wait_for_selector(live, state="detached", timeout=150_000)
    settle(visit)
    outcome = visit.locator("[data-testid=stMain]").inner_text()
    return Seen(run_key(before), run_key(after), bar is not None, outcome)


def run_key(classes: str) -> str:
    return next(one for one in classes.split() if one.startswith("st-key-live-"))


@pytest.fixture(scope="package")
def published(visit: Page, workbench: Workbench, trained: Seen) -> str:
    """Publish the refused candidate with a reason; the card that shows it afterwards."""
    go(visit, workbench, "customer_clusters")
    tab(visit, "Refused candidates").click()
    visit.get_by_role("button", name="Publish all the same").click()
    visit.get_by_label("Reason for publishing").fill(REASON)
    visit.get_by_role("button", name="Publish with this reason").click()
    visit.wait_for_selector(".st-key-hero-champion")
    settle(visit)
    return visit.locator(".st-key-hero-champion").inner_text()


def tab(page: Page, name: str) -> Locator:
    return page.get_by_role("tab", name=name)
