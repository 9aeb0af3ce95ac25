"""What the screenshots show of documents, chat, evaluation, signing in and one's own account."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from app.ui.texts import all_texts
from core.knowledge.sample_collection import SAMPLE_COLLECTION
from tests.browser.chromium import settle
from tests.browser.on_page import go, turn_to
from tests.browser.workbench_processes import Workbench, run_in, running_workbench

if TYPE_CHECKING:
    from playwright.sync_api import Page

Picture = Callable[["Page", Path], None]

NAME, PASSWORD = "analyst", "four words make one"
ADD_ACCOUNT = (
    "from core.accounts.accounts import create_account\n"
    "from core.security.policy import LOCAL_ANALYST\n"
    f"create_account({NAME!r}, {PASSWORD!r}, display_name='Analyst', principal=LOCAL_ANALYST)"
)
BRING_SAMPLES = """
from core.embeddings.text_models import text_model
from core.knowledge.retrieval.index import bring_up_to_date
from core.knowledge.sample_collection import SAMPLES
from core.knowledge.shipped_collections import bring_in
from core.security.policy import LOCAL_ANALYST
bring_in(SAMPLES, load_encoder=text_model, principal=LOCAL_ANALYST)
bring_up_to_date(encoder_id=text_model().id)
"""
EVALUATE = """
from core.cli import app
app(["notebook", "run", "knowledge_evaluate", "-p", "which=samples"])
"""
SECOND_PASSAGE = """
SELECT documents.id, passages.id FROM documents
JOIN passages ON passages.version_id = documents.version_id AND passages.number = 1
WHERE documents.language = ? AND documents.source_key LIKE 'guide/%/customer_clusters.md'
"""
QUESTIONS = {
    "ko": ("군집은 언제 공개되나요?", "화성의 위성은 몇 개입니까?"),
    "en": ("When are clusters published?", "How many moons does Mars have?"),
}
NOTES = {
    "ko": ("포인트 안내.md", "# 포인트 안내\n\n빅포인트의 유효기간은 5년이며 자동으로 소멸합니다.\n"),
    "en": ("points.md", "# Points\n\nPoints are valid for five years and lapse by themselves.\n"),
}
LIMIT_MS = 180_000


def prepare(workbench: Workbench) -> None:
    """The guide and the samples are there, and were evaluated once."""
    run_in(workbench.home, BRING_SAMPLES)
    run_in(workbench.home, EVALUATE)


def take(page: Page, workbench: Workbench, language: str, folder: Path, picture: Picture) -> None:
    """Every place of the documents, two answers, and each tab of the evaluation."""
    _picture_chat(page, workbench, language, folder, picture)  # first: a passage tells which questions found it
    _picture_documents(page, workbench, language, folder, picture)
    go(page, workbench, f"evaluation?lang={language}")
    for name in ("results", "cases", "run"):
        turn_to(page, all_texts()[f"evaluation.{name}"][language])
        picture(page, folder / f"evaluation_{name}_{language}.png")


def take_signed_in(page: Page, language: str, folder: Path, picture: Picture) -> None:
    """The gate of a closed workbench, and the account of who passed it. The page's visitor is signed in afterwards."""
    with running_workbench(sample_data=False, jobs=False, WORKBENCH_DISABLE_AUTH="0") as closed:
        run_in(closed.home, ADD_ACCOUNT)
        go(page, closed, f"account?lang={language}")
        picture(page, folder / f"sign_in_{language}.png")
        page.locator("input[name=login]").fill(NAME)
        page.locator("input[name=secret]").fill(PASSWORD)
        page.locator("input[name=secret]").press("Enter")
        page.locator(".who").wait_for()
        settle(page)
        picture(page, folder / f"account_{language}.png")


def _picture_documents(page: Page, workbench: Workbench, language: str, folder: Path, picture: Picture) -> None:
    """The list of collections, one of them, a plan, a document and a passage of it."""
    go(page, workbench, f"knowledge?lang={language}")
    picture(page, folder / f"knowledge_{language}.png")
    go(page, workbench, f"knowledge?lang={language}&collection={SAMPLE_COLLECTION}")
    picture(page, folder / f"knowledge_collection_{language}.png")
    turn_to(page, all_texts()["collection_tab.bring_in"][language])
    name, text = NOTES[language]
    file = {"name": name, "mimeType": "text/markdown", "buffer": text.encode()}
    page.locator("input[type=file]").first.set_input_files(file)
    page.locator(".st-key-bring-plan button:enabled").click()
    page.locator(".st-key-plan-apply button:enabled").click(trial=True)
    settle(page)
    picture(page, folder / f"knowledge_plan_{language}.png")
    page.locator(".st-key-plan-discard button:enabled").click()
    settle(page)
    document, passage = _ids(workbench, language)
    go(page, workbench, f"knowledge?lang={language}&document={document}")
    picture(page, folder / f"knowledge_document_{language}.png")
    go(page, workbench, f"knowledge?lang={language}&passage={passage}")
    picture(page, folder / f"knowledge_passage_{language}.png")


def _picture_chat(page: Page, workbench: Workbench, language: str, folder: Path, picture: Picture) -> None:
    """What the documents say with its sources, and the refusal where they say nothing."""
    go(page, workbench, f"chat?lang={language}")
    page.locator(".st-key-chat-new button").click()
    settle(page)
    picture(page, folder / f"chat_{language}.png")
    for name, question in zip(("answered", "refused"), QUESTIONS[language], strict=True):
        before = page.locator("[class*=st-key-chat-remark-]").count()
        field = page.locator("[data-testid=stChatInput] textarea")
        field.fill(question)
        field.press("Enter")
        page.locator("[class*=st-key-chat-remark-]").nth(before).wait_for(timeout=LIMIT_MS)
        settle(page)
        picture(page, folder / f"chat_{name}_{language}.png")


def _ids(workbench: Workbench, language: str) -> tuple[str, int]:
    """A document of the guide in that language, and its second passage."""
    with sqlite3.connect(workbench.home / "data" / "workbench.db") as connection:
        document, passage = connection.execute(SECOND_PASSAGE, (language,)).fetchone()
    return str(document), int(passage)
