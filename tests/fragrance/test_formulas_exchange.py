"""A formula goes out as JSON or CSV and comes back the same."""

from __future__ import annotations

import csv
import io
import json

import pytest

from core.errors import BadInput
from core.fragrance.catalogue.materials import Catalogue
from core.fragrance.formulas.entering import Entry, formula_of
from core.fragrance.formulas.exchange import csv_of, entries_of_csv, entries_of_json, json_of
from core.fragrance.formulas.formula import Formula
from core.fragrance.products import Product
from tests.fragrance.formula_values import CATALOGUE, formula, material

MADE = formula(bergamot_oil=33.333, accord_a1=0.001, dpg=66.666)
ACCORDS = {"a1": formula(linalool=100)}
NAMES = {"a1": "White rose"}


def read(entries: tuple[Entry, ...]) -> Formula:
    return formula_of(entries, catalogue=CATALOGUE, accords=ACCORDS, accord_names=NAMES)


def as_json() -> str:
    return json_of(
        MADE, name="장미", version=2, product=Product("9", 1.5), catalogue=CATALOGUE, accord_names=NAMES
    )  # fmt: skip


def test_when_a_formula_goes_out_as_json_then_it_comes_back_the_same() -> None:
    document = json.loads(as_json())

    assert read(entries_of_json(as_json())) == MADE
    assert (document["name"], document["version"]) == ("장미", 2)
    assert document["product"] == {"category": "9", "dosage_percent": 1.5}
    assert document["lines"][0]["name_ko"] == "베르가못 오일"
    assert document["lines"][0]["percent"] == 33.333


def test_when_a_formula_goes_out_as_csv_then_it_comes_back_the_same_and_spreadsheets_show_hangul() -> None:
    content = csv_of(MADE, catalogue=CATALOGUE, accord_names=NAMES)

    assert content.startswith(b"\xef\xbb\xbf")
    assert "베르가못 오일" in content.decode()
    assert read(entries_of_csv(content, "rose.csv")) == MADE


def test_when_a_name_would_be_run_by_a_spreadsheet_then_its_cell_is_guarded_and_still_read() -> None:
    odd = Catalogue(1, {"a": material("a", "=1+1", "가")})

    content = csv_of(formula(a=100), catalogue=odd)

    (_, row) = csv.reader(io.StringIO(content.decode("utf-8-sig")))
    assert row[1] == "'=1+1"
    by_name = content.decode("utf-8-sig").replace("ingredient,", "ignored,").replace("name_en", "name").encode()
    assert formula_of(entries_of_csv(by_name, "a.csv"), catalogue=odd, accords={}) == formula(a=100)


@pytest.mark.parametrize(
    "text",
    [
        "name,percent\nLinalool,40\n메틸 디히드로자스모네이트,60\n",
        "원료;함량\nLinalool;40,0\n메틸 디히드로자스모네이트;60,0\n",
        "CAS\tname\t%\n\tLinalool\t40\n24851-98-7\t\t60\n",
        "원료,양,단위\nlinalool,400,‰\nhedione,600,‰\n",
        "Linalool,40\nMethyl dihydrojasmonate,60\n",
        "Linalool 40\nMethyl dihydrojasmonate 60\n",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "cp949"])
def test_when_a_table_of_others_is_read_then_headings_or_their_absence_do_not_matter(text: str, encoding: str) -> None:
    entries = entries_of_csv(text.encode(encoding), "trial.csv")

    assert read(entries) == formula(linalool=40, hedione=60)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"lines": 3}', '{"lines": [{"percent": 5}]}', "[" * 5000])
def test_when_json_is_no_formula_then_its_form_is_told(text: str) -> None:
    with pytest.raises(BadInput) as caught:
        read(entries_of_json(text))

    assert caught.value.key == "fragrance_formulas.not_our_json"


def test_when_a_row_has_no_amount_then_its_line_is_named() -> None:
    with pytest.raises(BadInput) as caught:
        entries_of_csv(b"name,percent\nLinalool,40\nHedione,\n", "a.csv")

    assert caught.value.key == "fragrance_formulas.no_amount_in_line"
    assert caught.value.details["line"] == 3


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (b"name,percent\n" + b"Linalool,0.2\n" * 500, "too_many_lines"),
        (b"x" * 1_000_001, "text_too_long"),
        (b"", "empty"),
        (b"name,percent\n", "empty"),
        (b"name,mg\nLinalool,\"1,000\"\n", "two_readings"),
    ],
)  # fmt: skip
def test_when_a_file_cannot_be_a_formula_then_it_is_said(content: bytes, key: str) -> None:
    with pytest.raises(BadInput) as caught:
        read(entries_of_csv(content, "a.csv"))

    assert caught.value.key == f"fragrance_formulas.{key}"


def test_when_json_holds_500_lines_then_the_limit_is_named() -> None:
    text = json.dumps({"lines": [{"ingredient": "linalool", "amount_mg": 200}] * 500})

    with pytest.raises(BadInput) as caught:
        read(entries_of_json(text))

    assert caught.value.key == "fragrance_formulas.too_many_lines"
