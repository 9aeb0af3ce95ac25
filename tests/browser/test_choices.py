"""Choices stay what they are when their labels change with the language: the browser knows a choice by its label only.

The second run after the switch is the one that counts: with it the browser sends what it still believes to be chosen.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from app.ui.texts import all_texts
from tests.browser.chromium import settle, visitor
from tests.browser.workbench_processes import Workbench, running_workbench
from tests.ctr_runs import impressions

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page


@pytest.fixture(scope="module")
def own_workbench() -> Iterator[Workbench]:
    with running_workbench(sample_data=False, jobs=False) as running:
        yield running


@pytest.fixture(scope="module")
def page(browser: Browser, own_workbench: Workbench) -> Iterator[Page]:
    with visitor(browser) as page:
        yield page


@pytest.fixture(scope="module")
def two_datasets(page: Page, own_workbench: Workbench, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The page of impressions with two stored files."""
    folder = tmp_path_factory.mktemp("choices")
    page.goto(f"{own_workbench.url}/ctr_training")
    settle(page)
    for rows, name in ((200, "older"), (201, "newer")):
        impressions(rows)[0].write_csv(folder / f"{name}.csv")
        page.locator("input[type=file]").first.set_input_files(str(folder / f"{name}.csv"))
        page.wait_for_selector(".st-key-ctr-save")
        settle(page)
        page.locator(".st-key-ctr-save button").click()
        page.locator(".st-key-hero-dataset").get_by_text(name).wait_for()
        settle(page)


def choice(page: Page) -> Locator:
    return page.locator("[class*=st-key-ctr-look] input").first


def switch(page: Page, language: str, lead: str) -> None:
    page.locator(".st-key-sidebar-foot").get_by_text(language).click()
    page.get_by_text(lead).first.wait_for()
    settle(page)


def run_again(page: Page) -> None:
    """What any other click on the page does."""
    page.keyboard.press("r")
    page.wait_for_timeout(500)
    settle(page)


def test_when_the_language_was_switched_then_what_was_chosen_stays_chosen(page: Page, two_datasets: None) -> None:
    choice(page).click()
    choice(page).fill("older")
    choice(page).press("Enter")
    page.locator(".st-key-hero-dataset").get_by_text("older").wait_for()
    switch(page, "한국어", all_texts()["ctr.stored"]["ko"])
    run_again(page)
    assert choice(page).input_value() == "older · 200행"
    assert "older" in page.locator(".st-key-hero-dataset").inner_text()
