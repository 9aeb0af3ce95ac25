"""From a file to a cited answer, its marked passage, and a correction that the evaluation will ask, in a browser.

The steps build on one another through fixtures, the first ones in knowledge_steps;
each test states what the visitor must see at its step.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.ui.texts import all_texts
from tests.browser.chromium import settle
from tests.browser.knowledge_steps import QUESTION, ask
from tests.browser.on_page import go, rows_of, turn_to
from tests.browser.workbench_processes import Workbench

if TYPE_CHECKING:
    from playwright.sync_api import Page

ABSENT = "화성의 위성은 몇 개입니까?"
CORRECTION = "빅포인트의 유효기간은 5년"


@pytest.fixture(scope="module")
def opened(reader: Page, answered: str) -> tuple[list[str], str]:
    """The words that are marked in the passage, and everything that stands in the dialog."""
    reader.locator("[class*=st-key-chat-cite-] button").first.click()
    dialog = reader.locator("[data-testid=stDialog]")
    dialog.locator(".chat-passage").wait_for()
    told = dialog.locator("mark").all_inner_texts(), dialog.inner_text()
    reader.keyboard.press("Escape")
    dialog.wait_for(state="detached")
    return told


@pytest.fixture(scope="module")
def corrected(reader: Page, opened: tuple[list[str], str]) -> str:
    """What stands under the answer after a thumb that points down, a correction and a reload."""
    reader.locator("[class*=st-key-chat-thumb-] button").last.click()
    field = reader.locator("[class*=st-key-chat-correction-] textarea")
    field.fill(CORRECTION)
    field.press("Tab")
    reader.get_by_role("button", name=all_texts()["chat.make_case"]["ko"]).click()
    kept = all_texts()["chat.is_case"]["ko"]
    reader.get_by_text(kept).wait_for()
    reader.reload()
    settle(reader)
    reader.get_by_text(kept).wait_for()
    return reader.locator("[data-testid=stMainBlockContainer]").inner_text()


@pytest.fixture(scope="module")
def refused(reader: Page, corrected: str) -> str:
    """What the chat says to a question that no document answers."""
    return ask(reader, ABSENT)


@pytest.fixture(scope="module")
def cases(reader: Page, workbench: Workbench, refused: str) -> list[str]:
    """The rows of the cases on the page of the evaluation."""
    go(reader, workbench, "evaluation")
    turn_to(reader, all_texts()["evaluation.cases"]["ko"])
    return rows_of(reader.locator("[data-testid=stDataFrame]:visible").first)


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
