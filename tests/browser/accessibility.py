"""Asking axe-core whether what is on the screen keeps the rules of WCAG, levels A and AA, and whether it fits."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from tests.browser.chromium import HEIGHT, WIDTH, settle

if TYPE_CHECKING:
    from playwright.sync_api import Page

LANGUAGES = ("ko", "en")
PHONE = (390, 844)  # [px]
WIDTHS = ("wide", "phone")
LEVELS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
# (rule, selector, reason): what Streamlit draws itself and neither setting nor style nor argument can mend.
EXCEPTIONS: tuple[tuple[str, str, str], ...] = ()
ASK = """
async ([levels, exceptions]) => {
  const asked = { runOnly: { type: "tag", values: levels }, resultTypes: ["violations"], elementRef: true };
  const found = await axe.run(document, asked);
  const excepted = (rule, node) =>
    exceptions.some(([known, selector]) => rule.id === known && node.element?.closest(selector));
  return found.violations.flatMap((rule) => rule.nodes
    .filter((node) => !excepted(rule, node))
    .map((node) => `${rule.id}: ${node.html.slice(0, 200)} (${rule.help}; ${node.any[0]?.message ?? ""})`));
}
"""
# The page itself must not scroll sideways, and no title reach beyond its chart.
DOES_NOT_FIT = """
() => [...document.querySelectorAll('html, [data-testid="stMain"], .gtitle')]
  .filter((one) => {
    const chart = one.closest("svg");
    if (!chart) return one.scrollWidth > window.innerWidth + 1;
    return one.getBoundingClientRect().right > chart.getBoundingClientRect().right + 1;
  })
  .map((one) => one.outerHTML.slice(0, 160))
"""


@cache
def _axe() -> str:
    return files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")


def violations(page: Page) -> list[str]:
    """What breaks a rule, each with the rule, the element and what to do about it."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_axe())
    told: list[str] = page.evaluate(ASK, [LEVELS, [list(one[:2]) for one in EXCEPTIONS]])
    return told


def problems(page: Page, place: str, language: str, asked: Collection[str] = WIDTHS) -> list[str]:
    """What breaks a rule at the widths asked for, or does not fit a phone; the window is wide again afterwards."""
    told = [f"{place or 'overview'} ({language}, wide) {one}" for one in (violations(page) if "wide" in asked else [])]
    resize(page, *PHONE)
    settle(page)
    for _ in range(50):  # charts and tables hear of their new width a moment later
        on_phone = [f"does not fit: {one}" for one in page.evaluate(DOES_NOT_FIT)]
        if not on_phone:
            break
        page.wait_for_timeout(100)
    if "phone" in asked:
        on_phone += violations(page)
    resize(page)
    return told + [f"{place or 'overview'} ({language}, phone) {one}" for one in on_phone]


def resize(page: Page, width: int = WIDTH, height: int = HEIGHT) -> None:
    page.set_viewport_size({"width": width, "height": height})
