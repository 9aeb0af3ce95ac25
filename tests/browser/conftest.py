"""One workbench and one browser for the journey; without a Chromium every browser test is skipped by name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.chromium import HEIGHT, WIDTH, NoBrowser, executable, running_browser, settle
from tests.browser.workbench_processes import Workbench, running_workbench
from tests.conftest import SESSION_HOME

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

EMPTY_PAGES = (
    "", "datasets", "customer_clusters", "customer_lookup", "ctr_training", "ctr_report", "ctr_monitoring",
    "image_matching", "image_domains", "chat", "knowledge", "evaluation", "runs", "account",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = [item for item in items if Path(__file__).parent in item.path.parents]
    for item in here:
        item.add_marker(pytest.mark.browser)
    if not here:
        return
    try:
        executable()
    except NoBrowser as reason:
        for item in here:
            item.add_marker(pytest.mark.skip(reason=f"no browser: {reason}"))


@pytest.fixture(scope="session")
def workbench() -> Iterator[Workbench]:
    with running_workbench(sample_data=False) as running:
        _share_compiled_models(running.home)
        yield running


def _share_compiled_models(home: Path) -> None:
    """Let the workbench use what the encoder compiled for other tests: that takes longer than a build."""
    shared, own = (place / "data" / "cache" / "encoders" for place in (SESSION_HOME, home))
    if not own.exists():
        shared.mkdir(parents=True, exist_ok=True)
        own.parent.mkdir(parents=True, exist_ok=True)
        own.symlink_to(shared)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with running_browser() as running:
        yield running


@pytest.fixture(scope="session")
def visit(browser: Browser) -> Iterator[Page]:
    """One visitor's tab; English is the browser's language."""
    context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, locale="en-US", accept_downloads=True)
    page = context.new_page()
    page.set_default_timeout(30_000)
    yield page
    context.close()


def open_page(page: Page, workbench: Workbench, path: str) -> None:
    page.goto(f"{workbench.url}/{path}")
    settle(page)


@pytest.fixture(scope="session")
def first_words(visit: Page, workbench: Workbench) -> dict[str, str]:
    """What each page says before anything was stored; every journey begins after this look."""
    words = {}
    for name in EMPTY_PAGES:
        open_page(visit, workbench, name)
        words[name] = visit.locator("[class*=st-key-empty-]").first.inner_text()
    return words
