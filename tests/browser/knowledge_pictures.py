"""What the screenshots show of documents, chat, evaluation, signing in and one's own account."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from app.ui.texts import all_texts
from core.knowledge.sample_collection import SAMPLE_COLLECTION
from tests.browser.chromium import WIDTH, settle
from tests.browser.on_page import go, turn_to
from tests.browser.workbench_processes import Workbench

if TYPE_CHECKING:
    from playwright.sync_api import Page

Picture = Callable[["Page", Path], None]

ACCOUNT, PASSWORD = "analyst", "four words make one"
BRING_SAMPLES = f"""
from core.accounts.accounts import create_account
from core.knowledge.sample_collection import bring_in
from core.knowledge.vectors import encode_for_ingestion
from core.security.policy import LOCAL_ANALYST
"""
QUESTIONS = {
    "ko": ("군집 학습은 언제 군집이 없다고 말합니까?", "화성의 위성은 몇 개입니까?"),
    "en": ("When does training refuse to publish clusters?", "How many moons does Mars have?"),
}
NOTE = {
    "ko": ("포인트 안내.md", "# 포인트 안내\n\n빅포인트의 유효기간은 5년이며 자동으로 소멸합니다.\n"),
    "en": ("points.md", "# Points\n\nPoints are valid for five years and lapse by themselves.\n"),
}
LIMIT_MS = 180_000
