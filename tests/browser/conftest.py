"""One workbench and one browser for the journey; without a Chromium every browser test is skipped by name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.chromium import NoBrowser, executable, running_browser, settle, visitor
from tests.browser.ctr_steps import checked, explained, reported, watched  # noqa: F401  (fixtures of several files)
from tests.browser.customer_steps import mapped, published, trained  # noqa: F401
from tests.browser.fragrance_steps import composed, perfumer, perfumes, saved  # noqa: F401
from tests.browser.image_steps import built, drawn, strangers, taken  # noqa: F401
from tests.browser.knowledge_steps import answered, brought_in, document, reader  # noqa: F401
from tests.browser.workbench_processes import Workbench, running_workbench
from tests.quick_notebooks import quick_notebooks

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

EMPTY_PAGES = (
    "", "datasets", "customer_clusters", "customer_lookup", "ctr_training", "ctr_report", "ctr_monitoring",
    "image_matching", "image_domains", "chat", "knowledge", "evaluation", "fragrance_studio", "fragrance_search",
    "fragrance_catalogue", "runs", "schedules", "account", "accounts", "audit",
)  # fmt: skip
FULL_PAGES = ("operations", "chains")  # which have something to show from the first day


SETUP_S = 1200  # the first test waits for trainings, builds and answers that all the others look at


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = [item for item in items if Path(__file__).parent in item.path.parents]
    for item in here:
        item.add_marker(pytest.mark.browser)
        item.add_marker(pytest.mark.timeout(SETUP_S))
    if not here:
        return
    try:
        executable()
    except NoBrowser as reason:
        for item in here:
            item.add_marker(pytest.mark.skip(reason=f"no browser: {reason}"))


@pytest.fixture(scope="package")
def workbench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    notebooks = quick_notebooks(tmp_path_factory.mktemp("quick") / "notebooks")
    with running_workbench(sample_data=False, WORKBENCH_NOTEBOOKS_DIR=str(notebooks)) as running:
        yield running


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with running_browser() as running:
        yield running


@pytest.fixture(scope="package")
def visit(browser: Browser) -> Iterator[Page]:
    """One visitor's tab; English is the browser's language."""
    with visitor(browser) as page:
        yield page


def open_page(page: Page, workbench: Workbench, path: str) -> None:
    page.goto(f"{workbench.url}/{path}")
    settle(page)


@pytest.fixture(scope="package")
def first_words(visit: Page, workbench: Workbench) -> dict[str, str]:
    """What each page says before anything was stored; every journey begins after this look."""
    words = {}
    for name in EMPTY_PAGES:
        open_page(visit, workbench, name)
        words[name] = visit.locator("[class*=st-key-empty-]").first.inner_text()
    return words
