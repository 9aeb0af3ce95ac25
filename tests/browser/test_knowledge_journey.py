"""From a file to a cited answer, its marked passage, and a correction that the evaluation will ask, in a browser.

The steps build on one another through module fixtures; each test states what the visitor must see at its step.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.ui.texts import all_texts
from tests.browser.chromium import HEIGHT, WIDTH, settle
from tests.browser.on_page import go, main_text, rows_of, turn_to
from tests.browser.workbench_processes import Workbench, running_workbench
from tests.conftest import SESSION_HOME, SHARED_DATASETS

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

DOCUMENT = "korean-text-with-tables.pdf"
STAND_IN = "# 포인트 안내\n\n주유는 LPG충전소를 포함합니다.\n\n빅포인트의 유효기간은 5년이며 자동으로 소멸합니다.\n"
QUESTION, ABSENT = "빅포인트의 유효기간은 몇 년입니까?", "화성의 위성은 몇 개입니까?"
CORRECTION = "빅포인트의 유효기간은 5년"
LIMIT_MS = 120_000


@pytest.fixture(scope="module")
def own_workbench() -> Iterator[Workbench]:
    with running_workbench(sample_data=False) as running:
        shared = SESSION_HOME / "data" / "cache" / "encoders"  # what the encoder compiled for other tests
        shared.mkdir(parents=True, exist_ok=True)
        (running.home / "data" / "cache").mkdir(parents=True, exist_ok=True)
        if not (running.home / "data" / "cache" / "encoders").exists():
            (running.home / "data" / "cache" / "encoders").symlink_to(shared)
        yield running


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, locale="ko-KR")
    page = context.new_page()
    page.set_default_timeout(30_000)
    yield page
    context.close()


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Korean file with tables, or where it is absent a small text that says the same."""
    found = SHARED_DATASETS / "documents" / DOCUMENT
    if found.is_file():
        return found
    made = tmp_path_factory.mktemp("documents") / "포인트.md"
    made.write_text(STAND_IN, "utf-8")
    return made


@pytest.fixture(scope="module")
def brought_in(page: Page, own_workbench: Workbench, document: Path) -> tuple[str, str]:
    """The words of the plan, and of the ingestion that carried it out."""
    go(page, own_workbench, "knowledge")
    page.locator(".st-key-collection-new input").fill("포인트")
    page.locator(".st-key-collection-create button").click()
    page.locator(".st-key-hero-collection").wait_for()
    settle(page)
    turn_to(page, all_texts()["collection_tab.bring_in"]["ko"])
    page.locator("input[type=file]").first.set_input_files(str(document))
    page.locator(".st-key-bring-plan button:enabled").click()
    page.locator(".st-key-plan-apply button:enabled").click(trial=True)
    settle(page)
    planned = main_text(page)
    page.locator(".st-key-plan-apply button:enabled").click()
    page.locator(".st-key-hero-ingestion [data-testid=stMetric]").first.wait_for(timeout=LIMIT_MS)
    settle(page)
    return planned, main_text(page)


@pytest.fixture(scope="module")
def answered(page: Page, own_workbench: Workbench, brought_in: tuple[str, str]) -> str:
    """What the chat says to a question that the document answers."""
    go(page, own_workbench, "chat")
    return ask(page, QUESTION)


@pytest.fixture(scope="module")
def opened(page: Page, answered: str) -> tuple[list[str], str]:
    """The words that are marked in the passage, and everything that stands in the dialog."""
    page.locator("[class*=st-key-chat-cite-] button").first.click()
    dialog = page.locator("[data-testid=stDialog]")
    dialog.locator(".chat-passage").wait_for()
    told = dialog.locator("mark").all_inner_texts(), dialog.inner_text()
    page.keyboard.press("Escape")
    dialog.wait_for(state="detached")
    return told


@pytest.fixture(scope="module")
def corrected(page: Page, opened: tuple[list[str], str]) -> str:
    """What stands under the answer after a thumb that points down, a correction and a reload."""
    page.locator("[class*=st-key-chat-thumb-] button").last.click()
    field = page.locator("[class*=st-key-chat-correction-] textarea")
    field.fill(CORRECTION)
    field.press("Tab")
    page.get_by_role("button", name=all_texts()["chat.make_case"]["ko"]).click()
    kept = all_texts()["chat.is_case"]["ko"]
    page.get_by_text(kept).wait_for()
    page.reload()
    settle(page)
    page.get_by_text(kept).wait_for()
    return page.locator("[data-testid=stMainBlockContainer]").inner_text()


@pytest.fixture(scope="module")
def refused(page: Page, corrected: str) -> str:
    """What the chat says to a question that no document answers."""
    return ask(page, ABSENT)


@pytest.fixture(scope="module")
def cases(page: Page, own_workbench: Workbench, refused: str) -> list[str]:
    """The rows of the cases on the page of the evaluation."""
    go(page, own_workbench, "evaluation")
    turn_to(page, all_texts()["evaluation.cases"]["ko"])
    return rows_of(page.locator("[data-testid=stDataFrame]:visible").first)


def ask(page: Page, question: str) -> str:
    """Type, press Enter, and wait for the answer; the words of the answer."""
    before = page.locator("[class*=st-key-chat-remark-]").count()
    field = page.locator("[data-testid=stChatInput] textarea")
    field.fill(question)
    field.press("Enter")
    page.locator("[class*=st-key-chat-remark-]").nth(before).wait_for(timeout=LIMIT_MS)
    settle(page)
    return page.locator("[data-testid=stChatMessage]").last.inner_text()


def test_when_a_file_is_brought_then_a_plan_is_shown_and_carried_out(
    brought_in: tuple[str, str], document: Path
) -> None:
    planned, done = brought_in
    assert document.name in planned
    assert document.name in done


def test_when_the_document_holds_the_answer_then_it_is_quoted_with_the_probability_and_its_bar(answered: str) -> None:
    assert "5년" in answered
    assert "인용" in answered
    assert "확률" in answered
    assert "기준" in answered


def test_when_a_citation_is_pressed_then_the_passage_opens_with_the_words_marked(
    opened: tuple[list[str], str], document: Path
) -> None:
    marked, words = opened
    assert any("유효기간" in word for word in marked)
    assert "5년" in words
    if document.suffix == ".pdf":
        assert "쪽" in words


def test_when_a_thumb_points_down_with_a_correction_then_a_reload_shows_it(corrected: str) -> None:
    assert QUESTION in corrected
    assert "도움이 되지 않았다고" in corrected


def test_when_no_document_holds_the_answer_then_the_chat_says_so(refused: str) -> None:
    assert "문서에 없음" in refused
    assert "인용" not in refused


def test_when_a_correction_was_made_a_case_then_the_evaluation_shows_it(cases: list[str]) -> None:
    assert len(cases) == 1
    assert QUESTION in cases[0]
