"""From a dropped file of impressions to a PDF whose figures are those of page, API and core, in a real browser.

The steps build on one another through session fixtures; each test states what the visitor must see at its step.
"""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.browser.chromium import settle
from tests.browser.on_page import field, go, main_text, metrics, turn_to
from tests.browser.workbench_processes import Workbench
from tests.conftest import PROJECT
from tests.ctr_runs import impressions

if TYPE_CHECKING:
    from playwright.sync_api import Page

ROWS = 3000
VALUE, COST = "2", "0.1"
LIMIT_MS = 240_000
HEADLINE = ("Average precision", "AUC", "Log loss")
READ_FACTS = """
import json
from fastapi.testclient import TestClient
from app.api.main import app
from core.ctr.reporting.report_facts import fact_text, facts_of
from core.ctr.runs import report_of
from core.security.policy import LOCAL_ANALYST
facts = facts_of(report_of("latest", principal=LOCAL_ANALYST))
told = {name: fact_text(fact, "en", interval=False) for name, fact in facts.items()}
with TestClient(app) as client:
    answer = client.get("/api/performance/latest").json()
print(json.dumps({**told, "api.accuracy": f"{100 * answer['accuracy']:.2f} %", "api.f1": f"{answer['f1_score']:.3f}"}))
"""


@dataclass(frozen=True)
class Watched:
    """What was on the page while the training ran."""

    card: str


@pytest.fixture(scope="session")
def checked(
    visit: Page, workbench: Workbench, first_words: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> str:
    """What the page says once the file was dropped, saved and put through the gate."""
    file = tmp_path_factory.mktemp("ctr") / "impressions.csv"
    impressions(ROWS)[0].write_csv(file)
    go(visit, workbench, "ctr_training")
    visit.locator("input[type=file]").first.set_input_files(str(file))
    visit.wait_for_selector(".st-key-ctr-save")
    settle(visit)
    visit.locator(".st-key-ctr-save button").click()
    visit.wait_for_selector(".st-key-hero-dataset")
    settle(visit)
    return main_text(visit)


@pytest.fixture(scope="session")
def watched(visit: Page, workbench: Workbench, checked: str) -> Watched:
    """Train a quick candidate and the network for two epochs, with prices, and look on."""
    turn_to(visit, "Train")
    field(visit, "Experiment name").fill("journey")
    field(visit, "How rows are split").click()
    visit.get_by_role("option", name="Test on rows drawn at random").click()
    candidates = field(visit, "Candidates")
    candidates.click()
    for _ in range(3):
        candidates.press("Backspace", delay=50)
    for name in ("Logistic regression, blocks", "LSTM with tabular block"):
        candidates.fill(name)
        visit.get_by_role("option", name=name).wait_for()
        candidates.press("Enter")
        visit.get_by_role("button", name=f"Remove {name}").or_(visit.get_by_text(name)).first.wait_for()
    candidates.press("Escape")
    field(visit, "Settings per candidate").fill("1")
    visit.get_by_text("LSTM settings").click()
    field(visit, "Epochs").fill("2")
    field(visit, "LSTM hidden size").fill("8")
    field(visit, "MLP layer widths").fill("16")
    field(visit, "Recent events read").fill("20")
    field(visit, "Value per click").fill(VALUE)
    field(visit, "Cost per impression").fill(COST)
    visit.get_by_role("button", name="Start training").click()
    card = visit.locator("[class*=st-key-live-]").filter(has_text="Train click models")
    card.wait_for()
    text = card.inner_text()
    card.locator("[data-testid=stProgress]").first.wait_for()
    visit.get_by_text("Loss per epoch").wait_for(timeout=LIMIT_MS)
    card.wait_for(state="detached", timeout=LIMIT_MS)
    settle(visit)
    return Watched(text)


@pytest.fixture(scope="session")
def reported(visit: Page, workbench: Workbench, watched: Watched) -> dict[str, str]:
    """The headline figures of the newest report."""
    go(visit, workbench, "ctr_report")
    visit.wait_for_selector(".st-key-hero-ctr")
    settle(visit)
    return metrics(visit, ".st-key-hero-ctr")


@pytest.fixture(scope="session")
def money(visit: Page, reported: dict[str, str]) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """The money of the run, with a click worth five times as much, and after going back."""
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


@pytest.fixture(scope="session")
def explained(visit: Page, reported: dict[str, str]) -> str:
    """The explanation tab, once the job that the training queued is through."""
    turn_to(visit, "Explanation")
    visit.get_by_text("Do the methods agree?").wait_for(timeout=LIMIT_MS)
    settle(visit)
    return main_text(visit)


@pytest.fixture(scope="session")
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


@pytest.fixture(scope="session")
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
