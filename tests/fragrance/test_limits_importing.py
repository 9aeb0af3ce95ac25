"""Files of limits: what is read, and the one sentence about what is not."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import pytest
from openpyxl import Workbook

from core.errors import BadInput
from core.fragrance.limits.importing import COLUMNS, read_limits
from core.fragrance.limits.rules import LimitTable
from core.fragrance.products import CATEGORIES

LINALOOL = {
    "amendment": "51", "amended_on": "2023-06-30", "kind": "limit", "rule": "linalool", "name": "Linalool",
    "substances": "78-70-6", "1": "0.1", "4": "0.6",
}  # fmt: skip
CITRAL = {**LINALOOL, "rule": "citral", "name": "Citral", "substances": "5392-40-5; 106-26-3"}
COLUMNS_IN_ORDER = (
    "amendment",
    "amended_on",
    "kind",
    "rule",
    "name",
    "substances",
    "specification",
    "note",
    *CATEGORIES,
)


def text_of(*rows: dict[str, str], columns: tuple[str, ...] = COLUMNS_IN_ORDER, separator: str = ",") -> str:
    lines = [separator.join(columns), *(separator.join(row.get(one, "") for one in columns) for row in rows)]
    return "\n".join(lines) + "\n"


def csv_of(*rows: dict[str, str], **more: Any) -> bytes:
    return text_of(*rows, **more).encode()


def read(content: bytes, name: str = "limits.csv") -> LimitTable:
    return read_limits(content, name)


def refused(content: bytes, name: str = "limits.csv") -> str:
    with pytest.raises(BadInput) as caught:
        read(content, name)
    assert caught.value.text("ko") != caught.value.text("en")
    return caught.value.text("en")


def workbook(*rows: dict[str, Any]) -> Workbook:
    book = Workbook()
    assert book.active is not None
    book.active.append([int(one) if one.isdigit() else one for one in COLUMNS_IN_ORDER])
    for row in rows:
        book.active.append([row.get(one) for one in COLUMNS_IN_ORDER])
    return book


def saved(book: Workbook) -> bytes:
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def test_when_a_file_is_in_order_then_its_rules_are_read() -> None:
    prohibited = {**LINALOOL, "kind": "prohibited", "rule": "none", "1": "", "4": "", "note": "not to be used"}
    purity = {**LINALOOL, "kind": "specification", "rule": "pure", "1": "", "4": "", "specification": "peroxides < 20"}

    table = read(csv_of(LINALOOL, CITRAL, prohibited, purity))

    assert (table.name, table.amendment, table.amended_on) == ("limits", "51", date(2023, 6, 30))
    assert (table.is_sample, table.source) == (False, "limits.csv")
    linalool, citral, none, pure = table.rules
    assert (linalool.id, linalool.kind, linalool.name) == ("linalool", "limit", "Linalool")
    assert dict(linalool.limits) == {"1": 0.1, "4": 0.6}
    assert citral.substances == ("5392-40-5", "106-26-3")
    assert (none.kind, none.note, dict(none.limits)) == ("prohibited", "not to be used", {})
    assert pure.specification == "peroxides < 20"


@pytest.mark.parametrize(
    ("written", "limit"), [("0.6 %", 0.6), ("0.6%", 0.6), (".6", 0.6), ("0", 0.0), ("100", 100.0), ("5e-05", 0.00005)]
)
def test_when_percent_is_written_in_another_way_then_it_is_read(written: str, limit: float) -> None:
    assert read(csv_of({**LINALOOL, "4": written})).rules[0].limits["4"] == limit


def test_when_the_same_bytes_are_read_again_then_the_table_has_the_same_id() -> None:
    assert read(csv_of(LINALOOL)).id == read(csv_of(LINALOOL), "copy.csv").id != read(csv_of(CITRAL)).id


@pytest.mark.parametrize("separator", [";", "\t"])
def test_when_another_separator_is_used_then_it_is_found(separator: str) -> None:
    assert read(csv_of(LINALOOL, separator=separator)).rules[0].limits["4"] == 0.6


def test_when_korean_is_written_by_a_spreadsheet_then_names_are_read() -> None:
    content = text_of({**LINALOOL, "name": "리날로올은 한도가 있습니다"}).encode("cp949")

    assert read(content).rules[0].name == "리날로올은 한도가 있습니다"


def test_when_a_workbook_shows_percent_then_it_is_read_as_shown() -> None:
    book = workbook({**LINALOOL, "amendment": 51, "amended_on": date(2023, 6, 30), "1": 0.1, "4": 0.006})
    assert book.active is not None
    book.active.cell(2, COLUMNS_IN_ORDER.index("4") + 1).number_format = "0.00%"

    table = read(saved(book), "limits.xlsx")

    assert (table.amendment, table.amended_on) == ("51", date(2023, 6, 30))
    assert dict(table.rules[0].limits) == {"1": 0.1, "4": 0.6}


def test_when_a_workbook_has_a_formula_then_it_is_not_taken_for_an_empty_cell() -> None:
    sentence = refused(saved(workbook({**LINALOOL, "4": "=0.3*2"})), "limits.xlsx")

    assert sentence.startswith("Row 2, column '4': '=0.3*2' is not a number of percent")


def test_when_cells_are_merged_then_they_are_not_taken_for_empty_ones() -> None:
    book = workbook(LINALOOL)
    assert book.active is not None
    book.active.merge_cells("I2:K2")

    assert "merged cells" in refused(saved(book), "limits.xlsx")


def test_when_several_sheets_are_filled_then_they_are_named() -> None:
    book = workbook(LINALOOL)
    book.create_sheet("notes").append(["hello"])

    assert "(Sheet, notes)" in refused(saved(book), "limits.xlsx")


def test_when_a_workbook_is_damaged_then_it_is_said() -> None:
    assert "damaged or incomplete" in refused(saved(workbook(LINALOOL))[:-200], "limits.xlsx")


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"amendment": "50"}, "Row 3 is of amendment 50 (2023-06-30), the rows before it of 51 (2023-06-30);"),
        ({"amended_on": "2024-01-01"}, "Row 3 is of amendment 51 (2024-01-01)"),
        ({"4": "100.1"}, "Row 3, column '4': '100.1' is not between 0 and 100 percent"),
        ({"4": "-0.1"}, "Row 3, column '4': '-0.1' is not between 0 and 100 percent"),
        ({"4": "5 ppm"}, "Row 3, column '4': '5 ppm' is not a number of percent"),
        ({"4": "nan"}, "Row 3, column '4': 'nan' is not a number of percent"),
        ({"4": '"0,6"'}, "Row 3, column '4': '0,6' has a comma"),
        ({"4": "0,6"}, "Row 3 has 27 cells where the header has 26"),
        ({"substances": "5392-40-6"}, "Row 3: '5392-40-6' is not a CAS number, or its check digit is wrong"),
        ({"substances": ""}, "Row 3 has nothing in the column 'substances'"),
        ({"rule": "linalool"}, "The rule 'linalool' stands in row 2 and again in row 3"),
        ({"rule": ""}, "Row 3 has nothing in the column 'rule'"),
        ({"kind": "ban"}, "Row 3 is of the kind 'ban', which is not known; use one of limit, group, prohibited, spec"),
        ({"kind": "prohibited"}, "Row 3 is of the kind 'prohibited' and still has a limit in the column '1'"),
        ({"kind": "specification", "1": "", "4": ""}, "Row 3 has nothing in the column 'specification'"),
        ({"1": "", "4": ""}, "Row 3 is of the kind 'limit' but has no limit in any category"),
    ],
)
def test_when_a_row_cannot_be_read_with_certainty_then_one_sentence_names_it(
    changed: dict[str, str], sentence: str
) -> None:
    assert refused(csv_of(LINALOOL, {**CITRAL, **changed})).startswith(sentence)


def test_when_the_day_of_the_amendment_is_not_one_then_it_is_said_how_to_write_it() -> None:
    assert "'June 2023' as the day" in refused(csv_of({**LINALOOL, "amended_on": "June 2023"}))


def test_when_a_column_is_no_category_then_the_known_ones_are_named() -> None:
    sentence = refused(csv_of(LINALOOL, columns=(*COLUMNS_IN_ORDER, "5E")))

    assert sentence.startswith("The column '5E' is neither a category")
    assert all(one in sentence for one in COLUMNS)


def test_when_a_category_is_left_out_then_it_is_not_taken_for_unrestricted() -> None:
    sentence = refused(csv_of(LINALOOL, columns=tuple(one for one in COLUMNS_IN_ORDER if one not in ("9", "12"))))

    assert sentence.startswith("limits.csv lacks the columns 9, 12;")


def test_when_a_category_stands_twice_then_it_is_refused() -> None:
    assert "'4' stands there twice" in refused(csv_of(LINALOOL, columns=(*COLUMNS_IN_ORDER, "4")))


@pytest.mark.parametrize("content", [b"", b" \n\n", b"\xef\xbb\xbf\n"])
def test_when_a_file_is_empty_then_it_is_said(content: bytes) -> None:
    assert refused(content).startswith("limits.csv is empty;")


def test_when_there_is_only_a_header_then_it_is_said() -> None:
    assert refused(csv_of()).startswith("limits.csv has a header but no rules;")


def test_when_a_quotation_mark_is_never_closed_then_it_is_said() -> None:
    assert "not closed" in refused(csv_of({**LINALOOL, "note": '"open'}))


def test_when_a_file_is_an_old_workbook_then_the_way_out_is_named() -> None:
    assert "save it as XLSX or CSV" in refused(b"\xd0\xcf\x11\xe0" + bytes(100), "limits.xls")


def test_when_a_file_is_too_large_then_it_is_refused_before_it_is_read() -> None:
    with pytest.raises(BadInput, match="over the limit of 5 MB"):
        read(bytes(6 << 20))
