"""From a ZIP of drawn pictures to a rebuilt domain and a table of verdicts that the API answers alike, in a browser.

The steps build on one another through fixtures, the first ones in image_steps;
each test states what the visitor must see at its step.
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest

from core.errors import BadInput
from tests.browser.chromium import settle
from tests.browser.drawn_pictures import DOMAIN, Drawn
from tests.browser.image_facts import Facts, read_facts, rule_words, share
from tests.browser.image_pages import LIMIT_MS, card_of, cards_of, job_through, remark
from tests.browser.image_steps import Shown
from tests.browser.on_page import choose, field, go, main_text, metrics, rows_of, turn_to
from tests.browser.workbench_processes import Workbench

if TYPE_CHECKING:
    from playwright.sync_api import Page

OTHER_TARGET = 0.3


def broken_words(drawn: Drawn, language: str = "en") -> str:
    """What must be said of the broken file wherever it is met."""
    return BadInput("images.damaged", name=drawn.broken.name, format="PNG").text(language)


@pytest.fixture(scope="package")
def of_build(visit: Page, workbench: Workbench, built: Shown) -> Shown:
    """The calibration that came with the build."""
    go(visit, workbench, f"image_domains?domain={DOMAIN}")
    turn_to(visit, "Calibration")
    visit.wait_for_selector(".st-key-hero-calibration")
    settle(visit)
    return Shown(main_text(visit), metrics(visit, ".st-key-hero-calibration"), "")


@pytest.fixture(scope="package")
def calibrated(visit: Page, of_build: Shown) -> tuple[Shown, list[str]]:
    """A calibration of its own, for another target; and its rows of thresholds."""
    visit.locator("summary").filter(has_text="Calibrate").click()
    field(visit, "False accepts to allow").fill(str(OTHER_TARGET))
    job = job_through(visit, "Start the calibration", "Calibrate an image domain")
    visit.get_by_role("heading", name=f"Calibrated for {OTHER_TARGET:.1%}").wait_for()
    settle(visit)
    table = visit.locator("[data-testid=stDataFrame]").first
    return Shown(main_text(visit), metrics(visit, ".st-key-hero-calibration"), job), rows_of(table)


@pytest.fixture(scope="package")
def matched(visit: Page, calibrated: tuple[Shown, list[str]], drawn: Drawn) -> dict[str, str]:
    """The cards of pictures brought together, one of them broken."""
    visit.locator(".st-key-hero-domain").get_by_role("link", name="Match with this domain").click()
    visit.wait_for_selector(".st-key-image-intake")
    settle(visit)
    visit.locator("input[type=file]").first.set_input_files([str(file) for file in drawn.asked])
    card_of(visit, drawn.asked[-1]).wait_for()
    settle(visit)
    return {"": main_text(visit), **cards_of(visit, drawn.asked)}


@pytest.fixture(scope="package")
def reviewed(visit: Page, matched: dict[str, str], drawn: Drawn) -> dict[str, str]:
    """What cards and page say after a correction, a new class, and a remark that was taken back."""
    corrected = remark(visit, drawn.wrong, "It is another class", drawn.class_of[drawn.wrong.name])
    added = remark(visit, drawn.new, "Add to a class", drawn.class_of[drawn.new.name])
    card = card_of(visit, drawn.right)
    card.get_by_role("button", name="Right", exact=True).click()
    card.get_by_role("button", name="Undo").click()
    card.get_by_role("button", name="Right", exact=True).wait_for()
    settle(visit)
    return {"corrected": corrected, "added": added, "undone": card.inner_text(), "page": main_text(visit)}


@pytest.fixture(scope="package")
def korean(visit: Page, reviewed: dict[str, str], drawn: Drawn) -> dict[str, str]:
    """The same page after the language was changed in the sidebar."""
    visit.get_by_role("radio", name="한국어").or_(visit.get_by_role("button", name="한국어")).first.click()
    visit.get_by_role("heading", name="이미지 판정").wait_for()
    settle(visit)
    told = {"": main_text(visit), **cards_of(visit, drawn.asked)}
    visit.get_by_role("radio", name="English").or_(visit.get_by_role("button", name="English")).first.click()
    visit.get_by_role("heading", name="Match images").wait_for()
    settle(visit)
    return told


@pytest.fixture(scope="package")
def rebuilt(visit: Page, korean: dict[str, str], drawn: Drawn) -> dict[str, str]:
    """The waiting remarks, the build from them, and how their pictures were judged before it and are now."""
    visit.get_by_role("link", name="Remarks that wait").click()
    visit.wait_for_selector(".st-key-hero-domain")
    settle(visit)
    turn_to(visit, "Review")
    told = {"review": main_text(visit)}
    told["job"] = job_through(visit, "Build now", "Build an image domain")
    turn_to(visit, "Build")
    choose(visit, "build-part", "Before and after")
    visit.wait_for_selector("[class*=st-key-judged-]")
    settle(visit)
    for card in visit.locator("[class*=st-key-judged-]").all():
        words = card.inner_text()
        told |= {name: words for name in (drawn.wrong.name, drawn.new.name) if f": {drawn.class_of[name]}" in words}
    return {**told, "page": main_text(visit)}


@pytest.fixture(scope="package")
def judged_again(visit: Page, rebuilt: dict[str, str], drawn: Drawn) -> dict[str, str]:
    """The cards of the same visit, answered anew."""
    visit.locator(".st-key-hero-domain").get_by_role("link", name="Match with this domain").click()
    card_of(visit, drawn.asked[-1]).wait_for()
    settle(visit)
    return cards_of(visit, drawn.asked)


@pytest.fixture(scope="package")
def batch(
    visit: Page, judged_again: dict[str, str], drawn: Drawn, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[str, str]]:
    """File name -> row of the downloaded table."""
    turn_to(visit, "Batch")
    # By what it takes: the other tab's field can still be there for a moment.
    visit.locator("input[type=file][accept*=zip]").first.set_input_files(str(drawn.batch))
    visit.get_by_role("button", name=f"Match all with {DOMAIN}").click()
    visit.wait_for_selector(".st-key-hero-image-batch", timeout=LIMIT_MS)
    settle(visit)
    with visit.expect_download() as download:
        visit.locator(".st-key-hero-image-batch").get_by_role("button", name="Download CSV").click()
    place = tmp_path_factory.mktemp("verdicts") / "verdicts.csv"
    download.value.save_as(place)
    with place.open(encoding="utf-8-sig", newline="") as file:
        return {row["file"]: row for row in csv.DictReader(file)}


@pytest.fixture(scope="package")
def facts(workbench: Workbench, batch: dict[str, dict[str, str]], drawn: Drawn) -> Facts:
    return read_facts(workbench.home, DOMAIN, drawn.batch)


def test_when_a_zip_of_class_folders_is_dropped_then_it_is_a_domain_and_the_broken_file_is_told(
    taken: tuple[str, list[str]], drawn: Drawn
) -> None:
    words, refused = taken
    assert f"Images kept: {drawn.known_pictures}, in classes: {drawn.known_classes}; files refused: 1" in words
    assert len(refused) == 1
    assert broken_words(drawn) in refused[0]


def test_when_pictures_of_no_class_are_added_then_they_are_counted_apart(strangers: str, drawn: Drawn) -> None:
    assert f"Images kept: {drawn.unknown_pictures}, in classes: {drawn.unknown_classes}; files refused: 0" in strangers


def test_when_a_build_and_a_calibration_run_then_their_progress_is_on_the_page(
    built: Shown, calibrated: tuple[Shown, list[str]], rebuilt: dict[str, str]
) -> None:
    assert "Build an image domain" in built.job
    assert "Calibrate an image domain" in calibrated[0].job
    assert "Build an image domain" in rebuilt["job"]


def test_when_a_build_has_ended_then_its_held_out_figures_are_those_of_its_report(
    built: Shown, drawn: Drawn, facts: Facts
) -> None:
    report = facts.first
    assert report["data"]["pictures"] == drawn.known_pictures
    assert built.figures == {
        "Top-1 accuracy": share(report["held_out"]["top_1"]),
        "AUROC": share(report["calibration"]["evaluation"]["auroc"]),
        "False accepts": share(report["calibration"]["false_accept"]),
        "Images": f"{report['data']['pictures']:,}",
    }
    interval = report["held_out"]["top_1"]
    assert f"95 % interval {interval['low']:.1%} to {interval['high']:.1%}" in built.words
    assert f"{report['data']['classes']} classes · {report['data']['unknown']} unknown" in built.words


def test_when_a_calibration_for_another_target_has_ended_then_its_thresholds_stand_beside_those_it_replaced(
    of_build: Shown, calibrated: tuple[Shown, list[str]], facts: Facts
) -> None:
    page, rows = calibrated
    before, now = facts.first["calibration"], facts.calibration
    assert (before["target"], now["target"]) == (0.05, OTHER_TARGET)
    assert now["unknown_source"] == "collected"
    for shown, report in ((of_build, before), (page, now)):
        assert rule_words(report) in shown.words
        rates = ("False accepts", "false_accept"), ("False rejects", "false_reject"), ("Named right", "right")
        assert {label: shown.figures[label] for label, _ in rates} == {
            label: share(report[name]) for label, name in rates
        }
    for name, report in (("This calibration", now), ("What it replaced", before)):
        (row,) = [one for one in rows if name in one]
        assert all(f"{one:.3f}" in row for one in report["thresholds"].values())


def test_when_several_pictures_are_brought_then_each_has_its_verdict_or_its_own_problem(
    matched: dict[str, str], drawn: Drawn, facts: Facts
) -> None:
    assert rule_words(facts.calibration) in matched[""]
    assert "Recognised" in matched[drawn.right.name]
    assert drawn.class_of[drawn.right.name] in matched[drawn.right.name]
    assert "Unknown image" in matched[drawn.stranger.name]
    tau1 = facts.calibration["thresholds"]["tau1"]
    assert f"{tau1:.3f}" in matched[drawn.stranger.name]
    assert broken_words(drawn) in matched[drawn.broken.name]


def test_when_a_picture_is_judged_then_its_card_tells_the_numbers_of_the_core(
    matched: dict[str, str], drawn: Drawn, facts: Facts
) -> None:
    for file in (drawn.wrong, drawn.new):
        judged = facts.judged(file)["before"]
        assert judged["verdict"] != drawn.class_of[file.name]
        assert ("Unknown image" in matched[file.name]) == (judged["verdict"] == "unknown")
        for number in (judged["s1"], judged["margin"]):
            assert f"{number:.3f}" in matched[file.name]


def test_when_a_reviewer_speaks_then_the_remark_waits_and_one_can_be_taken_back(
    reviewed: dict[str, str], drawn: Drawn
) -> None:
    assert f"Corrected to {drawn.class_of[drawn.wrong.name]}. It waits for the next build." in reviewed["corrected"]
    assert f"To be added to {drawn.class_of[drawn.new.name]}. It waits for the next build." in reviewed["added"]
    assert "It waits" not in reviewed["undone"]
    assert "Remarks that wait for the next build: 2" in reviewed["page"]


def test_when_the_language_changes_then_verdicts_and_rule_are_told_in_korean(
    korean: dict[str, str], drawn: Drawn, facts: Facts
) -> None:
    assert "알 수 없는 이미지" in korean[drawn.stranger.name]
    assert rule_words(facts.calibration, "ko") in korean[""]
    assert broken_words(drawn, "ko") in korean[drawn.broken.name]


def test_when_the_domain_is_rebuilt_then_the_corrected_pictures_are_judged_as_the_reviewer_said(
    rebuilt: dict[str, str], judged_again: dict[str, str], drawn: Drawn, facts: Facts
) -> None:
    assert "Remarks waiting for the next build: 2" in rebuilt["review"]
    for file in (drawn.wrong, drawn.new):
        one, name = facts.judged(file), drawn.class_of[file.name]
        assert one["after"]["verdict"] == name
        for side, judged in (("Before", one["before"]), ("After", one["after"])):
            words = f"{side}: {judged['verdict']} · {judged['s1']:.3f} · lead {judged['margin']:.3f}"
            assert words.casefold() in rebuilt[file.name].casefold()
        assert "Recognised" in judged_again[file.name]
        assert name in judged_again[file.name]
    assert "Of 2 remarks, 2 turned right and 0 turned wrong." in rebuilt["page"]
    versus = facts.second["versus_before"]
    assert len(versus["remarks"]) == 2
    before, after = versus["before"], versus["after"]
    assert (before["run_id"], after["classes"]) == (facts.first["run_id"], drawn.known_classes + 2)
    assert share(before["top_1"]) in rebuilt["page"]


def test_when_a_zip_is_judged_as_a_batch_then_the_table_agrees_with_the_api(
    batch: dict[str, dict[str, str]], drawn: Drawn, facts: Facts
) -> None:
    assert batch.keys() == facts.api.keys() == {file.name for file in drawn.asked}
    for name, row in batch.items():
        answer = facts.api[name]
        assert row["folder"] == answer["class_name"] == drawn.class_of[name]
        if answer["error"]:
            assert (name, row["problem"], row["verdict"]) == (drawn.broken.name, answer["error"]["message"], "")
            continue
        result = answer["result"]
        assert (row["verdict"], row["is_unknown"]) == (result["verdict"], str(result["is_unknown"]).lower())
        assert float(row["similarity"]) == pytest.approx(result["s1"], abs=1e-5)
        assert float(row["margin"]) == pytest.approx(result["margin"], abs=1e-5)
