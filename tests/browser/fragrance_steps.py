"""The first steps of the journey with fragrance: a brief in Korean becomes a saved formula; perfumes to be found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from app.ui.texts import all_texts
from tests.browser.chromium import settle, visitor
from tests.browser.on_page import go, main_text, rows_of
from tests.browser.workbench_processes import Workbench, run_in

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

BRIEF = "비 온 뒤 숲처럼 차분하고 자연스러운 가을 향, 너무 달지 않게"
FORMULA = "가을 숲"
INGREDIENT, AMOUNT = 0, 2  # columns of the editor
ROW_PX, HEADER_PX = 35, 35
LIMIT_MS = 120_000
TRIES = 8
STORE_PERFUMES = """
from core.security.policy import LOCAL_ANALYST
from tests.ui.fragrance_pages import store_perfumes
store_perfumes()
"""


@pytest.fixture(scope="package")
def perfumer(browser: Browser) -> Iterator[Page]:
    """A visitor who composes in Korean."""
    with visitor(browser, locale="ko-KR") as page:
        yield page


@pytest.fixture(scope="package")
def perfumes(workbench: Workbench, first_words: dict[str, str]) -> None:
    """Three perfumes to be found."""
    run_in(workbench.home, STORE_PERFUMES)


@pytest.fixture(scope="package")
def composed(perfumer: Page, workbench: Workbench, perfumes: None) -> str:
    """What the page says of the brief and its alternatives."""
    go(perfumer, workbench, "fragrance_studio")
    perfumer.locator(".st-key-studio-words textarea").fill(BRIEF)
    perfumer.keyboard.press("Control+Enter")
    perfumer.locator(".st-key-studio-reading").get_by_text("계절").wait_for()
    settle(perfumer)
    perfumer.locator(".st-key-studio-compose button").first.click()
    perfumer.locator(".st-key-hero-alternative-1").wait_for(timeout=LIMIT_MS)
    settle(perfumer)
    return main_text(perfumer)


@pytest.fixture(scope="package")
def saved(perfumer: Page, composed: str) -> str:
    """What the page says once the first alternative was chosen, named and saved."""
    perfumer.locator(".st-key-studio-take-1 button").first.click()
    perfumer.locator(".st-key-studio-save").wait_for()
    settle(perfumer)
    save(perfumer, "studio-new", "첫 판", name=FORMULA)
    return main_text(perfumer)


def table(page: Page) -> Locator:
    """The editor of the formula."""
    return page.locator("[class*=st-key-studio-editor]")


def lines(page: Page) -> list[str]:
    """The words of each line, ingredient first."""
    return rows_of(table(page).locator("[data-testid=stDataFrame]"))


def type_amount(page: Page, name: str, amount: str) -> None:
    """Type into the cell of an ingredient, as a person with a keyboard does."""
    place = next(number for number, line in enumerate(lines(page)) if line.startswith(name))
    grid = table(page).locator(".dvn-scroller").first
    grid.scroll_into_view_if_needed()
    grid.click(position={"x": 30, "y": HEADER_PX + ROW_PX // 2})
    for _ in range(place):
        page.keyboard.press("ArrowDown")
    for _ in range(AMOUNT - INGREDIENT):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    cell = page.locator("#portal input").first
    cell.fill(amount)
    page.keyboard.press("Enter")
    cell.wait_for(state="detached")
    page.wait_for_timeout(500)  # the script starts a moment after the key
    settle(page)


def add(page: Page, name: str, language: str = "ko") -> None:
    """A line more, found by its name."""
    before = len(lines(page))
    field = page.locator("[class*=st-key-studio-add] input").first
    option = page.locator("[role=listbox]").get_by_text(name, exact=True).first
    for _ in range(TRIES):  # a list that opens while the page is drawn anew closes again
        field.fill("")
        field.fill(name)
        page.wait_for_timeout(1000)
        if option.is_visible():
            break
    page.keyboard.press("Enter")
    told = all_texts()["studio.line_count"][language].format(count=before + 1)
    page.locator(".st-key-studio-sum").get_by_text(told).wait_for()
    settle(page)


def press(page: Page, key: str) -> None:
    """The button of this key; those with a hint are drawn twice."""
    page.locator(f"[class*=st-key-{key}] button").first.click()
    page.wait_for_timeout(500)  # the script starts a moment after the click
    settle(page)


def save(page: Page, key: str, reason: str, *, name: str = "") -> None:
    """Fill in why, and what it is called where it is new, and press the button."""
    if name:
        page.locator("[class*=st-key-desk-name] input").fill(name)
    field = page.locator("[class*=st-key-desk-reason] input")
    field.fill(reason)
    field.press("Enter")
    page.wait_for_timeout(500)  # the script starts a moment after the key
    settle(page)
    press(page, key)
