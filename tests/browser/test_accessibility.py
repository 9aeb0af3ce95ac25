"""Every page in both languages, wide and on a phone: no rule of WCAG A or AA is broken, and it fits the screen.

Asking axe takes longest, and neither language nor width brings elements of its own: each page is asked once, in turn
in Korean and wide or in English and on a phone; the long suites ask in every combination, and every tab. All must fit
a phone.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

import pytest

from tests.browser.accessibility import LANGUAGES, PHONE, WIDTHS, problems, resize
from tests.browser.chromium import settle, visitor
from tests.browser.conftest import EMPTY_PAGES, FULL_PAGES
from tests.browser.drawn_pictures import DOMAIN
from tests.browser.main_actions import MAIN
from tests.browser.on_page import go
from tests.browser.workbench_processes import Workbench

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

# What a page opens: the parameter of its address, and where the newest one is found.
OPENED = {
    "datasets?dataset": "SELECT id FROM datasets WHERE room = 'customers'",
    "image_domains?domain": f"SELECT '{DOMAIN}'",
    "chat?conversation": "SELECT id FROM conversations ORDER BY created_at",
    "knowledge?collection": "SELECT collection_id FROM documents",
    "knowledge?document": "SELECT id FROM documents",
    "knowledge?passage": "SELECT id FROM passages",
    "fragrance_studio?formula": "SELECT id FROM fragrance_formulas ORDER BY created_at",
    "fragrance_search?perfume": "SELECT 'cedar-rain'",
    "fragrance_catalogue?material": "SELECT 'linalool'",
    "chains?chain": "SELECT 'ctr_retrain'",
    "runs?run": "SELECT id FROM jobs WHERE notebook = 'ctr_train'",
    "runs?new": "SELECT 'ctr_train'",
}
WITH_TABS = (  # all of which the long suites open
    "datasets?dataset", "customer_clusters", "customer_lookup", "ctr_training", "ctr_report", "ctr_monitoring",
    "image_matching", "image_domains?domain", "knowledge?collection", "evaluation", "fragrance_studio?formula",
    "fragrance_search", "fragrance_catalogue?material", "runs?run", "accounts", "operations",
)  # fmt: skip
PLACES = [*EMPTY_PAGES, *FULL_PAGES, *OPENED]
IN_TURN = (("ko", ("wide",)), ("en", ("phone",)))
ASKED = [
    *(
        pytest.param(place, *IN_TURN[number % 2], id=f"{place}-{IN_TURN[number % 2][0]}")
        for number, place in enumerate(PLACES)
    ),
    *(
        pytest.param(place, language, WIDTHS, id=f"{place}-{language}, every width", marks=pytest.mark.soak)
        for place in PLACES for language in LANGUAGES
    ),
]  # fmt: skip


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    with visitor(browser) as page:
        yield page


@pytest.fixture(scope="module")
def addresses(
    workbench: Workbench, published: str, explained: str, built: object, answered: str, saved: str
) -> Mapping[str, str]:
    """Where each place is in a workbench that holds something of everything."""
    with sqlite3.connect(workbench.home / "data" / "workbench.db") as connection:
        opened = {place: f"{place}={connection.execute(query).fetchone()[0]}" for place, query in OPENED.items()}
    return {name: name for name in (*EMPTY_PAGES, *FULL_PAGES)} | opened


def in_language(address: str, language: str) -> str:
    return f"{address}{'&' if '?' in address else '?'}lang={language}"


@pytest.mark.parametrize(("place", "language", "asked"), ASKED)
def test_when_a_page_is_open_then_it_breaks_no_rule_and_fits_a_phone(
    page: Page, workbench: Workbench, addresses: Mapping[str, str], place: str, language: str, asked: Collection[str]
) -> None:
    go(page, workbench, in_language(addresses[place], language))
    assert page.evaluate("document.documentElement.lang") == language
    assert problems(page, place, language, asked) == []
    if place in MAIN:
        resize(page, *PHONE)
        main = page.locator(MAIN[place].selector).first
        for _ in range(50):  # a table hears of its new width a moment later
            box = main.bounding_box()
            if box is not None and box["x"] + box["width"] <= PHONE[0]:
                break
            page.wait_for_timeout(100)
        resize(page)
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= PHONE[0]


@pytest.mark.soak
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("place", WITH_TABS)
def test_when_a_tab_is_open_then_it_breaks_no_rule_and_fits_a_phone(
    page: Page, workbench: Workbench, addresses: Mapping[str, str], place: str, language: str
) -> None:
    go(page, workbench, in_language(addresses[place], language))
    told = [one for tab in tabs_opened(page) for one in problems(page, f"{place}, {tab}", language)]
    assert told == []


def tabs_opened(page: Page) -> Iterator[str]:
    """Open one tab after the other and tell its name; the first one was open with the page."""
    tabs = page.locator("[data-testid=stMain] [role=tab]")
    for number in range(1, tabs.count()):
        name = tabs.nth(number).inner_text()
        tabs.nth(number).click()
        page.wait_for_selector(f"[role=tab][aria-selected=true]:has-text('{name}')")
        settle(page)
        yield name
