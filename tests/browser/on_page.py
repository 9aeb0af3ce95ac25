"""What the journeys do and read on a page, in a visitor's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.browser.chromium import settle
from tests.browser.workbench_processes import Workbench

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page


def go(page: Page, workbench: Workbench, path: str) -> None:
    """Open a page as a new visit does."""
    page.goto(f"{workbench.url}/{path}")
    settle(page)


def turn_to(page: Page, name: str) -> None:
    """Open a tab."""
    page.get_by_role("tab", name=name, exact=True).click()
    page.get_by_role("tab", name=name, exact=True, selected=True).wait_for()
    settle(page)


def field(page: Page, label: str) -> Locator:
    """The input whose label starts so; units follow it."""
    return page.locator(f'input[aria-label^="{label}"]')


def main_text(page: Page) -> str:
    """All words of the page beside the sidebar."""
    return page.locator("[data-testid=stMain]").inner_text()


def metrics(page: Page, within: str) -> dict[str, str]:
    """Label to value of the tiles inside a card."""
    tiles = page.locator(f"{within} [data-testid=stMetric]")
    labels = tiles.locator("[data-testid=stMetricLabel]").all_inner_texts()
    values = tiles.locator("[data-testid=stMetricValue]").all_inner_texts()
    return {label.strip(): value.strip() for label, value in zip(labels, values, strict=True)}


def choose(page: Page, key: str, option: str) -> None:
    """Press one option of a row of buttons."""
    page.locator(f".st-key-{key}").get_by_text(option, exact=True).click()
    settle(page)


def rows_of(table: Locator) -> list[str]:
    """The words of each row of a table that is drawn on a canvas: what a screen reader is given."""
    rows = table.locator("canvas tbody tr")
    rows.first.wait_for(state="attached")
    told = rows.evaluate_all("all => all.map(row => [...row.cells].map(cell => cell.textContent))")
    return [" | ".join(cells) for cells in told]
