"""From a dropped file of impressions to a PDF whose figures are those of page, API and core, in a real browser.

The steps build on one another through fixtures, the first ones in ctr_steps;
each test states what the visitor must see at its step.
"""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.browser.chromium import settle
from tests.browser.ctr_steps import ROWS, Watched
from tests.browser.on_page import field, go, metrics, turn_to
from tests.browser.workbench_processes import Workbench
from tests.conftest import PROJECT

if TYPE_CHECKING:
    from playwright.sync_api import Page

HEADLINE = ("Average precision", "AUC", "Log loss")
READ_FACTS = """
import json
from fastapi.testclient import TestClient
from app.api.main import app
from core.ctr.reporting.fact_text import fact_text
from core.ctr.reporting.report_facts import facts_of
from core.ctr.runs import report_of
from core.security.policy import LOCAL_ANALYST
facts = facts_of(report_of("latest", principal=LOCAL_ANALYST))
told = {name: fact_text(fact, "en", interval=False) for name, fact in facts.items()}
with TestClient(app) as client:
    answer = client.get("/api/performance/latest").json()
print(json.dumps({**told, "api.accuracy": f"{100 * answer['accuracy']:.2f} %", "api.f1": f"{answer['f1_score']:.3f}"}))
"""


@pytest.fixture(scope="package")
def money(
    visit: Page, workbench: Workbench, reported: dict[str, str]
) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """The money of the run, with a click worth five times as much, and after going back."""
    go(visit, workbench, "ctr_report")
    turn_to(visit, "Money")
    visit.wait_for_selector(".st-key-hero-money")
    own = metrics(visit, ".st-key-hero-money")
    field(visit, "Value per click").fill("10")
    field(visit, "Value per click").press("Enter")
    visit.get_by_text("With changed inputs").wait_for()
    settle(visit)
    changed = metrics(visit, ".st-key-hero-money")
    visit.locator(".st-key-ctr-money-undo button").click()
    visit.get_by_text("The run's own inputs").wait_for()
    settle(visit)
    return own, changed, metrics(visit, ".st-key-hero-money")


@pytest.fixture(scope="package")
def pdf_words(visit: Page, explained: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The text of the downloaded PDF."""
    from pypdf import PdfReader

    turn_to(visit, "PDF")
    visit.locator(".st-key-ctr-pdf-build button").click()
    visit.wait_for_selector(".st-key-hero-pdf")
    settle(visit)
    with visit.expect_download() as download:
        visit.locator(".st-key-hero-pdf").get_by_role("button", name="Download PDF").click()
    place = tmp_path_factory.mktemp("pdf") / "report.pdf"
    download.value.save_as(place)
    pages = PdfReader(io.BytesIO(place.read_bytes())).pages
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in pages))


@pytest.fixture(scope="package")
def facts(workbench: Workbench, explained: str) -> dict[str, str]:
    """Every figure of the run as another process reads it, and some as the API answers them."""
    environment = {**os.environ, "WORKBENCH_HOME": str(workbench.home), "WORKBENCH_ROUTES": "ctr"}
    told = subprocess.run(
        [sys.executable, "-c", READ_FACTS], env=environment, cwd=PROJECT, check=True, capture_output=True, text=True
    )
    return dict(json.loads(told.stdout.splitlines()[-1]))


def test_when_impressions_are_dropped_then_they_are_stored_and_the_gate_speaks(checked: str) -> None:
    assert f"{ROWS:,}" in checked
    assert "What the gate found" in checked
    assert "to settle before training" not in checked


def test_when_a_training_runs_then_its_progress_is_on_the_page(watched: Watched) -> None:
    assert "Train click models" in watched.card


def test_when_a_training_has_ended_then_its_report_opens_with_the_figures_of_the_core(
    reported: dict[str, str], facts: dict[str, str]
) -> None:
    ids = {"Average precision": "average_precision", "AUC": "auc", "Log loss": "log_loss"}
    assert {name: reported[name] for name in HEADLINE} == {name: facts[f"score.{ids[name]}"] for name in HEADLINE}


def test_when_a_price_changes_then_money_follows_and_the_runs_own_values_come_back(
    money: tuple[dict[str, str], dict[str, str], dict[str, str]], facts: dict[str, str]
) -> None:
    own, changed, again = money
    assert own["Expected profit"] == facts["money.profit"]
    assert (own["Break-even probability"], changed["Break-even probability"]) == ("5.00 %", "1.00 %")
    assert again == own


def test_when_the_explanation_is_there_then_methods_are_shown_side_by_side(explained: str) -> None:
    assert "Random forest" in explained
    assert "Permutation" in explained


def test_when_the_pdf_is_downloaded_then_its_figures_are_those_of_page_and_api(
    pdf_words: str, reported: dict[str, str], money: tuple[dict[str, str], ...], facts: dict[str, str]
) -> None:
    for name in HEADLINE:
        assert reported[name] in pdf_words
    assert money[0]["Expected profit"] in pdf_words
    assert (facts["api.accuracy"], facts["api.f1"]) == (facts["at_threshold.accuracy"], facts["at_threshold.f1"])
    for fact in ("api.accuracy", "tenth.lift", "data.click_rate"):
        assert facts[fact] in pdf_words


def test_when_a_figure_is_questioned_then_run_cell_parameters_and_checksum_are_shown(
    visit: Page, reported: dict[str, str], pdf_words: str
) -> None:
    visit.locator(".st-key-hero-ctr").get_by_role("button", name="Why this number?").click()
    visit.get_by_text("report.json#/evaluation/scores/auc").wait_for()
    origin = visit.locator("[data-testid=stPopoverBody]").inner_text()
    assert "Data SHA-256" in origin
    assert re.search(r"ctr_train \[\d+\]", origin)
    visit.keyboard.press("Escape")
