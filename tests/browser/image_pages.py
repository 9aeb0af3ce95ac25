"""What a visitor does on the pages of image domains and matching."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tests.browser.chromium import settle

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

LIMIT_MS = 240_000


def job_through(page: Page, button: str, job: str) -> str:
    """Press, see the job and its progress, and wait for its end; the words on its card."""
    page.get_by_role("button", name=button).click()
    card = page.locator("[class*=st-key-live-]").filter(has_text=job)
    card.wait_for()
    card.locator("[data-testid=stProgress]").first.wait_for(timeout=LIMIT_MS)
    words = card.inner_text()
    card.wait_for(state="detached", timeout=LIMIT_MS)
    settle(page)
    return words


def card_of(page: Page, file: Path) -> Locator:
    """The card of one picture on the matching page."""
    cards = page.locator("[class*=st-key-hero-match-], [class*=st-key-match-], [class*=st-key-problem-]")
    return cards.filter(has_text=file.name)


def cards_of(page: Page, files: Sequence[Path]) -> dict[str, str]:
    """File name -> the words on its card."""
    return {file.name: card_of(page, file).inner_text() for file in files}


def remark(page: Page, file: Path, button: str, class_name: str) -> str:
    """Say on a card what the picture is, with a name that no class has yet; what the card says then."""
    card = card_of(page, file)
    card.get_by_role("button", name=button).click()
    popover = page.locator("[data-testid=stPopoverBody]")
    name = popover.locator("input")
    name.fill(class_name)
    page.get_by_role("option", name=class_name).wait_for()
    name.press("Enter")
    # While the choice is on its way, the popover is drawn twice: enabled only where it has arrived.
    popover.get_by_role("button", name="Leave the remark", disabled=False).click()
    card.get_by_role("button", name="Undo").wait_for()
    settle(page)
    return card.inner_text()
