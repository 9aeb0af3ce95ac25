"""The first steps of the journey with pictures: a ZIP becomes a domain, and the domain is built."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.browser.chromium import settle
from tests.browser.drawn_pictures import Drawn, draw
from tests.browser.image_pages import job_through
from tests.browser.on_page import choose, go, main_text, metrics, rows_of, turn_to
from tests.browser.workbench_processes import Workbench

if TYPE_CHECKING:
    from playwright.sync_api import Page


@dataclass(frozen=True)
class Shown:
    """A page: all its words, its headline figures, and what stood on the card of the job before."""

    words: str
    figures: dict[str, str]
    job: str


@pytest.fixture(scope="package")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Drawn:
    return draw(tmp_path_factory.mktemp("drawn"))


@pytest.fixture(scope="package")
def taken(visit: Page, workbench: Workbench, first_words: dict[str, str], drawn: Drawn) -> tuple[str, list[str]]:
    """What the page says of the ZIP, and the rows on the file it refused."""
    go(visit, workbench, "image_domains")
    visit.locator("input[type=file]").first.set_input_files(str(drawn.known))
    visit.locator(".st-key-domain-create button:enabled").click()
    visit.wait_for_selector(".st-key-ingestion")
    settle(visit)
    card = visit.locator(".st-key-ingestion")
    return card.inner_text(), rows_of(card.locator("[data-testid=stDataFrame]").last)


@pytest.fixture(scope="package")
def strangers(visit: Page, taken: tuple[str, list[str]], drawn: Drawn) -> str:
    """What the page says of the pictures of no class."""
    choose(visit, "picture-group", "Unknown images")
    visit.locator(".st-key-pictures-add-unknown").wait_for()  # before that the upload field is the other group's
    visit.locator("input[type=file]").first.set_input_files(str(drawn.unknown))
    visit.locator(".st-key-pictures-add-unknown button:enabled").click()
    visit.locator(".st-key-ingestion").get_by_text(f"in classes: {drawn.unknown_classes}").wait_for()
    settle(visit)
    return visit.locator(".st-key-ingestion").inner_text()


@pytest.fixture(scope="package")
def built(visit: Page, strangers: str) -> Shown:
    """The report of the first build."""
    turn_to(visit, "Build")
    job = job_through(visit, "Start the build", "Build an image domain")
    visit.wait_for_selector(".st-key-hero-build")
    settle(visit)
    return Shown(main_text(visit), metrics(visit, ".st-key-hero-build"), job)
