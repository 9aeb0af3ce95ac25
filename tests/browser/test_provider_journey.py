"""Signing in at an identity provider in a real browser: one login, ours, which ends here and there."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.browser.accessibility import problems
from tests.browser.chromium import settle, visitor
from tests.browser.openid_provider import CLIENT, SECRET, Provider, new_key, running_provider
from tests.browser.workbench_processes import Workbench, run_in, running_workbench

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PERSON = {"sub": "248289761001", "email": "haru@example.org", "email_verified": True, "name": "하루"}
MADE = (
    "from core.accounts.accounts import create_account\n"
    "from core.accounts.changing import change_email\n"
    "from core.security.policy import LOCAL_ANALYST, Role\n"
    "made = create_account('haru', '네 개의 낱말 correct', display_name='하루', role=Role.RESEARCHER, "
    "principal=LOCAL_ANALYST)\n"
    "change_email(made.id, 'haru@example.org', principal=LOCAL_ANALYST)\n"
)
END_ALL = (
    "from core.accounts.accounts import find_account\n"
    "from core.accounts.sessions import end_all_sessions\n"
    "from core.security.policy import LOCAL_ANALYST\n"
    "end_all_sessions(find_account('haru', principal=LOCAL_ANALYST).id, principal=LOCAL_ANALYST)\n"
)


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with running_provider() as running:
        yield running


@pytest.fixture(scope="module")
def guarded(provider: Provider) -> Iterator[Workbench]:
    """A workbench that knows the provider, and one account whose address an administrator vouched for."""
    with running_workbench(
        sample_data=False,
        jobs=False,
        is_public=True,
        WORKBENCH_DISABLE_AUTH="0",
        WORKBENCH_OIDC_METADATA_URL=f"{provider.url}/.well-known/openid-configuration",
        WORKBENCH_OIDC_CLIENT_ID=CLIENT,
        WORKBENCH_OIDC_CLIENT_SECRET=SECRET,
        WORKBENCH_OIDC_NAME="Example ID",
    ) as running:
        run_in(running.home, MADE)
        yield running


@pytest.fixture
def page(browser: Browser, provider: Provider) -> Iterator[Page]:
    provider.person, provider.signs_with = dict(PERSON), None
    provider.ended.clear()
    with visitor(browser) as page:
        yield page


def go_through_provider(page: Page, guarded: Workbench, answer: str = "yes") -> None:
    page.goto(f"{guarded.url}/?lang=en")
    settle(page)
    page.get_by_role("button", name="Sign in with Example ID").click()
    page.locator(f"#{answer}").click()
    page.wait_for_url(f"{guarded.url}/**")


def sessions(guarded: Workbench) -> int:
    with sqlite3.connect(guarded.home / "data" / "workbench.db") as connection:
        count: int = connection.execute("SELECT count(*) FROM sessions WHERE ended_at IS NULL").fetchone()[0]
    return count


def test_when_the_provider_vouches_for_somebody_then_they_are_signed_in_here_until_they_sign_out_of_both(
    page: Page, guarded: Workbench, provider: Provider
) -> None:
    before = sessions(guarded)
    go_through_provider(page, guarded)
    page.locator(".who").wait_for()
    settle(page)

    assert "하루" in page.locator(".who").inner_text()
    assert sessions(guarded) == before + 1
    assert page.evaluate("document.cookie").count("workbench_") == 0

    page.locator(".who button").click()
    page.locator("input[name=login]").first.wait_for()
    assert [one["client_id"] for one in provider.ended] == [CLIENT]
    assert "id_token_hint" in provider.ended[0]
    assert sessions(guarded) == before
    left = {one["name"] for one in page.context.cookies() if one["value"]}
    assert not {name for name in left if name.startswith(("workbench_", "_streamlit_user"))}


@pytest.mark.soak
def test_when_the_session_is_ended_elsewhere_then_what_the_provider_said_earlier_opens_nothing(
    page: Page, guarded: Workbench
) -> None:
    go_through_provider(page, guarded)
    page.locator(".who").wait_for()
    run_in(guarded.home, END_ALL)

    page.goto(f"{guarded.url}/account?lang=en")
    settle(page)

    assert page.locator(".who").count() == 0
    page.get_by_text("Your sign-in has ended").wait_for()


@pytest.mark.parametrize(
    ("claims", "answer", "words"),
    [
        ({"sub": "stranger", "email": "stranger@example.org"}, "yes", "account"),
        pytest.param({"sub": "other", "email_verified": False}, "yes", "account", marks=pytest.mark.soak),
        pytest.param({}, "no", "did not work", marks=pytest.mark.soak),
    ],
    ids=["unknown", "unverified", "refused"],
)
def test_when_nobody_here_is_meant_then_one_sentence_says_so_and_nobody_is_signed_in(
    page: Page, guarded: Workbench, provider: Provider, claims: dict[str, object], answer: str, words: str
) -> None:
    provider.person |= claims
    before = sessions(guarded)

    go_through_provider(page, guarded, answer)
    page.locator("[data-testid=stAlert]").wait_for()

    assert words in page.locator("[data-testid=stAlert]").inner_text()
    assert sessions(guarded) == before
    assert page.locator(".who").count() == 0
    assert not [one for one in page.context.cookies() if one["name"].startswith("_streamlit_user") and one["value"]]


def test_when_a_token_is_signed_with_a_key_that_is_not_the_providers_then_nobody_is_signed_in(
    page: Page, guarded: Workbench, provider: Provider
) -> None:
    provider.signs_with = new_key()

    go_through_provider(page, guarded)

    page.get_by_text("did not work").wait_for()
    assert page.locator(".who").count() == 0


def test_when_a_provider_is_offered_then_the_form_breaks_no_rule_and_fits_a_phone(
    page: Page, guarded: Workbench
) -> None:
    page.goto(f"{guarded.url}/?lang=ko")
    page.locator("input[name=login]").first.wait_for()
    settle(page)
    for summary in page.locator("summary").all():
        summary.click()
    assert problems(page, "sign-in with provider", "ko") == []
