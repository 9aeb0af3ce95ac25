"""Pasted lines are read however a table or a mail wrote them; what can be read in two ways is asked for again."""

from __future__ import annotations

from decimal import Decimal

import pytest

from core.errors import BadInput
from core.fragrance.formulas.entering import Entry, formula_of
from core.fragrance.formulas.pasting import entries_of_text
from tests.fragrance.formula_values import CATALOGUE


def one(text: str) -> Entry:
    (entry,) = entries_of_text(text)
    return entry


def refused(text: str) -> BadInput:
    with pytest.raises(BadInput) as caught:
        entries_of_text(text)
    assert caught.value.text("ko") != caught.value.text("en")
    return caught.value


@pytest.mark.parametrize(
    "line",
    [
        "Bergamot oil 12.5",
        "Bergamot oil\t12.5",
        "Bergamot oil,12.5",
        "Bergamot oil, 12.5 %",
        "Bergamot oil; 12,5",
        "Bergamot oil: 12.5%",
        "Bergamot oil = 12.5",
        "Bergamot oil - 12.5",
        "12.5 Bergamot oil",
        "12.5% Bergamot oil",
        "8007-75-8\tBergamot oil\t12.5",
        "1\tBergamot oil\t8007-75-8\t12.5\t%",
        "  Bergamot oil   12,5  ",
        "Bergamot oil 12.5％",
    ],
)
def test_when_a_line_is_written_in_any_usual_way_then_name_and_amount_are_found(line: str) -> None:
    assert one(line) == Entry("Bergamot oil", Decimal("12.5"), "percent")


@pytest.mark.parametrize(
    ("line", "entry"),
    [
        ("베르가못 오일 12.5", Entry("베르가못 오일", Decimal("12.5"))),
        ("베르가못 오일, 3 그램", Entry("베르가못 오일", Decimal(3), "g")),
        ("Galaxolide 50 % 5", Entry("Galaxolide 50 %", Decimal(5))),
        ("Aldehyde C-12 MNA 0.5", Entry("Aldehyde C-12 MNA", Decimal("0.5"))),
        ("1,2-Propanediol 5 ‰", Entry("1,2-Propanediol", Decimal(5), "parts per thousand")),
        ("24851-98-7\t5 mg", Entry("24851-98-7", Decimal(5), "mg")),
        ("Linalool -5", Entry("Linalool", Decimal(-5))),
    ],
)
def test_when_names_hold_figures_or_units_stand_beside_then_each_goes_where_it_belongs(line: str, entry: Entry) -> None:
    assert one(line) == entry


def test_when_a_table_has_headings_comments_and_a_total_then_only_its_lines_are_read() -> None:
    text = (
        "# trial 3\nIngredient\tCAS\tAmount (%)\n\nLinalool\t78-70-6\t40\n"
        "메틸 디히드로자스모네이트\t\t60\nTotal\t\t100\n합계 100\n"
    )

    made = formula_of(entries_of_text(text), catalogue=CATALOGUE, accords={})

    assert [(line.ingredient, line.amount_mg) for line in made.lines] == [("linalool", 40_000), ("hedione", 60_000)]


def test_when_a_unit_is_stated_for_all_then_lines_without_one_take_it() -> None:
    entries = entries_of_text("Linalool 400\nHedione 600", unit="parts per thousand")

    assert {entry.unit for entry in entries} == {"parts per thousand"}


@pytest.mark.parametrize("line", ["Linalool", "12.5", "Aldehyde C12", "; ;", "Linalool ten", "x" * 500 + " 5"])
def test_when_a_line_has_no_name_or_no_amount_then_it_is_named(line: str) -> None:
    error = refused(f"Hedione 50\n{line}")

    assert error.key == "fragrance_formulas.no_amount_in_line"
    assert error.details["line"] == 2


@pytest.mark.parametrize(
    ("line", "plain"), [("Linalool 1,000 mg", "1000"), ("Linalool;12,500", "12500"), ("Linalool,12,5", "12.5")]
)
def test_when_a_comma_can_be_read_in_two_ways_then_it_is_asked_for_again(line: str, plain: str) -> None:
    error = refused(line)

    assert error.key == "fragrance_formulas.two_readings"
    assert error.details["plain"] == plain


@pytest.mark.parametrize("text", ["", "\n \n", "# only a remark", "name\tamount"])
def test_when_there_is_no_line_then_the_formula_is_empty(text: str) -> None:
    assert refused(text).key == "fragrance_formulas.empty"


def test_when_500_lines_are_pasted_then_the_limit_is_named() -> None:
    assert refused("Linalool 0.2\n" * 500).key == "fragrance_formulas.too_many_lines"


def test_when_a_novel_is_pasted_then_it_is_not_read() -> None:
    assert refused("a " * 60_000).key == "fragrance_formulas.text_too_long"
