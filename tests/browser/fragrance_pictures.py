"""Pictures of the pages of fragrance: a brief, its alternatives, an edit over a limit, the batch, search, materials."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from app.ui.texts import all_texts
from tests.browser.chromium import settle
from tests.browser.fragrance_steps import LIMIT_MS, STORE_PERFUMES, add, press, type_amount
from tests.browser.on_page import go, turn_to
from tests.browser.workbench_processes import Workbench, run_in

if TYPE_CHECKING:
    from playwright.sync_api import Page

LANGUAGES = ("ko", "en")
BRIEFS = {
    "ko": "차분하고 자연스러운 가을 시더 향, 너무 달지 않게",
    "en": "A calm, natural cedar for autumn, not too sweet",
}
QUERIES = {"ko": "바닐라 빼고 차분한 가을 시더", "en": "calm cedar for autumn without vanilla"}
ADDED = {"ko": "시트랄", "en": "citral"}
Take = Callable[["Page", Path], None]


def take(page: Page, workbench: Workbench, folder: Path, whole: Take) -> None:
    """One picture for each step and language."""
    run_in(workbench.home, STORE_PERFUMES)
    for language in LANGUAGES:
        _studio(page, workbench, language, folder, whole)
        go(page, workbench, f"fragrance_search?lang={language}")
        field = page.locator(".st-key-perfume-query input")
        field.fill(QUERIES[language])
        field.press("Enter")
        page.locator("[class*=st-key-found-]").first.wait_for(timeout=LIMIT_MS)
        settle(page)
        whole(page, folder / f"fragrance_search_{language}.png")
        go(page, workbench, f"fragrance_catalogue?lang={language}&material=bergamot-oil")
        page.locator(".st-key-hero-material").wait_for()
        whole(page, folder / f"fragrance_catalogue_{language}.png")
        turn_to(page, all_texts()["catalogue_tab.limits"][language])
        page.locator(".st-key-hero-limits").wait_for()
        whole(page, folder / f"fragrance_catalogue_limits_{language}.png")


def _studio(page: Page, workbench: Workbench, language: str, folder: Path, whole: Take) -> None:
    go(page, workbench, f"fragrance_studio?lang={language}")
    words = page.locator(".st-key-studio-words textarea")
    words.fill(BRIEFS[language])
    words.press("Control+Enter")
    page.wait_for_timeout(1000)  # the script starts a moment after the key
    settle(page)
    press(page, "studio-compose")
    page.locator(".st-key-hero-alternative-1").wait_for(timeout=LIMIT_MS)
    settle(page)
    whole(page, folder / f"fragrance_studio_brief_{language}.png")
    press(page, "studio-take-1")
    page.locator(".st-key-studio-save").wait_for()
    settle(page)
    add(page, ADDED[language], language)
    type_amount(page, ADDED[language], "20")
    whole(page, folder / f"fragrance_studio_formula_{language}.png")
    type_amount(page, ADDED[language], "0.5")
    press(page, "studio-fill-")
    turn_to(page, all_texts()["studio_tab.batch"][language])
    page.locator(".st-key-studio-files").wait_for()
    whole(page, folder / f"fragrance_studio_batch_{language}.png")
