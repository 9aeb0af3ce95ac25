"""Two people in two browsers: one invites, the other signs up, is given another role, and signs out from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.browser.accessibility import problems
from tests.browser.chromium import settle, visitor
from tests.browser.on_page import choose, go, rows_of, turn_to
from tests.browser.workbench_processes import Workbench, run_in, running_workbench

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PASSWORD, OWN = "네 개의 낱말 correct", "하루의 긴 비밀번호"
ADD = (
    "from core.accounts.accounts import create_account\n"
    "from core.security.policy import LOCAL_ANALYST, Role\n"
    f"create_account('minji', {PASSWORD!r}, display_name='김민지', role=Role.ADMIN, principal=LOCAL_ANALYST)"
)


@pytest.fixture(scope="module")
def guarded() -> Iterator[Workbench]:
    """A workbench with one administrator, closed to everybody else."""
    with running_workbench(sample_data=False, jobs=False, is_public=True, WORKBENCH_DISABLE_AUTH="0") as running:
        run_in(running.home, ADD)
        yield running


@pytest.fixture
def admin(browser: Browser, guarded: Workbench) -> Iterator[Page]:
    with visitor(browser) as page:
        sign_in(page, guarded, "minji", PASSWORD)
        yield page


@pytest.fixture
def guest(browser: Browser) -> Iterator[Page]:
    with visitor(browser) as page:
        yield page


def sign_in(page: Page, guarded: Workbench, name: str, password: str) -> None:
    page.goto(f"{guarded.url}/account?lang=en")
    page.locator("input[name=login]").fill(name)
    page.locator("input[name=secret]").fill(password)
    page.keyboard.press("Enter")
    page.locator(".who").wait_for(state="attached")
    settle(page)


def invite(page: Page, guarded: Workbench) -> str:
    """The link that is told once."""
    go(page, guarded, "accounts?lang=en")
    turn_to(page, "Invitations")
    page.get_by_role("button", name="Invite somebody").click()
    page.get_by_role("button", name="Make the invitation").click()
    told = page.locator(".st-key-told-invitation code")
    told.wait_for()
    return told.inner_text().strip()


def sign_up(page: Page, link: str) -> None:
    page.goto(link)
    page.locator("input[name=login_name]").fill("haru")
    page.locator("input[name=display_name]").fill("하루")
    page.locator("input[name=new_secret]").fill(OWN)
    page.locator("input[name=again]").fill(OWN)
    page.keyboard.press("Enter")
    page.locator(".who").wait_for(state="attached")


def opened(page: Page, words: str) -> None:
    """Open the one account that the words fit, by keyboard."""
    page.locator(".st-key-account-find input").fill(words)
    page.keyboard.press("Enter")
    page.locator(".st-key-account-count").filter(has_text=re.compile("1 of |중 1개")).wait_for()
    settle(page)
    page.locator("[data-testid=stDataFrame] canvas").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    page.locator(".st-key-hero-account").wait_for()
    settle(page)


def test_when_somebody_is_invited_then_they_sign_up_get_another_role_and_leave_from_elsewhere(
    admin: Page, guest: Page, browser: Browser, guarded: Workbench
) -> None:
    link = invite(admin, guarded)

    guest.goto("about:blank")
    before = guest.evaluate("history.length")
    sign_up(guest, link)
    settle(guest)
    token = link.partition("invitation=")[2]
    assert token not in guest.url
    assert guest.evaluate("history.length") <= before + 2  # the form and where it led; no address with the token
    assert not [one for one in guest.context.cookies() if token in one["value"]]
    assert "하루" in guest.locator(".who").inner_text()
    assert guest.get_by_role("link", name="Audit log").count() == 0

    go(admin, guarded, "accounts?lang=en")
    table = admin.get_by_test_id("stDataFrame").first
    assert [row for row in rows_of(table) if "하루 | haru | Analyst" in row]
    opened(admin, "haru")
    choose(admin, "account-role", "Administrator")
    admin.get_by_role("button", name="Change the role").click()
    admin.get_by_text("The role is changed.").wait_for()
    guest.reload()
    settle(guest)
    assert guest.get_by_role("link", name="Audit log").count() == 1

    with visitor(browser) as elsewhere:
        sign_in(elsewhere, guarded, "haru", OWN)
        elsewhere.get_by_role("button", name="Sign out everywhere else").click()
        elsewhere.get_by_text("1 other sign-ins have ended").wait_for()
        assert elsewhere.locator(".who").count() == 1
    guest.reload()
    settle(guest)
    guest.get_by_text("Your sign-in has ended").wait_for()
    assert guest.locator(".who").count() == 0


@pytest.mark.parametrize("language", ["ko", pytest.param("en", marks=pytest.mark.soak)])
def test_when_a_link_is_followed_or_an_account_open_then_it_breaks_no_rule_and_fits_a_phone(
    admin: Page, guest: Page, guarded: Workbench, language: str
) -> None:
    link = invite(admin, guarded)
    told = []
    guest.goto(f"{link}&lang={language}")
    guest.locator("input[name=login_name]").wait_for()
    settle(guest)
    told += problems(guest, "invited", language)
    guest.goto(f"{guarded.url}/?lang={language}&reset=x")
    guest.locator("form[action='/reset-password']").wait_for()
    settle(guest)
    told += problems(guest, "reset", language)
    go(admin, guarded, f"account?lang={language}")
    told += problems(admin, "account, signed in", language)
    go(admin, guarded, f"accounts?lang={language}")
    opened(admin, "minji")
    told += problems(admin, "accounts?account", language)
    go(admin, guarded, f"audit?lang={language}")
    admin.locator(".st-key-audit-verify button").click()
    admin.locator("[data-testid=stAlert]").wait_for()
    told += problems(admin, "audit", language)
    assert told == []
