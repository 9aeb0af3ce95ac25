"""Without a mouse: every page's main action is reached with Tab from the top, is seen to be reached, and works."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.browser.chromium import PATIENCE_MS, settle, visitor
from tests.browser.main_actions import MAIN
from tests.browser.on_page import go
from tests.browser.workbench_processes import Workbench

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

MOST_STOPS, LIMIT_MS = 80, 120_000
# An outline or a glow on what has the focus or on the box around it; [where it is, whether it is seen].
FOCUSED = """
(selector) => {
  const here = document.activeElement;
  const marked = (one) => {
    const style = one && getComputedStyle(one);
    return style && (style.boxShadow !== "none" || (style.outlineStyle !== "none" && style.outlineWidth !== "0px"));
  };
  const box = here.closest('[data-testid="stChatInput"]');
  const isSeen = marked(here) || marked(here.parentElement) || marked(here.parentElement?.parentElement) || !!box;
  window.stops = window.stops ?? new Map();
  if (!window.stops.has(here)) window.stops.set(here, window.stops.size);
  return [window.stops.get(here), here.matches(selector), isSeen, here.outerHTML.slice(0, 160)];
}
"""


@pytest.fixture(scope="module")
def window(browser: Browser) -> Iterator[BrowserContext]:
    """A browser that has been here before: it keeps what every page loads."""
    with visitor(browser) as first:
        yield first.context


@pytest.fixture
def page(window: BrowserContext) -> Iterator[Page]:
    page = window.new_page()
    page.set_default_timeout(PATIENCE_MS)
    yield page
    page.close()


def tab_to(page: Page, selector: str) -> None:
    """Press Tab from the top until `selector` has the focus; every stop on the way is another one and is seen."""
    before = -1
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        stop, is_there, is_seen, html = page.evaluate(FOCUSED, selector)
        assert stop != before, f"the focus is caught at {html}"
        assert is_seen, f"the focus is not seen at {html}"
        before = stop
        if is_there:
            return
    raise AssertionError(f"{selector} is not reached within {MOST_STOPS} stops; the last one was {html}")


@pytest.mark.parametrize("name", MAIN)
def test_when_only_the_keyboard_is_used_then_the_main_action_of_a_page_is_reached_and_works(
    page: Page,
    workbench: Workbench,
    published: str,
    explained: str,
    built: object,
    answered: str,
    perfumes: None,
    name: str,
) -> None:
    action = MAIN[name]
    go(page, workbench, f"{name}?lang=en")
    if not action.done:
        with page.expect_file_chooser(timeout=LIMIT_MS):  # listened for from the start: later, the first may be missed
            tab_to(page, action.selector)
            page.keyboard.press("Enter")
        return
    tab_to(page, action.selector)
    page.keyboard.insert_text(action.typed)
    for key in action.keys:
        page.keyboard.press(key)
    page.locator(action.done).first.wait_for()


def test_when_only_the_keyboard_is_used_then_the_language_changes(page: Page, workbench: Workbench) -> None:
    go(page, workbench, "runs?lang=en")
    tab_to(page, ".st-key-sidebar-foot [role=radio], .st-key-sidebar-foot button")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="실행 기록").wait_for()
    settle(page)
    assert page.evaluate("document.documentElement.lang") == "ko"
