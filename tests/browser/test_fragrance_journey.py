"""A perfumer's way in Korean: brief, alternatives, an edit over a limit, mending, versions, the sheet, a search.

The steps build on one another through fixtures, the first ones in fragrance_steps; each test states what the visitor
must see at its step.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.ui.texts import all_texts
from tests.browser.chromium import settle
from tests.browser.fragrance_steps import FORMULA, add, lines, press, save, table, type_amount
from tests.browser.on_page import go, main_text, metrics, rows_of, turn_to
from tests.browser.workbench_processes import Workbench

if TYPE_CHECKING:
    from playwright.sync_api import Page

ADVICE = "입력된 자료에 따른 참고 정보이며 안전성이나 규정 준수를 인증하지 않습니다."
MATERIAL = "시트랄"


def tab(name: str) -> str:
    return all_texts()[f"studio_tab.{name}"]["ko"]


@pytest.fixture(scope="module")
def over(perfumer: Page, saved: str) -> tuple[str, str, list[str]]:
    """The words of the sum and of the limits after an edit too many, and the lines that break the rule."""
    add(perfumer, MATERIAL)
    type_amount(perfumer, MATERIAL, "20")
    limits = perfumer.locator(".st-key-studio-limits")
    limits.get_by_text("Citral").first.wait_for()
    broken = perfumer.locator("[class*=st-key-studio-broken] [data-testid=stDataFrame]").first
    return perfumer.locator(".st-key-studio-off").inner_text(), limits.inner_text(), rows_of(broken)


@pytest.fixture(scope="module")
def mended(perfumer: Page, over: tuple[str, str, list[str]]) -> tuple[str, str]:
    """The words of the sum and of the limits after the amount was lowered and the solvent made up the rest."""
    type_amount(perfumer, MATERIAL, "0.5")
    press(perfumer, "studio-fill-")
    limits = perfumer.locator(".st-key-studio-limits").inner_text()
    return perfumer.locator(".st-key-studio-sum").inner_text(), limits


@pytest.fixture(scope="module")
def versions(perfumer: Page, mended: tuple[str, str]) -> tuple[list[str], list[str]]:
    """The list of versions, and what changed from the first to the second."""
    save(perfumer, "studio-next", "시트랄을 한도 안에서 더함")
    turn_to(perfumer, tab("versions"))
    tables = perfumer.get_by_role("tabpanel").locator("[data-testid=stDataFrame]:visible")
    tables.nth(1).wait_for()
    return rows_of(tables.nth(0)), rows_of(tables.nth(1))


@pytest.fixture(scope="module")
def sheet(perfumer: Page, versions: tuple[list[str], list[str]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The downloaded compounding sheet."""
    turn_to(perfumer, tab("batch"))
    press(perfumer, "studio-sheet")
    with perfumer.expect_download() as download:
        perfumer.locator(".st-key-studio-sheet-download button").first.click()
    place = tmp_path_factory.mktemp("sheet") / "sheet.pdf"
    download.value.save_as(place)
    return place


def test_when_a_brief_is_written_in_korean_then_what_was_read_and_three_alternatives_stand(composed: str) -> None:
    assert "분위기: 차분한, 자연스러운" in composed
    assert "계절: 가을" in composed
    assert "줄일 향: 달콤함" in composed
    assert "대안 3개" in composed
    assert composed.count("KRW") >= 3
    assert ADVICE in composed


def test_when_an_alternative_is_saved_then_the_address_names_it_and_the_page_its_version(
    perfumer: Page, saved: str
) -> None:
    assert FORMULA in saved
    assert "버전 1" in saved
    assert "formula=" in perfumer.url
    assert ADVICE in saved


def test_when_an_edit_goes_over_a_limit_then_the_page_says_what_is_off_and_which_line_breaks_which_rule(
    over: tuple[str, str, list[str]],
) -> None:
    off, limits, breaking = over
    assert "120" in off
    assert "한도 초과" in limits
    assert "Citral (sample)" in limits
    assert "0.6 %" in limits
    assert breaking[0].startswith(MATERIAL)


def test_when_the_amount_is_lowered_and_the_solvent_makes_up_then_no_limit_is_broken(mended: tuple[str, str]) -> None:
    told_sum, limits = mended
    assert "합계 100 % / 100 %" in told_sum
    assert "한도 초과" not in limits


def test_when_the_change_is_saved_then_both_versions_stand_with_reason_percent_and_grams(
    versions: tuple[list[str], list[str]],
) -> None:
    listed, changed = versions
    assert [line.split(" | ")[0] for line in listed] == ["2", "1"]
    assert "시트랄을 한도 안에서 더함" in listed[0]
    added = next(line for line in changed if MATERIAL in line)
    assert "추가" in added
    assert "+0.500" in added
    assert "+0.1000 g" in added


def test_when_the_sheet_is_printed_then_it_holds_every_line_boxes_the_batch_and_the_advice(
    perfumer: Page, sheet: Path
) -> None:
    import pypdfium2

    document = pypdfium2.PdfDocument(sheet)
    words = "\n".join(document[number].get_textpage().get_text_range() for number in range(len(document)))
    picture = document[0].render(scale=1).to_pil()
    assert picture.width > 500
    assert len(picture.convert("L").getcolors() or []) > 8  # something is drawn on it
    for expected in (FORMULA, "20.00 g", MATERIAL, "5392-40-5", ADVICE):
        assert expected in words
    turn_to(perfumer, tab("formula"))
    for line in lines(perfumer):
        assert line.split(" | ")[0] in words


def test_when_a_stored_formula_is_reloaded_then_it_stands_as_it_was_saved(perfumer: Page, sheet: Path) -> None:
    perfumer.reload()
    settle(perfumer)
    table(perfumer).first.wait_for()
    assert FORMULA in main_text(perfumer)
    assert "버전 2" in main_text(perfumer)
    assert next(line for line in lines(perfumer) if line.startswith(MATERIAL)).split(" | ")[2] == "0.5"
    assert set(metrics(perfumer, ".st-key-studio-odour")) >= {"지속 시간", "확산력"}


def test_when_words_are_searched_in_korean_then_results_say_why_they_were_found(
    perfumer: Page, workbench: Workbench, sheet: Path
) -> None:
    go(perfumer, workbench, "fragrance_search")
    field = perfumer.locator(".st-key-perfume-query input")
    field.fill("바닐라 빼고 차분한 가을 시더")
    field.press("Enter")
    first = perfumer.locator("[class*=st-key-found-]").first
    first.wait_for()
    settle(perfumer)
    words = main_text(perfumer)
    assert "Cedar Rain" in first.inner_text()
    assert "찾던 노트" in first.inner_text()
    assert "Vanilla Night" not in words
    assert "바닐라" in perfumer.locator("[class*=st-key-perfume-read]").inner_text()
