"""The compounding sheet tells the batch line by line in both languages, the same bytes for the same content."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
from dataclasses import replace

import pytest
from pypdf import PdfReader

from core.fragrance.catalogue.materials import Catalogue
from core.fragrance.formulas.batches import batch_of
from core.fragrance.formulas.compounding_sheet import SheetContent, compounding_sheet
from core.fragrance.formulas.finishing import finished_product
from core.fragrance.formulas.formula import Formula
from core.fragrance.limits.checking import RuleResult
from core.fragrance.limits.rules import Rule
from core.fragrance.products import Product
from core.messages import say
from tests.conftest import PROJECT
from tests.fragrance.formula_values import CATALOGUE, formula
from tests.fragrance.sheet_values import long, report, short

pytestmark = pytest.mark.usefixtures("home")


def pages(content: SheetContent, language: str, catalogue: Catalogue = CATALOGUE) -> list[str]:
    written = compounding_sheet(content, catalogue=catalogue, language=language)
    return [" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(written)).pages]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "en",
            [
                "Compounding sheet", "Rose trial", "2026-03-02", "Perfume room", "20.00 g", "Bergamot oil", "8007-75-8",
                "Vanillin, 10 % dilution", "Dipropylene glycol", "White rose (2.00 g)", "100.000 20.00", "Lot no.",
                "Over a limit", "Linalool (sample)", "3.375 %", "Linalool 3 %, Bergamot oil 0.375 %", "Vanillin",
                "Allergens to be named: Linalool", "Limonene", "Weighed by", "1 / 1", "30 days", "Sample limits",
            ],
        ),
        (
            "ko",
            [
                "조향 칭량표", "Rose trial", "베르가못 오일", "바닐린 10 % 희석액", "디프로필렌 글리콜",
                "용제", "어코드", "톱", "로트 번호", "한도를 넘습니다",
                "리날로올 3 %, 베르가못 오일 0.375 %", "표시해야 하는", "칭량자", "확인자",
            ],
        ),
    ],
)  # fmt: skip
def test_when_a_sheet_is_built_then_everything_that_is_weighed_by_stands_on_it(language: str, words: list[str]) -> None:
    (text,) = pages(short(), language)
    text = text.replace("\u00a0", " ")

    assert [word for word in words if word not in text] == []
    assert text.count(say("fragrance.advice", language)) == 2  # before the signatures and at the foot


def test_when_lines_are_weighed_one_after_the_other_then_the_sum_on_the_balance_is_printed() -> None:
    (text,) = pages(short(), "en")

    sums = ["1.24 1.24", "2.00 3.24", "2.96 6.20", "0.40 6.60", "0.40 7.00", "5.00 12.00", "4.00 16.00", "4.00 20.00"]
    assert [one for one in sums if one not in text] == []


@pytest.mark.parametrize("lines", [1, 80, 200])
def test_when_a_formula_has_any_number_of_lines_then_each_stands_there_under_repeated_headings(lines: int) -> None:
    content, catalogue = long(lines)

    found = pages(content, "en", catalogue)

    text = " ".join(found)
    assert all(f"{1000 + place}-00-0" in text for place in range(1, lines + 1))
    rows = [page for page in found if "-00-0" in page]
    assert all("No. Ingredient Note CAS % g Σ g" in page for page in rows)
    assert [f"{place} / {len(found)}" in page for place, page in enumerate(found, 1)] == [True] * len(found)
    assert all(say("fragrance.advice", "en") in page for page in found)


def test_when_limits_were_not_checked_then_the_sheet_says_so() -> None:
    (text,) = pages(replace(short(), report=None), "en")

    assert "Limits were not checked for this sheet." in text
    assert "Label" not in text


def test_when_something_is_unknown_then_it_is_never_told_as_a_pass() -> None:
    (text,) = pages(replace(short(), report=report("unknown")), "en")

    assert "Cannot be judged in full" in text
    assert "Within every limit" not in text


def test_when_a_rule_is_a_specification_then_the_sheet_asks_a_person_to_verify_it() -> None:
    rule = Rule("s1", "specification", "Cold-pressed oils (sample)", ("8007-75-8",), {}, "peroxide under 20 mmol/l")
    judged = replace(report("unknown"), results=(RuleResult(rule, "unknown", 1.0, None, ()),))

    (text,) = pages(replace(short(), report=judged), "en")

    assert "To be verified by a person: Cold-pressed oils (sample): peroxide under 20 mmol/l" in text


def test_when_many_allergens_are_to_be_named_then_none_is_left_out_and_no_share_has_an_exponent() -> None:
    first = report().labels[0]
    labels = tuple(replace(first, name=f"Allergen number {n}", product_share=n / 1e5) for n in range(1, 82))

    text = " ".join(pages(replace(short(), report=replace(report(), labels=labels)), "en")).replace("\u00a0", " ")

    assert "Allergen number 1 (0.00001 %)" in text
    assert "Allergen number 81 (0.00081 %)." in text


def test_when_dilutions_add_solvent_then_the_total_is_what_stands_on_the_balance_and_it_is_said() -> None:
    dry = formula(vanillin=0.2, bergamot_oil=99.8)
    batch = batch_of(dry, 20, catalogue=CATALOGUE, solvent="dpg")

    (text,) = pages(replace(short(), formula=dry, batch=batch), "en")

    assert "100.000 20.36" in text
    assert "0.36 g of solvent beyond" in text.replace("\u00a0", " ")


def test_when_the_product_holds_no_alcohol_then_only_the_concentrate_is_told() -> None:
    (text,) = pages(replace(short(), report=None, finished=finished_product(Product("9", 1.0))), "en")

    assert "Ethanol" not in text
    assert "is not known here" in text


def test_when_names_hold_markup_or_signs_without_width_then_they_are_printed_as_words() -> None:
    content = replace(short(), name="<b>Rose</b> & \u202eco\x07", author="x" * 700)

    found = pages(content, "en")

    assert "<b>Rose</b> &" in found[0]


def test_when_the_same_sheet_is_built_in_another_process_then_its_bytes_are_the_same() -> None:
    code = (
        "import hashlib; from tests.fragrance.sheet_values import CATALOGUE, short;"
        "from core.fragrance.formulas.compounding_sheet import compounding_sheet;"
        "print(hashlib.sha256(compounding_sheet(short(), catalogue=CATALOGUE, language='ko')).hexdigest())"
    )
    own = hashlib.sha256(compounding_sheet(short(), catalogue=CATALOGUE, language="ko")).hexdigest()
    other = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)

    assert other.stdout.strip() == own


def test_when_the_order_of_lines_differs_then_the_sheet_still_follows_the_order_of_weighing() -> None:
    content = short()
    turned = Formula(content.formula.lines[::-1])
    batch = batch_of(turned, 20, catalogue=CATALOGUE)

    (text,) = pages(replace(content, formula=turned, batch=batch), "en")

    order = ["Dipropylene glycol", "White rose", "Iso E Super", "Methyl dihydrojasmonate", "Linalool"]
    places = [text.index(name) for name in order]
    assert places == sorted(places)
