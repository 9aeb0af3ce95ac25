"""Signing in and out in a real browser, where nobody gets in without."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.browser.accessibility import LANGUAGES, problems
from tests.browser.chromium import settle, visitor
from tests.browser.workbench_processes import Workbench, run_in, running_workbench

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

NAME, PASSWORD = "minji", "네 개의 낱말 correct"
ADD = (
    "from core.accounts.accounts import create_account\n"
    "from core.security.policy import LOCAL_ANALYST\n"
    f"create_account({NAME!r}, {PASSWORD!r}, display_name='김민지', principal=LOCAL_ANALYST)"
)


@pytest.fixture(scope="module")
def guarded() -> Iterator[Workbench]:
    """A workbench with one account, closed to everybody else."""
    with running_workbench(sample_data=False, jobs=False, WORKBENCH_DISABLE_AUTH="0") as running:
        run_in(running.home, ADD)
        yield running


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with visitor(browser) as page:
        yield page


def sign_in(page: Page, password: str) -> None:
    """By keyboard alone, once the name is reached."""
    page.locator("input[name=login]").focus()
    page.keyboard.insert_text(NAME)
    page.keyboard.press("Tab")
    page.keyboard.insert_text(password)
    page.keyboard.press("Enter")


def test_when_somebody_signs_in_then_a_reload_keeps_it_until_they_sign_out(page: Page, guarded: Workbench) -> None:
    page.goto(f"{guarded.url}/runs?lang=ko")
    settle(page)
    assert page.locator("[data-testid=stSidebarNav]").count() == 0

    sign_in(page, "wrong")
    page.wait_for_url("**problem=**")
    page.get_by_text("올바르지 않습니다").wait_for()

    sign_in(page, PASSWORD)
    page.locator(".who").wait_for()
    settle(page)
    assert page.url == f"{guarded.url}/runs?lang=ko"  # where they wanted to go
    assert page.locator("h1").inner_text() == "실행 기록"

    page.reload()
    settle(page)
    assert "김민지" in page.locator(".who").inner_text()
    assert "workbench_" not in page.evaluate("document.cookie")
    assert [one["httpOnly"] for one in page.context.cookies() if one["name"].startswith("workbench_")] == [True]

    page.locator(".who button").click()
    page.locator("input[name=login]").wait_for()
    page.goto(f"{guarded.url}/runs")
    settle(page)
    assert page.locator("input[name=login]").count() == 1
    assert page.locator("h1").count() == 0


def test_when_another_site_posts_the_form_then_nobody_is_signed_in(page: Page, guarded: Workbench) -> None:
    form = (
        f'<form method="post" action="{guarded.url}/sign-in">'
        f'<input name="login" value="{NAME}"><input name="secret" value="{PASSWORD}"></form>'
    )
    page.set_content(form)
    page.evaluate("document.querySelector('form').submit()")
    page.get_by_text("Signing in and out works from the pages").wait_for()

    assert [one for one in page.context.cookies() if one["name"].startswith("workbench_")] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_when_signing_in_is_asked_for_then_the_form_breaks_no_rule_and_fits_a_phone(
    page: Page, guarded: Workbench, language: str
) -> None:
    page.goto(f"{guarded.url}/?lang={language}")
    page.locator("input[name=login]").wait_for()
    settle(page)
    assert problems(page, "sign-in", language) == []
