"""Pictures of every page in both languages for docs/screenshots: `python -m tests.browser.screenshots [FOLDER]`.

A workbench of its own trains the synthetic samples, stores one as a dataset, looks up one customer, opens the tabs of
the report on a small, explained training of click models, matches three pictures with the sample domain, asks the
guide two questions, and composes a formula, edits it over a limit and weighs it out. With `--narrow` the window is as
wide as a phone; with `--dark` the dark theme is shown; with `--knowledge` only documents, chat, evaluation and signing
in are taken. Look at them before committing.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core.images.samples.drawing import SAMPLE_DOMAIN
from tests.browser import fragrance_pictures, knowledge_pictures
from tests.browser.chromium import HEIGHT, WIDTH, running_browser, settle
from tests.browser.drawn_pictures import known_unknown_broken
from tests.browser.workbench_processes import Workbench, running_workbench
from tests.conftest import PROJECT

if TYPE_CHECKING:
    from playwright.sync_api import Page

FOLDER = PROJECT / "docs" / "screenshots"
PAGES = ("overview", "datasets", "customer_clusters", "customer_lookup", "runs", "chains", "schedules")
LANGUAGES = ("ko", "en")
REPORT_TABS = {"summary": 0, "models": 1, "calibration": 2, "explanation": 3, "impression": 4, "money": 5}
DOMAIN_TABS = {"build": 1, "calibration": 2}
OPERATION_TABS = {"health": 0, "alerts": 1, "work": 2, "disk": 3, "settings": 4, "backups": 5}
TRAIN_TAB, TALLEST = 1, 4200  # [px]
PHONE = 390  # [px]
TRAINING_LIMIT_MS, SAMPLES_LIMIT_MS = 180_000, 600_000  # the sample pictures wait for the samples of other rooms
STORE_SAMPLE = """
from core.customers.samples import make_customers
from core.customers.schema import CUSTOMER_SCHEMA
from core.security.policy import LOCAL_ANALYST
from core.datasets.records import save_dataset
from core.datasets.uploads import uploaded_from_frame
table = uploaded_from_frame(make_customers()[0])
made = save_dataset(table, name="sample_customers", room="customers", principal=LOCAL_ANALYST, schema=CUSTOMER_SCHEMA)
print(made.id)
"""
SCHEDULE = """
from core.jobs.schedules import schedules
from core.security.policy import LOCAL_ANALYST
from core.storage.database import utc_now
from datetime import timedelta
weekly = schedules.Order("Weekly click model", "0 9 * * 1", notebook="ctr_train", time_zone="Asia/Seoul",
                         catch_up="none", most_attempts=3)
often = schedules.Order("Customer segments", "*/30 * * * *", notebook="customers_train_clusters",
                        time_zone="Asia/Seoul", catch_up="none", overlap="queue")
schedules.create(weekly, principal=LOCAL_ANALYST)
schedules.create(often, principal=LOCAL_ANALYST, now=utc_now() - timedelta(hours=4))
print("made")
"""
TRAIN_AGAIN = """
from core.jobs.job import Plan
from core.jobs.records import list_jobs, submit
from core.security.policy import LOCAL_ANALYST
first = list_jobs(principal=LOCAL_ANALYST, notebook="customers_train_clusters")[-1]
changed = {**first.parameters, "k_max": 6, "seed": 7, "publish": False}
second = submit(first.notebook, changed, principal=LOCAL_ANALYST, plan=Plan(changed_from=first.id))
print(f"run={first.id}&with={second.id}")
"""
TRAIN_CLICKS = """
from tests.ctr_runs import make_finished_run
print(make_finished_run(explain=True))
"""


def main(folder: Path, *, width: int, dark: bool, is_knowledge_only: bool) -> None:
    """Write `<page>_<language>.png` for each page into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    seen_by = {
        "viewport": {"width": width, "height": HEIGHT},
        "color_scheme": "dark" if dark else "light",
        "timezone_id": "Asia/Seoul",
    }
    with running_workbench(sample_data=not is_knowledge_only) as workbench, running_browser() as browser:
        page = browser.new_context(**seen_by).new_page()
        if not is_knowledge_only:
            _picture_models(page, workbench, folder)
            fragrance_pictures.take(page, workbench, folder, _whole)
        knowledge_pictures.prepare(workbench)
        for language in LANGUAGES:
            knowledge_pictures.take(page, workbench, language, folder, _whole)
            with browser.new_context(**seen_by) as visitor:
                knowledge_pictures.take_signed_in(visitor.new_page(), language, folder, _whole)


