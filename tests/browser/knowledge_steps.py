"""The first steps of the journey with documents: a file is brought in and answers a question."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.ui.texts import all_texts
from tests.browser.chromium import settle, visitor
from tests.browser.on_page import go, main_text, turn_to
from tests.browser.workbench_processes import Workbench
from tests.conftest import SHARED_DATASETS

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

DOCUMENT = "korean-text-with-tables.pdf"
STAND_IN = "# 포인트 안내\n\n주유는 LPG충전소를 포함합니다.\n\n빅포인트의 유효기간은 5년이며 자동으로 소멸합니다.\n"
QUESTION = "빅포인트의 유효기간은 몇 년입니까?"
LIMIT_MS = 120_000


@pytest.fixture(scope="package")
def reader(browser: Browser) -> Iterator[Page]:
    """A visitor who asks documents in Korean."""
    with visitor(browser, locale="ko-KR") as page:
        yield page


@pytest.fixture(scope="package")
def document(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Korean file with tables, or where it is absent a small text that says the same."""
    found = SHARED_DATASETS / "documents" / DOCUMENT
    if found.is_file():
        return found
    made = tmp_path_factory.mktemp("documents") / "포인트.md"
    made.write_text(STAND_IN, "utf-8")
    return made


@pytest.fixture(scope="package")
def brought_in(reader: Page, workbench: Workbench, first_words: dict[str, str], document: Path) -> tuple[str, str]:
    """The words of the plan, and of the ingestion that carried it out."""
    go(reader, workbench, "knowledge")
    reader.locator(".st-key-collection-new input").fill("포인트")
    reader.locator(".st-key-collection-create button").click()
    reader.locator(".st-key-hero-collection").wait_for()
    settle(reader)
    turn_to(reader, all_texts()["collection_tab.bring_in"]["ko"])
    reader.locator("input[type=file]").first.set_input_files(str(document))
    reader.locator(".st-key-bring-plan button:enabled").click()
    reader.locator(".st-key-plan-apply button:enabled").click(trial=True)
    settle(reader)
    planned = main_text(reader)
    reader.locator(".st-key-plan-apply button:enabled").click()
    reader.locator(".st-key-hero-ingestion [data-testid=stMetric]").first.wait_for(timeout=LIMIT_MS)
    settle(reader)
    return planned, main_text(reader)


@pytest.fixture(scope="package")
def answered(reader: Page, workbench: Workbench, brought_in: tuple[str, str]) -> str:
    """What the chat says to a question that the document answers."""
    go(reader, workbench, "chat")
    return ask(reader, QUESTION)


def ask(page: Page, question: str) -> str:
    """Type, press Enter, and wait for the answer; the words of the answer."""
    before = page.locator("[class*=st-key-chat-remark-]").count()
    field = page.locator("[data-testid=stChatInput] textarea")
    field.fill(question)
    field.press("Enter")
    page.locator("[class*=st-key-chat-remark-]").nth(before).wait_for(timeout=LIMIT_MS)
    settle(page)
    return page.locator("[data-testid=stChatMessage]").last.inner_text()
