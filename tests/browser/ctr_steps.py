"""The first steps of the journey with impressions: a file, its training, and the report with its explanation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.browser.chromium import settle
from tests.browser.on_page import field, go, main_text, metrics, turn_to
from tests.browser.workbench_processes import Workbench
from tests.ctr_runs import impressions

if TYPE_CHECKING:
    from playwright.sync_api import Page

ROWS = 3000
VALUE, COST = "2", "0.1"
LIMIT_MS = 240_000


@dataclass(frozen=True)
class Watched:
    """What was on the page while the training ran."""

    card: str


@pytest.fixture(scope="package")
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


@pytest.fixture(scope="package")
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
        settle(visit)  # a script that still runs would bring back what was there when it began
    for name in ("Logistic regression, blocks", "LSTM with tabular block"):
        candidates.fill(name)
        visit.get_by_role("option", name=name).wait_for()
        candidates.press("Enter")
        visit.get_by_role("button", name=f"Remove {name}").or_(visit.get_by_text(name)).first.wait_for()
        settle(visit)
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


@pytest.fixture(scope="package")
def reported(visit: Page, workbench: Workbench, watched: Watched) -> dict[str, str]:
    """The headline figures of the newest report."""
    go(visit, workbench, "ctr_report")
    visit.wait_for_selector(".st-key-hero-ctr")
    settle(visit)
    return metrics(visit, ".st-key-hero-ctr")


@pytest.fixture(scope="package")
def explained(visit: Page, reported: dict[str, str]) -> str:
    """The explanation tab, once the job that the training queued is through."""
    turn_to(visit, "Explanation")
    visit.get_by_text("Do the methods agree?").wait_for(timeout=LIMIT_MS)
    settle(visit)
    return main_text(visit)
