"""Finding and starting a Chromium that behaves in a container and keeps to itself."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)
WIDTH, HEIGHT = 1440, 900  # [px]
PATIENCE_MS = 90_000  # two workbenches start on two processors, and everything is read for the first time


class NoBrowser(Exception):
    """No Chromium was found; the message says where it was looked for."""


def executable() -> str:
    """Debian's Chromium, else the one Playwright brought. Raises NoBrowser."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found:
        return found
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        raise NoBrowser("playwright is not installed") from error
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    if Path(own).exists():
        return own
    raise NoBrowser("neither Debian's chromium nor Playwright's own is installed")


@contextmanager
def running_browser() -> Iterator[Browser]:
    """A browser until the block is left."""
    path = executable()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield browser
        browser.close()


@contextmanager
def visitor(browser: Browser, *, locale: str = "en-US") -> Iterator[Page]:
    """The tab of a new visitor, until the block is left. locale: what their browser says they speak."""
    context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, locale=locale, accept_downloads=True)
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    yield page
    context.close()


def settle(page: Page) -> None:
    """Wait until the script has run, nothing is stale and no placeholder is left."""
    page.wait_for_selector("[data-testid=stMainBlockContainer] h1, [class*=st-key-empty-]", timeout=PATIENCE_MS)
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]", timeout=PATIENCE_MS)
    page.wait_for_function("!document.querySelector('[data-testid=stSkeleton]')", timeout=PATIENCE_MS)