def _picture_models(page: Page, workbench: Workbench, folder: Path) -> None:
    """The pages of data, models and runs."""
    with tempfile.TemporaryDirectory() as drawn:
        pictures = known_unknown_broken(Path(drawn))
        dataset = _run_in(workbench, STORE_SAMPLE)
        run = _run_in(workbench, TRAIN_CLICKS)
        _run_in(workbench, SCHEDULE)
        page.goto(f"{workbench.url}/?lang=en")
        page.wait_for_selector("[class*=st-key-hero-champion]", timeout=TRAINING_LIMIT_MS)
        compared = _run_in(workbench, TRAIN_AGAIN)
        page.goto(f"{workbench.url}/runs?lang=en&run={compared.rpartition('=')[2]}")
        page.locator(".st-key-hero-run").get_by_text("Succeeded").wait_for(timeout=SAMPLES_LIMIT_MS)
        for language in LANGUAGES:
            for name in PAGES:
                _open(page, workbench, name, language, dataset)
                page.screenshot(path=str(folder / f"{name}_{language}.png"))
                print(f"{name}_{language}.png")
            page.goto(f"{workbench.url}/runs?lang={language}&{compared}")
            settle(page)
            _whole(page, folder / f"runs_compared_{language}.png")
            _picture_ctr(page, workbench, language, run, folder)
            _picture_images(page, workbench, language, pictures, folder)
            _picture_operations(page, workbench, language, folder)


def _picture_ctr(page: Page, workbench: Workbench, language: str, run: str, folder: Path) -> None:
    """The form of the training page, and each tab of the report at its full height."""
    page.goto(f"{workbench.url}/ctr_training?lang={language}")
    settle(page)
    _turn_to(page, TRAIN_TAB)
    _whole(page, folder / f"ctr_training_{language}.png")
    page.goto(f"{workbench.url}/ctr_report?lang={language}&run={run}")
    settle(page)
    for name, place in REPORT_TABS.items():
        _turn_to(page, place)
        if name == "explanation":
            page.wait_for_selector(".st-key-ctr-importance", timeout=TRAINING_LIMIT_MS)
            settle(page)
        _whole(page, folder / f"ctr_report_{name}_{language}.png")


def _picture_images(page: Page, workbench: Workbench, language: str, pictures: Sequence[Path], folder: Path) -> None:
    """The list of domains, build and calibration of the sample one, and what it says of a few pictures."""
    page.goto(f"{workbench.url}/image_domains?lang={language}&domain={SAMPLE_DOMAIN}")
    settle(page)
    for name, place in DOMAIN_TABS.items():
        _turn_to(page, place)
        page.wait_for_selector(f".st-key-hero-{name}", timeout=SAMPLES_LIMIT_MS)
        settle(page)
        _whole(page, folder / f"image_domains_{name}_{language}.png")
    page.goto(f"{workbench.url}/image_domains?lang={language}")
    settle(page)
    _whole(page, folder / f"image_domains_{language}.png")
    page.goto(f"{workbench.url}/image_matching?lang={language}&domain={SAMPLE_DOMAIN}")
    settle(page)
    page.locator("input[type=file]").first.set_input_files([str(file) for file in pictures])
    page.wait_for_selector("[class*=st-key-problem-]", timeout=TRAINING_LIMIT_MS)
    settle(page)
    _whole(page, folder / f"image_matching_{language}.png")


def _picture_operations(page: Page, workbench: Workbench, language: str, folder: Path) -> None:
    """What an operator sees, tab by tab."""
    page.goto(f"{workbench.url}/operations?lang={language}")
    settle(page)
    for name, place in OPERATION_TABS.items():
        _turn_to(page, place)
        _whole(page, folder / f"operations_{name}_{language}.png")


def _turn_to(page: Page, tab: int) -> None:
    page.get_by_role("tab").nth(tab).click()
    page.wait_for_timeout(500)  # the script starts a moment after the click
    settle(page)


def _whole(page: Page, place: Path) -> None:
    """A picture of all of the page, not only of what fits the window."""
    size = page.viewport_size or {"width": WIDTH, "height": HEIGHT}
    height = page.evaluate("document.querySelector('[data-testid=stMainBlockContainer]').scrollHeight")
    page.set_viewport_size({"width": size["width"], "height": max(HEIGHT, min(height + 120, TALLEST))})
    page.wait_for_timeout(1500)  # charts and tables draw after the script has ended
    page.screenshot(path=str(place))
    page.set_viewport_size(size)
    print(place.name)


def _open(page: Page, workbench: Workbench, name: str, language: str, dataset: str) -> None:
    path = "" if name == "overview" else name
    query = f"&dataset={dataset}" if name == "datasets" else ""
    page.goto(f"{workbench.url}/{path}?lang={language}{query}")
    settle(page)
    if name == "datasets":
        page.get_by_role("tab").nth(1).click()
    if name == "customer_lookup":
        page.get_by_test_id("stFormSubmitButton").get_by_role("button").click()
        page.wait_for_selector(".st-key-hero-answer")
    settle(page)
    page.wait_for_timeout(1500)  # charts and tables draw after the script has ended


def _run_in(workbench: Workbench, code: str) -> str:
    """What `code` prints last when it runs on the workbench's home."""
    environment = {**os.environ, "WORKBENCH_HOME": str(workbench.home)}
    made = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=PROJECT, check=True, capture_output=True, text=True
    )
    return (made.stdout.strip().splitlines() or [""])[-1]


if __name__ == "__main__":
    folders = [Path(one) for one in sys.argv[1:] if not one.startswith("--")]
    main(
        folders[0] if folders else FOLDER,
        width=PHONE if "--narrow" in sys.argv else WIDTH,
        dark="--dark" in sys.argv,
        is_knowledge_only="--knowledge" in sys.argv,
    )
